import type { Asking, Found } from './answers.ts'
import { StreamerError, type StreamerErrorCode } from './errors.ts'
import type { Context } from './effects.ts'
import type { Item } from './item.ts'
import type { Half, Pull } from './pull.ts'
import { Pace } from './pace.ts'
import type { RecentIds } from './recent-ids.ts'
import { Row } from './row.ts'
import type { Feed, Serve } from './serve.ts'
import type { Timer } from './timers.ts'
import type { StreamPeer } from './type.ts'

/** One item asked of one peer. */
export interface Ask {
  readonly item: Item
  readonly at: number
  /** The half whose offer named it; `undefined` when it was asked for by itself. */
  readonly half: Half | undefined
  /** How far it may pass a request on. */
  readonly hops: number
  /** Counts up with every ask. */
  readonly order: number
  /** Others are asked meanwhile. */
  late: boolean
  /** It is part of a batch, and was also asked for by itself. */
  hurried: boolean
}

/** A half that takes no more offers, and waits for what it has asked for. */
export interface Draining {
  readonly half: Half
  /** Ends the wait. */
  readonly timer: Timer
}

/** How many ended halves are remembered, so that what was under way then is no fault. */
const MAX_ENDED = 512

/** How many items that were taken back are remembered: twice what may be asked of one peer at a time. */
const MAX_TAKEN_BACK = 1_024

/** Everything the core keeps of one connected peer. Collections that most peers never need are made with their first entry. */
export class PeerState {
  readonly ref: StreamPeer
  /** The overlay address in hexadecimal. */
  readonly overlay: string
  /** Whether it has `skep-stream/1`. */
  readonly native: boolean
  /** From join until it left or was dropped. */
  connected = false
  /** What it asked of us. */
  readonly feeds = new Row<Feed>()
  /** Streams that it was asked to subscribe to, if it is an old one. */
  requested: Set<string> | undefined
  /** What we ask of it. */
  readonly pulls = new Row<Pull>()
  /** Halves whose Wanted waits for room. */
  held: Set<Half> | undefined
  /** Items we asked for and have not got, by id, oldest first. */
  readonly asks = new Map<string, Ask>()
  /** Items it asked for by themselves and has not got, by id. */
  answering: Map<string, Asking> | undefined
  /** Items found for it that it wants offered, and those of them that an open offer names. */
  readonly found: Found[] = []
  foundOffered: Found[] | undefined
  /** Bytes of ids offered so. */
  foundBytes = 0
  readonly pace = new Pace()
  /** When it last delivered something. */
  lastDelivery = 0
  /** Its offers that we have not answered. */
  offered = 0
  /** Our offers that it has not answered, and the halves that wait for their turn to offer. */
  offering = 0
  turns: Set<Serve> | undefined
  /** Batches wanted of it and not complete. */
  batches = 0
  invalid = 0
  unsolicited = 0
  /** Items it offered lately that are here as well, by space: what it need not be offered back. */
  readonly has = new Map<string, RecentIds>()
  /** When it last offered something, and when that is forgotten. */
  offeredAt = 0
  offeredTimer: Timer | undefined
  /** The epoch that it told last. */
  epoch = ''
  /** Whether it subscribed to RETRIEVE_REQUEST. */
  retrieves = false
  /** Whether it says that it has all that its peers have. */
  synced = false
  /**
   * Halves that we ended and whose end the peer has not confirmed: what it offers of them is
   * the old subscription's, so that a new one waits. Natively a Quit confirms, else time does.
   */
  fences: Map<string, Timer> | undefined
  /** Halves that we ended while items of theirs were under way, by name: the peer is told when those are here. */
  draining: Map<string, Draining> | undefined
  watch: Timer | undefined
  #ended: Set<string> | undefined
  /** Items that were asked for and taken back, by id, and when that last was. */
  #takenBack: Set<string> | undefined
  #takenBackAt = 0

  constructor (ref: StreamPeer, overlay: string, native: boolean) {
    this.ref = ref
    this.overlay = overlay
    this.native = native
  }

  /** Ends the conversation. What the peer sends from now on is not looked at. */
  fault (context: Context, code: StreamerErrorCode, message: string): void {
    if (!this.connected) return
    this.connected = false
    context.emit({ type: 'drop', peer: this, error: new StreamerError(code, message) })
  }

  /** Notes that we ended a half, so that an offer under way is no fault. */
  ended (half: string): void {
    const ended = this.#ended ??= new Set()
    ended.delete(half)
    ended.add(half)
    if (ended.size > MAX_ENDED) {
      for (const oldest of ended) {
        ended.delete(oldest)
        break
      }
    }
  }

  /** Notes that an item was asked for and is not awaited any more: its body may be on its way. */
  takeBack (id: string, now: number, forget: number): void {
    // Those of long ago never came.
    if (this.#takenBack === undefined || this.#takenBackAt + forget < now) this.#takenBack = new Set()
    this.#takenBackAt = now
    this.#takenBack.delete(id)
    this.#takenBack.add(id)
    if (this.#takenBack.size > MAX_TAKEN_BACK) {
      for (const oldest of this.#takenBack) {
        this.#takenBack.delete(oldest)
        break
      }
    }
  }

  /** Whether a body that nobody asks for is of an item that was taken back; true once for each. */
  tookBack (id: string): boolean {
    return this.#takenBack?.delete(id) === true
  }

  wasEnded (half: string): boolean {
    return this.#ended?.has(half) === true
  }
}
