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
  /** The latest question that had been asked when the item was stored. */
  readonly #notes = new Map<string, number>()

  begin (): number {
    this.#open.add(++this.#ticket)
    return this.#ticket
  }

  /** Whether the item was stored after the question was asked. */
  since (ticket: number, space: string, key: string): boolean {
    return this.#notes.size > 0 && (this.#notes.get(key + space) ?? 0) >= ticket
  }

  note (space: string, key: string): void {
    if (this.#open.size > 0) this.#notes.set(key + space, this.#ticket)
    if (this.#notes.size > MAX_NOTES) this.#prune()
  }

  end (ticket: number): void {
    this.#open.delete(ticket)
    if (this.#open.size === 0) this.#notes.clear()
  }

  #prune (): void {
    const [oldest = Infinity] = this.#open
    for (const [key, ticket] of this.#notes) if (ticket < oldest) this.#notes.delete(key)
  }
}
