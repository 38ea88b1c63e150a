import type { Address } from '@skep/interface'
import type { HandoverProof } from './messages.ts'

/** Which life of a store indices belong to; a wiped store draws a new one. At most 64 characters. */
export type Epoch = string

/** 0 low, 1 middle, 2 high, 3 top. */
export type Priority = 0 | 1 | 2 | 3

/** A connected peer, as the layer above has it. Any object with these fits; `key` is unique among live connections. */
export interface StreamPeer {
  readonly key: string
  readonly overlay: Address
  readonly light: boolean
}

/**
 * A kind of stream: a name with a serving half, an asking half, or both.
 *
 * A stream is a row of items that only grows. Each item has an index (from 1, rising,
 * below 2^53) and an id of 32 bytes, which names the same bytes wherever it is offered
 * within one {@link StreamType.space}. Everything else is the streamer's: resume,
 * epochs, live and history, priorities, back-pressure, one transfer for each item.
 */
export interface StreamType {
  /** As on the wire, at most 64 bytes. */
  readonly name: string
  /** Of live deliveries; history has one less. Defaults to 2. */
  readonly priority?: Priority
  /** Types of the same space share their items: what one of them stored, another need not fetch. Defaults to the name. */
  readonly space?: string
  /** Makes the serving half for a peer; `undefined` refuses it. */
  source? (peer: StreamPeer, key: string): Source | undefined
  /** Makes the asking half for a peer; `undefined` refuses it. */
  sink? (peer: StreamPeer, key: string): Sink | undefined
}

/** The serving half: what upstream must be able to answer. */
export interface Source {
  /** The store's epoch and the index of the last item, 0 when there is none. */
  cursor (): Promise<{ readonly epoch: Epoch, readonly last: number }>

  /**
   * The ids of the next items from `from` on, at most `limit`, up to `to` inclusive.
   *
   * Waits while there is nothing yet; with `to` at or below the last index it does not
   * wait, and may answer with no ids. The answer's `to` says how far it looked: up to the
   * last id's index when it is full, and everything in its range is in it.
   */
  batch (from: number, to: number | undefined, options: { readonly limit: number, readonly signal: AbortSignal }): Promise<Batch>

  /**
   * Calls `more` once, as soon as there is an item at index `from` or later, at once if there
   * is already. Returns what takes the call back.
   *
   * Optional: with it a stream that waits for live items costs a listener, without it a
   * {@link Source.batch} that has not resolved.
   */
  onMore? (from: number, more: () => void): () => void

  /**
   * Says at once what a {@link Source.batch} from `from` on without an end or a limit would: all that there is from there;
   * `undefined` if there is nothing, or it has to be looked up.
   *
   * Optional, and of use with {@link Source.onMore}: what a peer is seen to have in passing need not be collected to be
   * offered to it. A source that proves its stretches leaves it out.
   */
  peek? (from: number): Batch | undefined

  /** The bytes of items, in order; `undefined` for what is not there any more. */
  read (ids: Uint8Array[], options: { readonly signal: AbortSignal }): Promise<(Uint8Array | undefined)[]>

  /** The peer does not ask any more. */
  close (): void
}

/** A stretch of a stream. */
export interface Batch {
  readonly from: number
  readonly to: number
  readonly ids: Uint8Array[]
  /** What the stream says of the stretch under its signature. All its ids are offered then, also those that the peer has. */
  readonly proof?: HandoverProof | undefined
}

/** One item of a stream. */
export interface Item {
  readonly id: Uint8Array
  readonly data: Uint8Array
}

/** The asking half: what downstream must decide. */
export interface Sink {
  /**
   * For each id whether it should be fetched; `false` for what is there. A text is a reason for
   * which it is not taken now, without commas: its index is recorded as declined for that reason,
   * and not offered again until {@link Sink.declines} says so.
   */
  need (ids: Uint8Array[], options: { readonly signal: AbortSignal }): Promise<(boolean | string)[]>

  /**
   * Whether what was declined for a reason is declined still; asked when a session begins and at
   * {@link Subscription.review}. Without it, it is.
   */
  declines? (reason: string): boolean

  /**
   * Checks and stores an item. Resolves when it is durable; rejects what is not what its
   * id says. A rejection with code `STREAMER_SINK_FAILED` blames our own store instead.
   * The signal is that of the streamer's end: take listeners off it again.
   */
  put (id: Uint8Array, data: Uint8Array, options: { readonly signal: AbortSignal }): Promise<void>

  /**
   * Does what {@link Sink.put} does for items that came together, where that is cheaper.
   *
   * Resolves with one answer for each: nothing when it is durable, else the error that `put`
   * would reject with. A rejection stands for all of them.
   */
  putMany? (items: readonly Item[], options: { readonly signal: AbortSignal }): Promise<readonly (Error | undefined)[]>

  /** Hears of a batch whose every item has its outcome, before its range is recorded; a rejection leaves the range open. */
  done? (batch: BatchDone): Promise<void>

  /** Nothing will come any more. */
  close (): void
}

/** What became of one offered item. */
export type Outcome =
  /** It was there before. */
  | 'held'
  /** It came, from this peer or another, and is durable. */
  | 'delivered'
  /** It is not taken now, as the sink said. */
  | 'declined'
  /** The peer offered it and has it no more. */
  | 'missing'
  /** What came was not what its id says. */
  | 'invalid'
  /** It did not come in time. */
  | 'late'

/** A batch whose every item has its outcome. */
export interface BatchDone {
  readonly peer: StreamPeer
  readonly name: string
  readonly key: string
  readonly live: boolean
  readonly from: number
  readonly to: number
  readonly ids: readonly Uint8Array[]
  readonly outcomes: readonly Outcome[]
  /** What the peer gave as proof of the stretch, unchecked; absent if none. */
  readonly proof?: HandoverProof
}
