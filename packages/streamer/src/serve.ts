import type { PeerState } from './peer-state.ts'
import type { Waiting } from './lobby.ts'
import { wireStream, type Names } from './stream-name.ts'
import type { Batch, Priority, Source } from './type.ts'
import type { WireStream } from './messages.ts'
import type { Timer } from './timers.ts'

/** A stream that one peer asked for: its source, shared by both halves. */
export class Feed {
  readonly peer: PeerState
  readonly names: Names
  /** The epoch and the last index, as the peer was told, or as it was when an old peer subscribed. */
  told: { readonly epoch: string, readonly last: number } | undefined
  /** The source is being asked for its cursor. */
  asking = false
  /** How many times the peer is to be told the cursor. */
  replies = 0
  /** The peer was told a cursor and has not subscribed since; for some time that is waited for. */
  fresh = false
  /** Nothing is offered for the time being: how an old peer is quit. */
  paused = false
  /** An old peer is about to be asked to subscribe, and waited for. */
  awaited = false
  /** The end of what an old peer has taken, to see whether it still has that. */
  proof: { readonly from: number, readonly to: number } | undefined
  /** What an old peer was sent and has presumably stored at a time. */
  confirming: { readonly from: number, readonly to: number, readonly at: number }[] | undefined
  timer: Timer | undefined
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

/** One half that is served. */
export class Serve {
  readonly feed: Feed
  readonly live: boolean
  readonly priority: Priority
  /** Whether the cursor is known and the half began. */
  started = false
  over = false
  /** Offers that the peer has not answered, in order. */
  offers: readonly Batch[] = NO_OFFERS
  /** The stretch to collect next, when there is room for another offer; what was asked for until it has begun. */
  next: Stretch | undefined
  /** The stretch that the source is asked for. */
  collecting: Stretch | undefined
  /** An offer that waits until earlier batches have been delivered. */
  ready: Batch | undefined
  /** Live items behind the latest offer that the peer has itself, and when it is told so at the latest. */
  passed: { readonly from: number, to: number, readonly timer: Timer } | undefined
  /** Where the stretch ends that the latest offer is of. */
  until: number | undefined
  /** Batches that are being delivered, or wait for it. */
  delivering = 0
  /** The same for an old peer: what of the stream they cover. */
  sending: { readonly from: number, readonly to: number }[] | undefined
  /** What an old peer is offered first shows whether it still has it. */
  proving = false
  /** With whom it waits for more: the lobby's. */
  waiting: Waiting | undefined

  constructor (feed: Feed, live: boolean, priority: Priority, asked: Stretch) {
    this.feed = feed
    this.live = live
    this.priority = priority
    this.next = asked
  }

  get stream (): WireStream {
    return wireStream(this.feed.name, this.feed.key, this.live)
  }
}
