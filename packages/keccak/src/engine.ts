/** Bytes of the state: 1600 bits. */
export const STATE = 200

/** Bytes of a block: the state less twice the 256 bits of the hash. */
export const RATE = 136

/** Bytes of the hash. */
export const HASH = 32

/** One way of running the permutation. */
export interface Engine {
  readonly name: 'wasm' | 'noble'

  /** Hashes `parts` as if they were one. */
  hash (parts: readonly Uint8Array[]): Uint8Array

  /** Absorbs whole blocks into a state of `STATE` bytes. */
  absorb (state: Uint8Array, blocks: Uint8Array): void

  /** Gives the hash that a state has with the first `held` bytes of a block behind it. Both stay as they are. */
  squeeze (state: Uint8Array, block: Uint8Array, held: number): Uint8Array
}

/** Pads a block as the original Keccak does: a bit, zeros, a bit. NIST's SHA3 begins with 0x06 instead. */
export function pad (bytes: Uint8Array, from: number, to: number): void {
  bytes.fill(0, from, to)
  bytes[from]! = 0x01
  bytes[to - 1]! |= 0x80
}
