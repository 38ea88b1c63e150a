import { MAX_CHUNK_DATA } from '../constants.ts'

/** Chunks handed over in one message: 256 KiB, some two milliseconds of work. */
export const BATCH = 64

/** Up to `BATCH` chunks that are hashed together. */
export interface Batch extends Iterable<Uint8Array> {
  readonly length: number

  /** Copies the chunks one after another. @returns their lengths. */
  pack (data: Uint8Array): Uint16Array
}

/** Chunks that somebody else holds. */
export class GivenBatch implements Batch {
  readonly #chunks: readonly Uint8Array[]

  constructor (chunks: readonly Uint8Array[]) {
    this.#chunks = chunks
  }

  get length (): number { return this.#chunks.length }

  [Symbol.iterator] (): Iterator<Uint8Array> { return this.#chunks[Symbol.iterator]() }

  pack (data: Uint8Array): Uint16Array {
    let at = 0
    for (const chunk of this.#chunks) {
      data.set(chunk, at)
      at += chunk.length
    }
    return Uint16Array.from(this.#chunks, chunk => chunk.length)
  }
}

/**
 * Chunks in one buffer, which is used again.
 *
 * Chunks that wait for a worker as objects of their own outlive the collections of young
 * objects, and the engine makes more and more room for such: tens of MiB in a long file.
 */
export class PackedBatch implements Batch {
  readonly #data = new Uint8Array(BATCH * MAX_CHUNK_DATA)
  readonly #ends: number[] = []

  get length (): number { return this.#ends.length }

  add (chunk: Uint8Array): void {
    const at = this.#ends.at(-1) ?? 0
    this.#data.set(chunk, at)
    this.#ends.push(at + chunk.length)
  }

  clear (): void {
    this.#ends.length = 0
  }

  * [Symbol.iterator] (): Iterator<Uint8Array> {
    for (let i = 0; i < this.#ends.length; i++) yield this.#data.subarray(this.#ends[i - 1] ?? 0, this.#ends[i])
  }

  pack (data: Uint8Array): Uint16Array {
    data.set(this.#data.subarray(0, this.#ends.at(-1) ?? 0))
    return Uint16Array.from(this.#ends, (end, i) => end - (this.#ends[i - 1] ?? 0))
  }
}
