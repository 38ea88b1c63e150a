/** Names in one generation of those known to be absent. */
const REMEMBERED = 4_096

/**
 * Remembers which addresses were found to be absent, so that a put that follows need not
 * look again.
 *
 * That holds because nobody else writes: what is added here is forgotten here, also by a
 * look-up that is still under way.
 */
export class Absent {
  #younger = new Set<string>()
  #older = new Set<string>()
  readonly #looking = new Set<Set<string>>()

  has (name: string): boolean {
    return this.#younger.has(name) || this.#older.has(name)
  }

  /** Runs a look-up of `names`; those it says are not here are remembered. */
  async look (names: readonly string[], lookUp: () => Promise<boolean[]>): Promise<boolean[]> {
    const open = new Set(names)
    this.#looking.add(open)
    try {
      const here = await lookUp()
      for (const [i, name] of names.entries()) if (!here[i]! && open.has(name)) this.#remember(name)
      return here
    } finally {
      this.#looking.delete(open)
    }
  }

  /** These are here now. */
  added (name: string): void {
    this.#younger.delete(name)
    this.#older.delete(name)
    for (const open of this.#looking) open.delete(name)
  }

  /** Nothing is certain any more. */
  clear (): void {
    this.#younger.clear()
    this.#older.clear()
    for (const open of this.#looking) open.clear()
  }

  #remember (name: string): void {
    if (this.#younger.size >= REMEMBERED) {
      this.#older = this.#younger
      this.#younger = new Set()
    }
    this.#younger.add(name)
  }
}
