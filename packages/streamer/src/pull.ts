import { Intervals } from '@skep/intervals-store'
import type { BatchState } from './batch.ts'
import type { PeerState } from './peer-state.ts'
import type { Retries } from './retries.ts'
import { halfName, wireStream, type Names } from './stream-name.ts'
import type { WireStream } from './messages.ts'
import type { Asked } from './subscription.ts'
import type { Timer } from './timers.ts'
import type { Priority, Sink } from './type.ts'

/** What is asked for, the same object for all pulls that ask for the same. */
export interface Terms {
  readonly space: string
  readonly live: boolean
  readonly history: boolean
  /** What of the history is asked for; all of it by default. */
  readonly range?: { readonly from: number, readonly to?: number } | undefined
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

/** Most halves have no batches most of the time, and a few at the most: they share this, and are given others as a whole. */
export const NO_BATCHES: readonly BatchState[] = []

/** The live or the historical half of a pull. */
export class Half {
  readonly pull: Pull
  readonly live: boolean
  /** Where the next offer begins; -1 when none is due. */
  #from = -1
  #to: number | undefined
  /** Offers whose Wanted has not gone out yet, in order. */
  queue: readonly BatchState[] = NO_BATCHES
  /** Batches that were wanted and are not complete. */
  open: readonly BatchState[] = NO_BATCHES
  /** The latest ask that was delivered. What was asked before it, and is not here, was passed over: peers deliver in order. */
  delivered = 0
  /** `finishing` when no more offers will be asked for; `draining` when it was ended and what it asked for is still under way. */
  state: 'going' | 'finishing' | 'draining' = 'going'

  constructor (pull: Pull, live: boolean) {
    this.pull = pull
    this.live = live
  }

  /** The next offer; `undefined` when none is due. */
  get expected (): Expected | undefined {
    return this.#from < 0 ? undefined : { from: this.#from, to: this.#to }
  }

  set expected (expected: Expected | undefined) {
    this.#from = expected?.from ?? -1
    this.#to = expected?.to
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

/** A pull of which nothing is covered shares this with the others; it is never added to. */
const UNCOVERED = new Intervals()

/** Intervals that somebody else may share. */
export type Readable = Omit<Intervals, 'add' | 'subtract' | 'merge'>

/** Most pulls decline nothing: they share it. */
export const NOTHING: ReadonlyMap<string, Intervals> = new Map()

/** What only a pull of a peer has that tells no epoch. */
export class OldPull {
  mark: PullMark | undefined
  /** The peer has yet to show that it holds the mark. */
  unproven = false
  /** Due when the peer has had time to offer something. */
  hush: Timer | undefined
}

/** One stream that is asked of one peer: its two halves, and what of it is covered. */
export class Pull {
  readonly peer: PeerState
  readonly names: Names
  readonly #terms: Terms
  /** `waiting` for the cursor or for what is covered, then `active` until it is `over`. */
  state: 'waiting' | 'active' | 'over' = 'waiting'
  /** The epoch of the peer's store; empty for one that tells none. */
  epoch = ''
  /** The peer's last index when the session began; `undefined` when it tells none. */
  cursor: number | undefined
  #covered = UNCOVERED
  /** What was declined, by reason. */
  declined: ReadonlyMap<string, Intervals> = NOTHING
  #settled = UNCOVERED
  /** What is known of a peer that tells no epoch; the others need none. */
  old: OldPull | undefined
  /** The peer has begun to offer live items. */
  liveBegan = false
  /** Where history begins. */
  first: number
  /** Where history ends, as far as it is known. */
  bound: number | undefined
  /** The last index that was offered. */
  seen = 0
  live: Half | undefined
  history: Half | undefined
  /** What did not come; made with the first of that. */
  retries: Retries | undefined
  /** Offers are not answered for the time being. */
  paused = false
  /** Something may be open that is not planned to be asked for again. */
  gap = false
  timer: Timer | undefined
  /** What goes on when the peer has confirmed the end of an earlier subscription. */
  resume: (() => void) | undefined
  /** Where its items go, and who asked for it: the shell's, which would need tables otherwise. */
  sink: Sink | undefined
  subscription: Asked | undefined

  constructor (peer: PeerState, names: Names, terms: Terms) {
    this.peer = peer
    this.names = names
    this.#terms = terms
    this.first = Math.max(1, this.from)
  }

  get name (): string {
    return this.names.name
  }

  get key (): string {
    return this.names.key
  }

  get space (): string {
    return this.#terms.space
  }

  get wantsLive (): boolean {
    return this.#terms.live
  }

  get wantsHistory (): boolean {
    return this.#terms.history
  }

  get priority (): Priority {
    return this.#terms.priority
  }

  /** Where the history that was asked for begins. */
  get from (): number {
    return this.#terms.range?.from ?? 0
  }

  /** Where it ends, if that was said. */
  get to (): number | undefined {
    return this.#terms.range?.to
  }

  /** Name and key in one. */
  get pair (): string {
    return this.names.pair
  }

  /** What is durable here. */
  get covered (): Readable {
    return this.#covered
  }

  /** What is covered or declined, and what is not to be asked for before it is due again. */
  get settled (): Readable {
    return this.#settled
  }

  /** Notes that a range is durable. */
  cover (from: number, to: number): void {
    if (this.#covered === UNCOVERED) this.#covered = new Intervals()
    this.#covered.add(from, to)
    this.settle(from, to)
  }

  /** Notes that a range is not to be asked for. */
  settle (from: number | bigint, to: number | bigint): void {
    if (this.#settled === UNCOVERED) this.#settled = new Intervals()
    this.#settled.add(from, to)
  }

  /** Begins with what was recorded, which is the pull's from then on. */
  begin (covered: Intervals, declined: ReadonlyMap<string, Intervals>): void {
    this.#covered = covered.length === 0 ? UNCOVERED : covered
    this.resettle(declined)
  }

  /** Counts nothing as settled but what is covered, or declined for these reasons, or waits for its time to be tried again. */
  resettle (declined: ReadonlyMap<string, Intervals>): void {
    this.declined = declined.size === 0 ? NOTHING : declined
    const { accounted } = this
    this.#settled = this.retries?.rest(accounted) ?? (accounted.length === 0 ? UNCOVERED : accounted.clone())
  }

  /** When what is left open is tried again. */
  get retryAt (): number | undefined {
    return this.state === 'active' && !this.unproven && this.timer?.fn !== undefined ? this.timer.at : undefined
  }

  /** What is here, or is not taken on purpose. */
  get accounted (): Readable {
    if (this.declined.size === 0) return this.#covered
    const all = this.#covered.clone()
    for (const intervals of this.declined.values()) all.merge(intervals)
    return all
  }

  /** An old peer has had time to offer something. */
  get quiet (): boolean {
    return this.old?.hush !== undefined && this.old.hush.fn === undefined
  }

  get mark (): PullMark | undefined {
    return this.old?.mark
  }

  /** Whether the peer has yet to show that it holds the mark. */
  get unproven (): boolean {
    return this.old?.unproven === true
  }

  /** What only a peer that tells no epoch has, made when it is first needed. */
  ofOld (): OldPull {
    return this.old ??= new OldPull()
  }

  half (live: boolean): Half | undefined {
    return live ? this.live : this.history
  }

  * halves (): Generator<Half> {
    if (this.live !== undefined) yield this.live
    if (this.history !== undefined) yield this.history
  }

  /** An end of the history, as far as it was asked for. */
  within (end: number): number {
    return this.to === undefined ? end : Math.min(end, this.to)
  }

  /** The first gap of the history after an index; `undefined` if there is none. */
  gapAfter (index: number): Expected | undefined {
    const gap = this.settled.next(Math.max(this.first, index + 1))
    if (gap === undefined || gap.from > BigInt(this.bound ?? Number.MAX_SAFE_INTEGER)) return undefined
    const from = Number(gap.from)
    const to = Math.min(Number(gap.to ?? Infinity), this.bound ?? Infinity, this.retries?.pieceEnd(from) ?? Infinity)
    return { from, to: to === Infinity ? undefined : to }
  }
}

/** An old peer's indices have holes: asked for a stretch with nothing in it, it would say nothing for ever. So none has an end. */
export function toRange ({ native }: PeerState, { from, to }: Expected): { From: bigint, To: bigint } {
  return { From: BigInt(from), To: to === undefined || !native ? 0n : BigInt(to) }
}
