import { RATE, STATE } from './engine.ts'
import { engine } from './fastest.ts'

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
  readonly #state = new Uint8Array(STATE)
  readonly #block = new Uint8Array(RATE)
  #held = 0
  #ended = false

  /**
   * Absorbs bytes, which the caller may change afterwards.
   *
   * @throws Error - after `digest`.
   */
  update (bytes: Uint8Array): this {
    this.#check()
    if (!(bytes instanceof Uint8Array)) throw new TypeError('a sponge takes Uint8Array')
    let at = 0
    if (this.#held > 0) {
      at = Math.min(RATE - this.#held, bytes.length)
      this.#block.set(bytes.subarray(0, at), this.#held)
      this.#held += at
      if (this.#held < RATE) return this
      engine.absorb(this.#state, this.#block)
    }
    const whole = at + Math.floor((bytes.length - at) / RATE) * RATE
    if (whole > at) engine.absorb(this.#state, bytes.subarray(at, whole))
    this.#block.set(bytes.subarray(whole))
    this.#held = bytes.length - whole
    return this
  }

  /**
   * Gives the hash of everything absorbed so far, and leaves the sponge running.
   *
   * @throws Error - after `digest`.
   */
  peek (): Uint8Array {
    this.#check()
    return engine.squeeze(this.#state, this.#block, this.#held)
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
    this.#check()
    const copy = new Keccak256()
    copy.#state.set(this.#state)
    copy.#block.set(this.#block)
    copy.#held = this.#held
    return copy
  }

  #check (): void {
    if (this.#ended) throw new Error('this hash has been ended by digest()')
  }
}
