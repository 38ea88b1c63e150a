/** Pieces of each size that are kept for whoever needs one next. */
const KEPT = 16

/** Pieces of memory of a few sizes that are used again, as fresh memory costs several times what is done with it. */
export class Pieces {
  readonly #kept: ReadonlyMap<number, Uint8Array[]>

  /** @param sizes - pieces of other sizes are made and thrown away. */
  constructor (sizes: readonly number[]) {
    this.#kept = new Map(sizes.map(size => [size, []]))
  }

  /** Borrows a piece of just this size, whatever was in it before. */
  take (size: number): Uint8Array {
    return this.#kept.get(size)?.pop() ?? new Uint8Array(size)
  }

  /** Gives it back; nobody looks at it any more. */
  give (piece: Uint8Array): void {
    const others = this.#kept.get(piece.length)
    if (others !== undefined && others.length < KEPT) others.push(piece)
  }
}
