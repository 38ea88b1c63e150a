import type { PeerState } from './peer-state.ts'
import type { Waiting } from './lobby.ts'
import { wireStream, type Names } from './stream-name.ts'
import type { Batch, Source } from './type.ts'
import type { WireStream } from './messages.ts'
import type { Timer } from './timers.ts'

/** What only a feed of an old peer has. */
export class OldFeed {
  /** Nothing is offered for the time being: how an old peer is quit. */
  paused = false
  /** The peer is about to be asked to subscribe, and waited for. */
  awaited = false
  /** The end of what the peer has taken, to see whether it still has that. */
  proof: { readonly from: number, readonly to: number } | undefined
  /** The half whose first offer shows so. */
  proving: Serve | undefined
  /** What the peer was sent and has presumably stored at a time. */
  readonly confirming: { readonly from: number, readonly to: number, readonly at: number }[] = []
  /** Due when the first of that has been stored. */
  timer: Timer | undefined
}

/** A stream that one peer asked for: its source, shared by both halves. */
export class Feed {
  readonly peer: PeerState
  readonly names: Names
  /** The epoch and the last index, as the peer was told, or as it was when an old peer subscribed. */
  told: { readonly epoch: string, readonly last: number } | undefined
  /** While the source is being asked for its cursor: how many times the peer is to be told it. */
  asking: number | undefined
  /** Ends the wait for a peer that was told a cursor and has not subscribed since. */
  fresh: Timer | undefined
  /** What is known of an old peer; the others need none. */
  old: OldFeed | undefined
  live: Serve | undefined
  history: Serve | undefined
  /** What is served: the shell's, which would need a table otherwise. */
  source: Source | undefined

  constructor (peer: PeerState, names: Names) {
    this.peer = peer
    this.names = names
  }

  get name (): string {
    return this.names.name
  }

  get key (): string {
    return this.names.key
  }

  get pair (): string {
    return this.names.pair
  }

  /** What only an old peer has, made when it is first needed. */
  ofOld (): OldFeed {
    return this.old ??= new OldFeed()
  }

  half (live: boolean): Serve | undefined {
    return live ? this.live : this.history
  }
}

/** A part of a stream; without `to` it is open ended. */
export interface Stretch {
  readonly from: number
  readonly to: number | undefined
}

/** What a live half asks for at the start. */
export const FROM_NOW: Stretch = { from: 0, to: undefined }

/** Most halves have no offers open, and a few at the most: they share this, and are given others as a whole. */
export const NO_OFFERS: readonly Batch[] = []

/** A batch to be offered. */
export interface Ready extends Batch {
  /** Where the stretch ends that it is of. */
  readonly until: number | undefined
}

/** One half that is served. There are dozens for each peer: what few have is kept where it is needed. */
export class Serve {
  readonly feed: Feed
  readonly live: boolean
  /** `waiting` for the cursor, then `active` until it is `over`. */
  state: 'waiting' | 'active' | 'over' = 'waiting'
  /** Offers that the peer has not answered, in order. */
  offers: readonly Batch[] = NO_OFFERS
  /** The stretch to collect next, when there is room for another offer; what was asked for until it has begun. */
  next: Stretch | undefined
  /** The stretch that the source is asked for. */
  collecting: Stretch | undefined
  /** An offer that waits until earlier batches have been delivered. */
  ready: Ready | undefined
  /** Batches that are being delivered, or wait for it. */
  delivering = 0
  /** With whom it waits for more: the lobby's. */
  waiting: Waiting | undefined

  constructor (feed: Feed, live: boolean, asked: Stretch) {
    this.feed = feed
    this.live = live
    this.next = asked
  }

  /** Whether what an old peer is offered first shows that it still has it. */
  get proving (): boolean {
    return this.feed.old?.proving === this
  }

  get stream (): WireStream {
    return wireStream(this.feed.name, this.feed.key, this.live)
  }
}
