import type { Kind } from '@skep/chunk'

/** Times are in milliseconds. */
export interface SyncStreamOptions {
  /** Hashes in a batch at most. Defaults to 128 (limits.md). */
  readonly batch?: number

  /** Indices without a chunk that an answer may pass over. Defaults to 65,536 (limits.md). */
  readonly skip?: number

  /** How long peers and depth must stand still before subscriptions follow. Defaults to 200. */
  readonly settle?: number

  /**
   * How long after a peer came that bin is asked for that is wanted of it at whatever depth: the one it falls in.
   * The others follow when peers and depth stand still. Defaults to 20.
   */
  readonly greet?: number

  /** How long subscriptions may lag behind peers and depth that never stand still. Defaults to 2,000. */
  readonly maxSettle?: number

  /** How long a bin that is not ours any more stays subscribed, in case it becomes ours again. It is paused meanwhile: nothing of it is asked for. Defaults to 15,000. */
  readonly linger?: number

  /** How long before a subscription that did not come about is tried again. Defaults to 1,000. */
  readonly retry?: number

  /** How often the status is told at most, to native peers and to listeners. Defaults to 500. */
  readonly report?: number

  /**
   * The kinds of chunk that are synced, each as a stream of its own. Name those that the
   * chunk store's validators know. Defaults to content alone.
   */
  readonly kinds?: readonly Kind[]

  /** How long before a bin that a peer refused, or quit, is asked for again. Defaults to 60,000. */
  readonly refused?: number
}

export const DEFAULTS: Required<SyncStreamOptions> = {
  batch: 128,
  skip: 65_536,
  settle: 200,
  greet: 20,
  maxSettle: 2_000,
  linger: 15_000,
  retry: 1_000,
  refused: 60_000,
  report: 500,
  kinds: ['content']
}
