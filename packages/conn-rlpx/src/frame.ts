/** Length of a frame's header in bytes, and the unit that bodies are padded to. */
export const HEADER = 16

/** What follows the frame's size in its header: an RLP list of two zeros. */
export const HEADER_DATA: Uint8Array = Uint8Array.of(0xc2, 0x80, 0x80)

/** The largest frame that its 24 bits of length can name. */
export const MAX_FRAME = 2 ** 24 - 1

/** The largest message code that we write and read: more sub-protocols than a hello has room for. */
export const MAX_CODE = 0xffff

/** Bytes of the body of a frame of `size` bytes. */
export function padded (size: number): number {
  return (size + 15) & ~15
}

// Codes of the base protocol (bzz-handshake §0).
export const HELLO = 0
export const DISCONNECT = 1
export const PING = 2
export const PONG = 3
/** The first code of the sub-protocols. */
export const BASE_LENGTH = 16
