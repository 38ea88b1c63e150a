/** Every way the streamer can refuse. Codes are API; messages are not. */
export type StreamerErrorCode =
  /** Nobody registered a stream of this name here, or it has no such half. Register the type first. */
  | 'STREAMER_UNKNOWN_STREAM'
  /** A message that nothing of ours explains: an offer not asked for, a Wanted without an offer. The connection ends. */
  | 'STREAMER_UNSOLICITED'
  /** A message decoded, but its content is outside the protocol: odd lengths, impossible ranges. The connection ends. */
  | 'STREAMER_BAD_MESSAGE'
  /** The peer went over one of the limits in {@link StreamerLimits}. The connection ends. */
  | 'STREAMER_LIMIT'
  /** The peer delivered too much that is not what its id says. The connection ends; ask others. */
  | 'STREAMER_INVALID_ITEM'
  /** The bytes of a message could not be decoded, or the transport broke; `cause` says why. The connection ends. */
  | 'STREAMER_WIRE'
  /** Nobody of those asked has the item. Ask others, or later. */
  | 'STREAMER_NOT_FOUND'
  /** A sink throws this when our own store failed: the item is tried again later and nobody is blamed. */
  | 'STREAMER_SINK_FAILED'
  /** The streamer was stopped, or the peer has gone. */
  | 'STREAMER_CLOSED'

/** What went wrong, by `code`. */
export class StreamerError extends Error {
  override readonly name = 'StreamerError'
  readonly code: StreamerErrorCode

  constructor (code: StreamerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
