/** How many notes are kept before those that no question needs are thrown away. */
const MAX_NOTES = 4_096

/**
 * Remembers what was stored while a sink was being asked what it needs.
 *
 * The sink's answer may be older than a body that came meanwhile; such an item must not
 * be asked for again. Only what an open question can have missed is kept.
 */
export class StoredMeanwhile {
  #ticket = 0
  /** Questions that are open, oldest first. */
  readonly #open = new Set<number>()
  /** By space, the latest question that had been asked when the item was stored. */
  readonly #notes = new Map<string, Map<string, number>>()
  #size = 0

  begin (): number {
    this.#open.add(++this.#ticket)
    return this.#ticket
  }

  /** Whether the item was stored after the question was asked. */
  since (ticket: number, space: string, key: string): boolean {
    return this.#size > 0 && (this.#notes.get(space)?.get(key) ?? 0) >= ticket
  }

  note (space: string, key: string): void {
    if (this.#open.size === 0) return
    let notes = this.#notes.get(space)
    if (notes === undefined) this.#notes.set(space, notes = new Map())
    const before = notes.size
    notes.set(key, this.#ticket)
    this.#size += notes.size - before
    if (this.#size > MAX_NOTES) this.#prune()
  }

  end (ticket: number): void {
    this.#open.delete(ticket)
    if (this.#open.size > 0) return
    this.#notes.clear()
    this.#size = 0
  }

  #prune (): void {
    const [oldest = Infinity] = this.#open
    this.#size = 0
    for (const notes of this.#notes.values()) {
      for (const [key, ticket] of notes) if (ticket < oldest) notes.delete(key)
      this.#size += notes.size
    }
  }
}
