/** An overlay address or a chunk's address: 32 bytes, most significant bit first. */
export type Address = Uint8Array
