import { Pieces } from './pieces.ts'

/** Bytes for a chunk with all that is around it on the wire. */
const SMALL = 8_192
/** Bytes for some chunks in one message. */
const LARGE = 32_768
const pieces = new Pieces([SMALL, LARGE])

/**
 * Memory that one message after the other is written in. It is borrowed while something
 * is sent, so that whoever says nothing holds none.
 */
export class Scratch {
  #memory: Uint8Array | undefined

  /** Bytes to write on, whatever was there before; good until the next are taken, or {@link Scratch.release}. */
  take (size: number): Uint8Array {
    if (size > LARGE) return new Uint8Array(size)
    if (this.#memory === undefined || this.#memory.length < size) {
      this.release()
      this.#memory = pieces.take(size <= SMALL ? SMALL : LARGE)
    }
    return this.#memory.subarray(0, size)
  }

  /** Gives the memory back; nobody looks at it any more. */
  release (): void {
    if (this.#memory !== undefined) pieces.give(this.#memory)
    this.#memory = undefined
  }
}
