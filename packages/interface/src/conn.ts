/**
 * A message connection to one remote peer for one sub-protocol: whole messages,
 * ordered, reliable. Shaped for it-pipe.
 *
 * No protocol may rely on half-close: transports without it exist. The receiver
 * owns each message it gets; a sender may reuse its buffer once the next message
 * has been pulled from it.
 */
export interface Conn {
  /**
   * Messages from the remote, for a single reader. Ends when the remote closed,
   * throws when the connection broke or was aborted. Not reading holds the sender back.
   * Its iterator may be an {@link EagerIterator}.
   */
  readonly source: AsyncIterable<Uint8Array>

  /**
   * Sends every message of `messages`, pulling as fast as the remote takes them.
   * Called once. Resolves when all were handed to the transport, rejects when the
   * connection broke or `messages` threw. Does not close the connection. Where the
   * iterator of `messages` is an {@link EagerIterator}, `take` may be used beside `next`.
   *
   * A message over {@link Conn.maxMessageSize} rejects and aborts.
   */
  sink (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>

  /** Ends our side: what was sunk is delivered, then the connection closes. Idempotent, never rejects. */
  close (): Promise<void>

  /** Tears both directions down at once; pending reads and writes reject with `reason`. Idempotent. */
  abort (reason: Error): void

  /** The largest message in bytes, in either direction. */
  readonly maxMessageSize: number
}

/**
 * An iterator that also gives at once what is here already. A promise for each message
 * costs more than all else that is done with it, and most messages come in company.
 */
export interface EagerIterator<T> extends AsyncIterator<T> {
  /**
   * The next of those that are here; `undefined` when none is, and at the end, which `next`
   * tells. Not to be called while a `next` is pending.
   *
   * @throws whatever `next` would reject with, if that is next.
   */
  take? (): T | undefined
}
