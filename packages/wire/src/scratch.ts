/** Bytes of a piece of memory: a chunk with all that is around it on the wire. */
const SIZE = 8_192
/** Pieces that are kept for whoever sends next. */
const KEPT = 16
const kept: Uint8Array[] = []

/**
 * Memory that one message after the other is written in.
 *
 * Fresh memory for each costs several times what writing does. It is borrowed while something
 * is sent, so that whoever says nothing holds none.
 */
export class Scratch {
  #memory: Uint8Array | undefined

  /** Bytes to write on, whatever was there before; good until the next are taken, or {@link Scratch.release}. */
  take (size: number): Uint8Array {
    if (size > SIZE) return new Uint8Array(size)
    this.#memory ??= kept.pop() ?? new Uint8Array(SIZE)
    return this.#memory.subarray(0, size)
  }

  /** Gives the memory back; nobody looks at it any more. */
  release (): void {
    if (this.#memory !== undefined && kept.length < KEPT) kept.push(this.#memory)
    this.#memory = undefined
  }
}
