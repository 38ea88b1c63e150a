import { CHUNK_SIZE, SPAN_SIZE } from './constants.ts'
import { encodeSpan } from './span.ts'

/** Cuts a stream of bytes, piece by piece, into the data of data chunks, span first. */
export class Cutter {
  #data = new Uint8Array(SPAN_SIZE + CHUNK_SIZE)
  #held = 0
  #empty = true

  /** Gives the last chunk, which is shorter; the empty one for an empty stream; or none. */
  rest (): Uint8Array | undefined {
    return this.#held > 0 || this.#empty ? this.#take() : undefined
  }

  /**
   * Takes a piece, and gives the chunks that it fills. The piece may change afterwards.
   *
   * @throws TypeError - if the piece is not bytes.
   */
  * cut (piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    if (!(piece instanceof Uint8Array)) throw new TypeError('a source of Uint8Array is split, and nothing else')
    for (let at = 0; at < piece.length;) {
      const take = Math.min(CHUNK_SIZE - this.#held, piece.length - at)
      this.#data.set(piece.subarray(at, at + take), SPAN_SIZE + this.#held)
      this.#held += take
      at += take
      if (this.#held === CHUNK_SIZE) yield this.#take()
    }
  }

  #take (): Uint8Array {
    const data = this.#held === CHUNK_SIZE ? this.#data : this.#data.slice(0, SPAN_SIZE + this.#held)
    encodeSpan(this.#held, data)
    this.#data = new Uint8Array(SPAN_SIZE + CHUNK_SIZE)
    this.#held = 0
    this.#empty = false
    return data
  }
}
