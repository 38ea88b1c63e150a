/**
 * What a peer has of its streams, in the order it came.
 *
 * There are dozens of one, looked for once for a message and not once for an item: for so few a
 * table takes three times the room and saves next to nothing.
 */
export class Row<T extends { readonly pair: string }> {
  /** Made anew with every change, so that it has no room to spare. */
  #all: readonly T[] = []

  get size (): number {
    return this.#all.length
  }

  get (pair: string): T | undefined {
    for (const one of this.#all) if (one.pair === pair) return one
    return undefined
  }

  /** Adds one whose stream is not there yet. */
  add (one: T): void {
    this.#all = this.#all.concat(one)
  }

  /** Takes one out; harmless when it is not there. */
  delete (one: T): void {
    this.#all = this.#all.filter(other => other !== one)
  }

  [Symbol.iterator] (): Iterator<T> {
    return this.#all[Symbol.iterator]()
  }
}
