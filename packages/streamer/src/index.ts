/**
 * Subscribe, offer, want, deliver: named streams that are live, historical and resumable.
 *
 * @packageDocumentation
 */
export { StreamerError, type StreamerErrorCode } from './errors.ts'
export { nativeSpec, streamSpec, type HandoverProof } from './messages.ts'
export { defaultLimits, type StreamerLimits, type StreamerOptions, type StreamerTrouble } from './options.ts'
export type { AskState, Counters, LoadStatus, StreamStatus, StreamTrouble, TroubledItem, WantStatus } from './status.ts'
export type { EndListener, Subscription, SubscriptionEnd } from './subscription.ts'
export type { Batch, BatchDone, Epoch, Item, Outcome, Priority, Sink, Source, StreamPeer, StreamType } from './type.ts'
export type { FetchOptions } from './fetching.ts'
export { Streamer, type RequestHandler, type SubscribeOptions } from './streamer.ts'
