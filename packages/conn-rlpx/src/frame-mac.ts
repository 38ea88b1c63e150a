import type { Keccak256 } from '@skep/keccak'
import { createCipheriv } from 'node:crypto'

/** Length of a MAC in bytes. */
export const MAC_SIZE = 16

/** The running MAC of one direction (bzz-handshake §0, frames): a sponge, stirred with AES. */
export class FrameMac {
  readonly #sponge: Keccak256
  // Kept for the connection: a new cipher for each block costs five times as much.
  readonly #ecb: ReturnType<typeof createCipheriv>

  constructor (key: Uint8Array, sponge: Keccak256) {
    this.#sponge = sponge
    this.#ecb = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  }

  /** The MAC of a header, 16 encrypted bytes. */
  header (header: Uint8Array): Uint8Array {
    return this.#stir(header)
  }

  /** The MAC of a frame's body, encrypted and padded. */
  body (body: Uint8Array): Uint8Array {
    this.#sponge.update(body)
    return this.#stir(this.#sponge.peek())
  }

  #stir (seed: Uint8Array): Uint8Array {
    const mixed = this.#ecb.update(this.#sponge.peek().subarray(0, MAC_SIZE))
    for (let i = 0; i < MAC_SIZE; i++) mixed[i]! ^= seed[i]!
    this.#sponge.update(mixed)
    return this.#sponge.peek().subarray(0, MAC_SIZE)
  }
}
