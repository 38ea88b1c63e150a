/**
 * One piece of memory that bodies are put together in, batch after batch.
 *
 * A fresh array for each body costs more in garbage collection than encoding it does.
 */
export class Slab {
  readonly #memory: Uint8Array
  #used = 0

  constructor (size: number) {
    this.#memory = new Uint8Array(size)
  }

  /** Takes bytes, whatever was written there before; they are valid until {@link reset}. */
  take (size: number): Uint8Array {
    // A batch larger than usual gets memory of its own.
    if (this.#used + size > this.#memory.length) return new Uint8Array(size)
    const at = this.#used
    this.#used += size
    return this.#memory.subarray(at, at + size)
  }

  /** Gives everything back: the Store has its own copies. */
  reset (): void {
    this.#used = 0
  }
}
