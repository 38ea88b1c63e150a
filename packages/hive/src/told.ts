/**
 * What a peer has been told or has told us, so that nothing is said twice.
 *
 * Bounded: the entry that was used longest ago is forgotten first. An address that comes
 * back with another underlay is news.
 */
export class Told {
  readonly #limit: number
  readonly #entries = new Map<string, string>()

  constructor (limit: number) {
    this.#limit = limit
  }

  get size (): number {
    return this.#entries.size
  }

  /** Whether the peer knows `overlay` at this very `underlay`. */
  has (overlay: string, underlay: string): boolean {
    return this.#entries.get(overlay) === underlay
  }

  add (overlay: string, underlay: string): void {
    this.#entries.delete(overlay)
    this.#entries.set(overlay, underlay)
    if (this.#entries.size > this.#limit) {
      const [oldest] = this.#entries.keys()
      this.#entries.delete(oldest!)
    }
  }
}
