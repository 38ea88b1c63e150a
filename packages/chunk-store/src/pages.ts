import type { IndexEntry } from './store.ts'

/** Full pages of listed places that are kept: what nine peers ask for who come one after the other. */
const PAGES = 16

/**
 * Keeps what was listed last, for the next peer who asks for the same.
 *
 * Only full pages are kept. What comes is put behind them, so nothing but a change of a
 * place makes one untrue; whoever changes places says so.
 */
export class Pages {
  #pages = new Map<string, Promise<IndexEntry[]>>()

  /** Gives the next `limit` places of a bin from `from` on, as `list` reads them; fewer only where it ran against the end itself. */
  async read (bin: number, from: number, limit: number, list: () => Promise<IndexEntry[]>): Promise<IndexEntry[]> {
    const key = `${bin} ${from} ${limit}`
    const kept = this.#pages.get(key)
    if (kept !== undefined) {
      const page = await kept.catch(() => [])
      // A page that is not full may have been listed before the last ones came.
      if (page.length === limit) return page
    }
    const page = list()
    this.#pages.set(key, page)
    const [oldest] = this.#pages.keys()
    if (this.#pages.size > PAGES) this.#pages.delete(oldest!)
    let isFull = false
    try {
      const found = await page
      isFull = found.length === limit
      return found
    } finally {
      if (!isFull && this.#pages.get(key) === page) this.#pages.delete(key)
    }
  }

  /** Places have changed: nothing that was listed before, or is just being listed, is kept. */
  clear (): void {
    this.#pages.clear()
  }
}
