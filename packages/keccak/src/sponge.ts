import { keccak_256 } from '@noble/hashes/sha3.js'

/**
 * A running Keccak-256 that can be read at any point without ending it.
 *
 * RLPx's frame MAC is such a sponge: fed for the lifetime of a connection, read
 * after every frame.
 *
 * @example
 * ```ts
 * import { Keccak256 } from '@skep/keccak'
 *
 * const mac = new Keccak256().update(Uint8Array.of(1))
 * const tag = mac.peek()
 * mac.update(tag).digest().length // 32
 * ```
 */
export class Keccak256 {
  #state = keccak_256.create()
  #ended = false

  /**
   * Absorbs bytes, which the caller may change afterwards.
   *
   * @throws Error - after `digest`.
   */
  update (bytes: Uint8Array): this {
    if (this.#ended) throw new Error('this hash has been ended by digest()')
    this.#state.update(bytes)
    return this
  }

  /**
   * Gives the hash of everything absorbed so far, and leaves the sponge running.
   *
   * @throws Error - after `digest`.
   */
  peek (): Uint8Array {
    if (this.#ended) throw new Error('this hash has been ended by digest()')
    return this.#state.clone().digest()
  }

  /**
   * Gives the hash of everything absorbed, and ends the sponge.
   *
   * @throws Error - the second time.
   */
  digest (): Uint8Array {
    const out = this.peek()
    this.#ended = true
    return out
  }

  /**
   * Makes a second sponge in the same state; the two go on apart.
   *
   * @throws Error - after `digest`.
   */
  clone (): Keccak256 {
    if (this.#ended) throw new Error('this hash has been ended by digest()')
    const copy = new Keccak256()
    copy.#state = this.#state.clone()
    return copy
  }
}
