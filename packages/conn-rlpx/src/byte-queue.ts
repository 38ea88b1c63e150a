/** Pieces shorter than this are joined with their neighbours, so that what holds a piece costs no more than the piece. */
const SMALL = 512
/** Bytes of a buffer that short pieces are joined in. */
const JOINED = 4096

/** Bytes as they come in pieces, taken out by length. A long piece is never copied until it must be joined. */
export class ByteQueue {
  #pieces: Uint8Array[] = []
  #length = 0
  /** Where short pieces are joined, and how much of it is taken. */
  #joined = new Uint8Array(0)
  #used = 0

  get length (): number {
    return this.#length
  }

  push (piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#length += piece.length
    if (piece.length < SMALL) this.#join(piece)
    // A plain view: those of a Buffer cost more to make.
    else this.#pieces.push(new Uint8Array(piece.buffer, piece.byteOffset, piece.length))
  }

  /** Takes `n` bytes; `undefined` while there are fewer. A view where they lie in one piece. */
  take (n: number): Uint8Array | undefined {
    if (this.#length < n) return undefined
    const first = this.#pieces[0]
    if (first === undefined) return new Uint8Array(0)
    this.#length -= n
    if (first.length === n) return this.#pieces.shift()
    if (first.length > n) {
      this.#pieces[0] = first.subarray(n)
      return first.subarray(0, n)
    }
    const out = new Uint8Array(n)
    let at = 0
    let whole = 0
    while (at < n) {
      const piece = this.#pieces[whole]!
      const part = piece.length <= n - at ? piece : piece.subarray(0, n - at)
      out.set(part, at)
      at += part.length
      if (part.length === piece.length) whole++
      else this.#pieces[whole] = piece.subarray(part.length)
    }
    this.#pieces.splice(0, whole)
    return out
  }

  #join (piece: Uint8Array): void {
    if (this.#used + piece.length > this.#joined.length) {
      this.#joined = new Uint8Array(JOINED)
      this.#used = 0
    }
    const at = this.#used
    this.#joined.set(piece, at)
    this.#used += piece.length
    const last = this.#pieces.at(-1)
    // Whatever is left of it ends where this begins.
    const isNext = last?.buffer === this.#joined.buffer
    const joined = this.#joined.subarray(isNext ? last.byteOffset : at, this.#used)
    if (isNext) this.#pieces[this.#pieces.length - 1] = joined
    else this.#pieces.push(joined)
  }
}
