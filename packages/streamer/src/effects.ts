import type { MessageName, MessageValue } from '@skep/wire'
import type { Intervals } from '@skep/intervals-store'
import type { BatchState, Declined } from './batch.ts'
import type { StreamerError } from './errors.ts'
import type { Fetch, Item } from './item.ts'
import type { nativeSpec, streamSpec } from './messages.ts'
import type { PeerState } from './peer-state.ts'
import type { Pull, PullMark } from './pull.ts'
import type { Feed, Serve, Stretch } from './serve.ts'
import type { StreamerLimits } from './options.ts'
import type { SubscriptionEnd } from './subscription.ts'
import type { Timers } from './timers.ts'
import type { Batch, Outcome, Priority } from './type.ts'

type Stream = typeof streamSpec
type Native = typeof nativeSpec

/** A message for a peer, on one of its two conversations. */
export type Send =
  | { [N in MessageName<Stream>]: { readonly type: 'send', readonly peer: PeerState, readonly native: false, readonly name: N, readonly value: MessageValue<Stream, N>, readonly priority: Priority } }[MessageName<Stream>]
  | { [N in MessageName<Native>]: { readonly type: 'send', readonly peer: PeerState, readonly native: true, readonly name: N, readonly value: MessageValue<Native, N>, readonly priority: Priority } }[MessageName<Native>]

/** What the core asks of the world. Everything but `send`, `drop` and what only tells is answered by an {@link Input}. */
export type Effect =
  | Send
  /** End the conversation: the peer broke the protocol. */
  | { readonly type: 'drop', readonly peer: PeerState, readonly error: StreamerError }
  /** Read what is covered of the pull's stream in its epoch, and its mark. */
  | { readonly type: 'load', readonly pull: Pull }
  /** Forget what is covered of the pull's stream in its epoch: it cannot be true. */
  | { readonly type: 'reset', readonly pull: Pull, readonly why: 'shrunk' | 'replaced' }
  /** Ask the sink which items are needed. */
  | { readonly type: 'need', readonly batch: BatchState, readonly ticket: number }
  /** Check a body: every sink stores it, every fetch looks at it. */
  | { readonly type: 'check', readonly item: Item, readonly peer: PeerState, readonly data: Uint8Array, readonly puts: readonly { readonly space: string, readonly pull: Pull }[], readonly fetches: readonly Fetch[] }
  /** Somebody waits for an item whose body is here and may not be checked for a while. */
  | { readonly type: 'hasten', readonly item: Item }
  /** Tell the sink that the batch is done, then record the ranges. */
  | { readonly type: 'seal', readonly batch: BatchState, readonly ranges: readonly (readonly [from: number, to: number])[], readonly declined: readonly Declined[], readonly outcomes: readonly Outcome[], readonly mark: PullMark | undefined }
  /** Record that what was declined for these reasons is open again. */
  | { readonly type: 'reopen', readonly pull: Pull, readonly reasons: readonly string[] }
  /** Ask the sink whether what was declined is declined still; if not, a `reopen` is the answer. */
  | { readonly type: 'review', readonly pull: Pull }
  /** The pull is over: close its sink, tell who waits. */
  | { readonly type: 'over', readonly pull: Pull, readonly end: SubscriptionEnd }
  /** Make the source if there is none, and ask for its cursor. */
  | { readonly type: 'cursor', readonly feed: Feed }
  /** Read what of the feed an old peer has taken. */
  | { readonly type: 'recall', readonly feed: Feed }
  /** Record what of the feed an old peer has taken. */
  | { readonly type: 'took', readonly feed: Feed, readonly from: number, readonly to: number }
  /** Forget what of the feed an old peer has taken: it has it no more. */
  | { readonly type: 'forget', readonly feed: Feed }
  /** Ask the source for the next items, a live half when there are some. */
  | { readonly type: 'collect', readonly serve: Serve, readonly stretch: Stretch }
  /** The same of a live half, now that there are. */
  | { readonly type: 'gather', readonly serve: Serve, readonly stretch: Stretch }
  /** Read items and send them; tell which are not there. */
  | { readonly type: 'deliver', readonly serve: Serve, readonly ids: readonly Uint8Array[], readonly priority: Priority }
  /** Stop what runs for a half. */
  | { readonly type: 'halt', readonly serve: Serve }
  /** Close the source. */
  | { readonly type: 'unfeed', readonly feed: Feed }
  /** Ask the application for an item that a peer requests. */
  | { readonly type: 'answer', readonly peer: PeerState, readonly id: Uint8Array, readonly hops: number | undefined }
  /** The peer does not want the answer any more. */
  | { readonly type: 'unanswer', readonly peer: PeerState, readonly id: Uint8Array }
  /** A fetch has its item, or its error. */
  | { readonly type: 'settle', readonly fetch: Fetch, readonly data: Uint8Array | undefined }
  /** An old peer asks us to subscribe. */
  | { readonly type: 'asked', readonly peer: PeerState, readonly name: string, readonly key: string }
  /** Something that `status` shows has changed. */
  | { readonly type: 'changed' }

/** What happened in the world. */
export type Input =
  | { readonly type: 'joined', readonly peer: PeerState }
  | { readonly type: 'left', readonly peer: PeerState }
  | { readonly type: 'stream', readonly peer: PeerState, readonly message: StreamMessage }
  | { readonly type: 'native', readonly peer: PeerState, readonly message: NativeMessage }
  /** Bodies that came in a row. */
  | { readonly type: 'bodies', readonly peer: PeerState, readonly bodies: readonly Body[] }
  | { readonly type: 'time' }
  | { readonly type: 'loaded', readonly pull: Pull, readonly covered: Intervals | undefined, readonly mark?: PullMark | undefined, readonly declined?: ReadonlyMap<string, Intervals> }
  | { readonly type: 'needed', readonly batch: BatchState, readonly ticket: number, readonly flags: readonly (boolean | string)[] | undefined }
  | { readonly type: 'checked', readonly checks: readonly Checked[] }
  | { readonly type: 'sealed', readonly batch: BatchState, readonly ranges: readonly (readonly [from: number, to: number])[], readonly declined: readonly Declined[], readonly done: boolean }
  | { readonly type: 'cursor', readonly feed: Feed, readonly cursor: { readonly epoch: string, readonly last: number } | undefined }
  | { readonly type: 'recalled', readonly feed: Feed, readonly covered: Intervals | undefined }
  /** What a live half waits for is there, and this is all of it; it may be gathered. */
  | { readonly type: 'peeked', readonly serve: Serve, readonly stretch: Stretch, readonly batch: Batch }
  | { readonly type: 'collected', readonly serve: Serve, readonly stretch: Stretch, readonly batch: Batch | undefined }
  | { readonly type: 'delivered', readonly serve: Serve, readonly missing: readonly Uint8Array[] }
  | { readonly type: 'answered', readonly peer: PeerState, readonly id: Uint8Array, readonly data: Uint8Array | undefined }
  | { readonly type: 'subscribe', readonly pull: Pull }
  | { readonly type: 'unsubscribe', readonly pull: Pull }
  /** As `unsubscribe`, and what was asked for is not waited for. */
  | { readonly type: 'abort', readonly pull: Pull }
  | { readonly type: 'reopen', readonly pull: Pull, readonly reasons: readonly string[] }
  | { readonly type: 'pause', readonly pull: Pull, readonly paused: boolean }
  | { readonly type: 'request', readonly peer: PeerState, readonly name: string, readonly key: string }
  | { readonly type: 'quit', readonly peer: PeerState, readonly name: string, readonly key: string }
  | { readonly type: 'fetch', readonly fetch: Fetch }
  | { readonly type: 'cancel', readonly fetch: Fetch }
  | { readonly type: 'synced', readonly synced: boolean }

/** A body as it comes. */
export type Body = MessageValue<Stream, 'ChunkDeliveryMsg'>

/** What became of a body. */
export interface Checked {
  readonly item: Item
  readonly peer: PeerState
  readonly data: Uint8Array
  readonly puts: readonly { readonly space: string, readonly result: PutResult }[]
  readonly fetches: readonly { readonly fetch: Fetch, readonly accepted: boolean }[]
}

/** How a sink's `put` ended. */
export type PutResult = 'stored' | 'invalid' | 'failed'

export type StreamMessage = { [N in MessageName<Stream>]: { readonly name: N, readonly value: MessageValue<Stream, N> } }[MessageName<Stream>]
export type NativeMessage = { [N in MessageName<Native>]: { readonly name: N, readonly value: MessageValue<Native, N> } }[MessageName<Native>]

/** What the parts of the core share. */
export interface Context {
  readonly limits: StreamerLimits
  readonly timers: Timers
  /** The time of the step, in milliseconds. */
  now: number
  /** A number in `[0, 1)`. */
  random (): number
  emit (effect: Effect): void
}
