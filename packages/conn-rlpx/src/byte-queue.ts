/** Bytes as they come in pieces, taken out by length. A piece is never copied until it must be joined. */
export class ByteQueue {
  #pieces: Uint8Array[] = []
  #length = 0

  get length (): number {
    return this.#length
  }

  push (piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#length += piece.length
  }

  /** Takes `n` bytes; `undefined` while there are fewer. A view where they lie in one piece. */
  take (n: number): Uint8Array | undefined {
    if (this.#length < n) return undefined
    const first = this.#pieces[0]
    if (first === undefined) return new Uint8Array(0)
    this.#length -= n
    if (first.length >= n) {
      if (first.length === n) this.#pieces.shift()
      else this.#pieces[0] = first.subarray(n)
      return first.subarray(0, n)
    }
    const out = new Uint8Array(n)
    let at = 0
    let whole = 0
    while (at < n) {
      const piece = this.#pieces[whole]!
      const part = piece.subarray(0, n - at)
      out.set(part, at)
      at += part.length
      if (part.length === piece.length) whole++
      else this.#pieces[whole] = piece.subarray(part.length)
    }
    this.#pieces.splice(0, whole)
    return out
  }

  /** Puts back what was taken last. */
  unshift (piece: Uint8Array): void {
    this.#pieces.unshift(piece)
    this.#length += piece.length
  }
}
