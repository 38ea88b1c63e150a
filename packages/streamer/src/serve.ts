import type { PeerState } from './peer-state.ts'
import { pairName, wireStream } from './stream-name.ts'
import type { Batch, Priority } from './type.ts'
import type { WireStream } from './messages.ts'

/** A stream that one peer asked for: its source, shared by both halves. */
export class Feed {
  readonly peer: PeerState
  readonly name: string
  readonly key: string
  /** The epoch and the last index, as the peer was told, or as it was when an old peer subscribed. */
  told: { readonly epoch: string, readonly last: number } | undefined
  /** The source is being asked for its cursor. */
  asking = false
  /** How many times the peer is to be told the cursor. */
  replies = 0
  /** The peer was told a cursor and has not subscribed since. */
  fresh = false
  live: Serve | undefined
  history: Serve | undefined

  constructor (peer: PeerState, name: string, key: string) {
    this.peer = peer
    this.name = name
    this.key = key
  }

  get pair (): string {
    return pairName(this.name, this.key)
  }

  half (live: boolean): Serve | undefined {
    return live ? this.live : this.history
  }
}

/** One half that is served. */
export class Serve {
  readonly feed: Feed
  readonly live: boolean
  readonly priority: Priority
  /** What was asked for at the start. */
  readonly first: { readonly from: number, readonly to: number | undefined }
  /** Where what is being collected ends. */
  until: number | undefined
  /** `starting` until the cursor is known; `idle` when nothing is left in its bounds or nothing more was asked for. */
  state: 'starting' | 'collecting' | 'offered' | 'idle' | 'over' = 'starting'
  /** What was offered and not answered. */
  offer: Batch | undefined
  /** A batch that waits until earlier ones have been delivered. */
  ready: Batch | undefined
  /** Batches being delivered. */
  delivering = 0

  constructor (feed: Feed, live: boolean, priority: Priority, first: { from: number, to: number | undefined }) {
    this.feed = feed
    this.live = live
    this.priority = priority
    this.first = first
  }

  get stream (): WireStream {
    return wireStream(this.feed.name, this.feed.key, this.live)
  }
}
