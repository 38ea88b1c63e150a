/** What bounds an RLPx connection. Sources: bzz-handshake §0 and limits.md. */
export interface RlpxLimits {
  /** Milliseconds from the TCP connection to the remote's hello. Defaults to 5,000, the original's (bzz-handshake §0). */
  readonly handshakeTimeout?: number
  /** Milliseconds until a TCP connection must stand. Defaults to 10,000. */
  readonly dialTimeout?: number
  /** The longest packet of the handshake in bytes. Defaults to 2,048; real ones have up to 700. */
  readonly maxPacket?: number
  /** Handshakes under way that one listener has at once; who comes then is hung up on. Defaults to 64. */
  readonly pending?: number
  /** The largest payload of a message after decompression, in bytes. Defaults to 10 MiB, the original's for bzz, hive and stream. */
  readonly maxMessageSize?: number
  /** Milliseconds to complete a frame once it began. Defaults to 10,000. */
  readonly frameTimeout?: number
  /** Milliseconds between pings. Defaults to 15,000. */
  readonly keepAlive?: number
  /** Milliseconds of silence until the remote is dead. Defaults to 45,000. */
  readonly dead?: number
  /** Bytes of one sub-protocol that wait to be read, and 128 more for each message, before the connection is not read any further. Defaults to 262,144. */
  readonly window?: number
  /** Bytes that wait to be written before senders are held back. Defaults to 262,144. */
  readonly highWater?: number
  /** Milliseconds for the goodbye to go out. Defaults to 1,000. */
  readonly goodbye?: number
}

export const DEFAULTS: Required<RlpxLimits> = {
  handshakeTimeout: 5_000,
  dialTimeout: 10_000,
  maxPacket: 2_048,
  pending: 64,
  maxMessageSize: 10 * 1024 * 1024,
  frameTimeout: 10_000,
  keepAlive: 15_000,
  dead: 45_000,
  window: 262_144,
  highWater: 262_144,
  goodbye: 1_000
}

/** The longest hello payload in bytes (bzz-handshake §0). */
export const MAX_HELLO = 2_048

/** The largest `maxMessageSize`: what a frame's 24 bits of length can name, less a code and the compression's header. */
export const MOST = 2 ** 24 - 1 - 16
