/** What bounds a TCP conn. */
export interface TcpLimits {
  /** The largest message in bytes, either way. Defaults to 131,073: the native 128 KiB, and a byte that a session adds. */
  readonly maxMessageSize?: number
  /** Milliseconds that we wait in all for the rest of a frame. Defaults to 10,000 (limits.md, completing a frame). */
  readonly frameTimeout?: number
  /** Pieces that a frame may come in. Defaults to 8,192; a hundred are usual for the largest. */
  readonly framePieces?: number
  /** Milliseconds for closing to go through before the connection is cut. Defaults to 3,000. */
  readonly closeTimeout?: number
}

export const DEFAULT_LIMITS: Required<TcpLimits> = {
  maxMessageSize: 131_073,
  frameTimeout: 10_000,
  framePieces: 8192,
  closeTimeout: 3000
}
