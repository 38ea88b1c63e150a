/** Bytes of the pieces of memory: a chunk with all that is around it on the wire, and some chunks in one message. */
const SIZES = [8_192, 32_768] as const
/** Pieces of each size that are kept for whoever sends next. */
const KEPT = 16
const kept = SIZES.map((): Uint8Array[] => [])

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
    if (this.#memory === undefined || this.#memory.length < size) {
      const which = SIZES.findIndex(most => size <= most)
      if (which < 0) return new Uint8Array(size)
      this.release()
      this.#memory = kept[which]!.pop() ?? new Uint8Array(SIZES[which]!)
    }
    return this.#memory.subarray(0, size)
  }

  /** Gives the memory back; nobody looks at it any more. */
  release (): void {
    const memory = this.#memory
    this.#memory = undefined
    if (memory === undefined) return
    const others = kept[SIZES.findIndex(size => size === memory.length)]!
    if (others.length < KEPT) others.push(memory)
  }
}
