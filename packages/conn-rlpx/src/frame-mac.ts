import type { Keccak256 } from '@skep/keccak'
import { createCipheriv } from 'node:crypto'

/** Length of a MAC in bytes. */
export const MAC_SIZE = 16

/** The running MAC of one direction (bzz-handshake §0, frames): a sponge, stirred with AES. */
export class FrameMac {
  readonly #sponge: Keccak256
  // Kept for the connection: a new cipher for each block costs five times as much.
  readonly #ecb: ReturnType<typeof createCipheriv>
  /** The hash of everything so far; only its first half is ever looked at. */
  #digest: Uint8Array

  constructor (key: Uint8Array, sponge: Keccak256) {
    this.#sponge = sponge
    this.#ecb = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
    this.#digest = sponge.peek()
  }

  /** Goes on by a header, 16 encrypted bytes. Its MAC are the first bytes of the result, which the next call changes nothing of. */
  header (header: Uint8Array): Uint8Array {
    return this.#stir(header)
  }

  /** Goes on by a frame's body, encrypted and padded; as {@link FrameMac.header}. */
  body (body: Uint8Array): Uint8Array {
    this.#digest = this.#sponge.update(body).peek()
    return this.#stir(this.#digest)
  }

  #stir (seed: Uint8Array): Uint8Array {
    const mixed = this.#ecb.update(this.#digest.subarray(0, MAC_SIZE))
    for (let i = 0; i < MAC_SIZE; i++) mixed[i]! ^= seed[i]!
    this.#digest = this.#sponge.update(mixed).peek()
    return this.#digest
  }
}
