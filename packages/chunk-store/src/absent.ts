/** Names in one generation of those known to be absent. */
const REMEMBERED = 4_096

/** A look-up under way: what it asks about, by name, as long as the answer will be sure; and the answer. */
interface Look {
  readonly open: Map<string, number>
  readonly here: Promise<boolean[]>
}

/**
 * Remembers which addresses were found to be absent, so that a put that follows need not
 * look again, and neither need the next who asks.
 *
 * That holds because nobody else writes: what is added here is forgotten here, also by a
 * look-up that is still under way.
 */
export class Absent {
  #younger = new Set<string>()
  #older = new Set<string>()
  readonly #looking = new Set<Look>()

  has (name: string): boolean {
    return this.#younger.has(name) || this.#older.has(name)
  }

  /**
   * Says which of `names` are here. Runs `lookUp` for those (by their place in `names`) that
   * are not known to be absent, unless the same is being looked up already; those it says
   * are not here are remembered.
   */
  async look (names: readonly string[], lookUp: (unsure: readonly number[]) => Promise<boolean[]>): Promise<boolean[]> {
    const unsure: number[] = []
    for (let i = 0; i < names.length; i++) if (!this.has(names[i]!)) unsure.push(i)
    const here = names.map(() => false)
    if (unsure.length === 0) return here
    for (const look of this.#looking) {
      const at = unsure.map(i => look.open.get(names[i]!))
      if (at.includes(undefined)) continue
      const answer = await look.here
      for (let n = 0; n < unsure.length; n++) here[unsure[n]!] = answer[at[n]!]!
      return here
    }
    const open = new Map<string, number>()
    for (let n = 0; n < unsure.length; n++) open.set(names[unsure[n]!]!, n)
    const look: Look = { open, here: lookUp(unsure) }
    this.#looking.add(look)
    try {
      const answer = await look.here
      for (let n = 0; n < unsure.length; n++) {
        const i = unsure[n]!
        const name = names[i]!
        if (answer[n]!) here[i] = true
        else if (look.open.has(name)) this.#remember(name)
      }
      return here
    } finally {
      this.#looking.delete(look)
    }
  }

  /** These are here now. */
  added (name: string): void {
    this.#younger.delete(name)
    this.#older.delete(name)
    for (const { open } of this.#looking) open.delete(name)
  }

  /** Some were taken away: nobody else may rely on what is being looked up. */
  removed (): void {
    for (const { open } of this.#looking) open.clear()
  }

  /** Nothing is certain any more. */
  clear (): void {
    this.#younger.clear()
    this.#older.clear()
    this.removed()
  }

  #remember (name: string): void {
    if (this.#younger.size >= REMEMBERED) {
      this.#older = this.#younger
      this.#younger = new Set()
    }
    this.#younger.add(name)
  }
}
