/**
 * One piece of memory that what is written of new chunks is put together in, batch after batch.
 *
 * A fresh array for each body costs more in garbage collection than encoding it does.
 */
export class Slab {
  readonly #most: number
  #memory = new Uint8Array()
  #used = 0
  #asked = 0

  /** @param most - bytes that are kept at most. */
  constructor (most: number) {
    this.#most = most
  }

  /** Takes bytes that begin with a word, whatever was written there before; they are valid until {@link reset}. */
  take (size: number): Uint8Array {
    const words = (size + 3) & ~3
    this.#asked += words
    if (this.#used + words > this.#memory.length) return new Uint8Array(size)
    const at = this.#used
    this.#used += words
    return this.#memory.subarray(at, at + size)
  }

  /** Takes everything back: the Store has its own copies. What was asked for now is there the next time. */
  reset (): void {
    const size = Math.min(this.#asked, this.#most)
    if (size > this.#memory.length) this.#memory = new Uint8Array(size)
    this.#used = 0
    this.#asked = 0
  }
}
