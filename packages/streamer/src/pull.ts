import { Intervals } from '@skep/intervals-store'
import type { BatchState } from './batch.ts'
import type { PeerState } from './peer-state.ts'
import { halfName, pairName, wireStream } from './stream-name.ts'
import type { WireStream } from './messages.ts'
import type { Timer } from './timers.ts'
import type { Priority } from './type.ts'

/** What a pull is made of. */
export interface PullInit {
  readonly peer: PeerState
  readonly name: string
  readonly key: string
  readonly space: string
  readonly live: boolean
  readonly history: boolean
  readonly priority: Priority
}

/** What an old peer held at an index when it was covered: if it holds something else there now, its store is another one. */
export interface PullMark {
  readonly index: number
  readonly id: Uint8Array
}

/** A range that was asked for and of which the next offer is due. */
export interface Expected {
  readonly from: number
  readonly to: number | undefined
}

/** The live or the historical half of a pull. */
export class Half {
  readonly pull: Pull
  readonly live: boolean
  /** The next offer; `undefined` when none is due. */
  expected: Expected | undefined
  /** Offers whose Wanted has not gone out yet, in order. */
  readonly queue: BatchState[] = []
  /** Batches that were wanted and are not complete. */
  readonly open: BatchState[] = []
  /** The latest ask that was delivered. What was asked before it, and is not here, was passed over: peers deliver in order. */
  delivered = 0
  /** No more offers will be asked for. */
  finishing = false
  /** It was ended, and what it asked for is still under way. */
  draining = false

  constructor (pull: Pull, live: boolean) {
    this.pull = pull
    this.live = live
  }

  get name (): string {
    return halfName(this.pull.name, this.pull.key, this.live)
  }

  get stream (): WireStream {
    return wireStream(this.pull.name, this.pull.key, this.live)
  }

  /** Whether nothing of it is under way but the next offer. */
  get idle (): boolean {
    return this.queue.length === 0 && this.open.length === 0
  }
}

/** Most pulls decline nothing: they share it. */
export const NOTHING: ReadonlyMap<string, Intervals> = new Map()

/** One stream that is asked of one peer: its two halves, and what of it is covered. */
export class Pull {
  readonly peer: PeerState
  readonly name: string
  readonly key: string
  readonly space: string
  readonly wantsLive: boolean
  readonly wantsHistory: boolean
  readonly priority: Priority
  /** `waiting` for the cursor or for what is covered, then `active` until it is `over`. */
  state: 'waiting' | 'active' | 'over' = 'waiting'
  /** The epoch of the peer's store; empty for one that tells none. */
  epoch = ''
  /** The peer's last index when the session began; `undefined` when it tells none. */
  cursor: number | undefined
  /** What is durable here. */
  covered = new Intervals()
  /** What was declined, by reason. */
  declined: ReadonlyMap<string, Intervals> = NOTHING
  /** What is covered or declined, and what was given up in this session. */
  settled = new Intervals()
  /** Only for a peer that tells no epoch. */
  mark: PullMark | undefined
  /** The peer has yet to show that it holds the mark. */
  unproven = false
  /** The peer has begun to offer live items. */
  liveBegan = false
  /** Where history begins. */
  first = 1
  /** Where history ends, as far as it is known. */
  bound: number | undefined
  /** The last index that was offered. */
  seen = 0
  live: Half | undefined
  history: Half | undefined
  /** Tries of what is left open, in this session. */
  attempts = 0
  /** Offers are not answered for the time being. */
  paused = false
  /** A batch has left a gap since the last try. */
  gap = false
  timer: Timer | undefined
  /** Sets {@link Pull.quiet}. */
  hush: Timer | undefined
  /** An old peer has had time to offer something. */
  quiet = false
  /** What goes on when the peer has confirmed the end of an earlier subscription. */
  resume: (() => void) | undefined

  constructor (init: PullInit) {
    this.peer = init.peer
    this.name = init.name
    this.key = init.key
    this.space = init.space
    this.wantsLive = init.live
    this.wantsHistory = init.history
    this.priority = init.priority
  }

  /** Name and key in one. */
  get pair (): string {
    return pairName(this.name, this.key)
  }

  /** When what is left open is tried again. */
  get retryAt (): number | undefined {
    return this.state === 'active' && !this.unproven && this.timer?.fn !== undefined ? this.timer.at : undefined
  }

  /** What is here, or is not taken on purpose. */
  get accounted (): Intervals {
    if (this.declined.size === 0) return this.covered
    const all = this.covered.clone()
    for (const intervals of this.declined.values()) all.merge(intervals)
    return all
  }

  half (live: boolean): Half | undefined {
    return live ? this.live : this.history
  }

  * halves (): Generator<Half> {
    if (this.live !== undefined) yield this.live
    if (this.history !== undefined) yield this.history
  }

  /** The first gap of the history after an index; `undefined` if there is none. */
  gapAfter (index: number): Expected | undefined {
    const gap = this.settled.next(Math.max(this.first, index + 1))
    if (gap === undefined || gap.from > BigInt(this.bound ?? Number.MAX_SAFE_INTEGER)) return undefined
    const to = gap.to === undefined ? this.bound : Math.min(Number(gap.to), this.bound ?? Infinity)
    return { from: Number(gap.from), to }
  }
}
