import { decode, encode, type Codec } from './codec.ts'
import { struct } from './composites.ts'
import { hello } from './hello.ts'
import { u32, u8 } from './scalars.ts'

// A frame is one message of the conn below: the channel's number, then what it carries.
// Channel 0 is the session's own, channel n the n-th shared sub-protocol.

/** The session's own channel. */
export const CONTROL = 0

const nothing = struct({})

/** What goes over the session's own channel: the code, then RLP. The first four are devp2p's. */
export const control = {
  hello: { code: 0, codec: hello },
  disconnect: { code: 1, codec: struct({ reason: u32 }) },
  ping: { code: 2, codec: nothing },
  pong: { code: 3, codec: nothing },
  /** The reader of a channel took so many bytes more. */
  credit: { code: 4, codec: struct({ channel: u8, bytes: u32 }) },
  /** The sender of a channel closed it. */
  end: { code: 5, codec: struct({ channel: u8 }) },
  /** An end of a channel aborted it. */
  reset: { code: 6, codec: struct({ channel: u8 }) }
} as const

/** Makes a frame of the session's own channel. */
export function controlFrame<T> (kind: { readonly code: number, readonly codec: Codec<T> }, value: T): Uint8Array {
  const body = encode(kind.codec, value)
  const frame = new Uint8Array(body.length + 2)
  frame[0] = CONTROL
  frame[1] = kind.code
  frame.set(body, 2)
  return frame
}

/** Reads the body of a frame of the session's own channel. */
export function readControl<T> (kind: { readonly codec: Codec<T> }, frame: Uint8Array): T {
  return decode(kind.codec, frame.subarray(2))
}
