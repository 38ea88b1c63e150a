import { BINS } from './counters.ts'
import type { IndexEntry } from './store.ts'

/** Places of each bin that are kept: more than come while an offer is gathered. */
const KEPT = 256

/** The places of one bin that were filled last, without a hole, oldest first. */
interface Tail {
  entries: IndexEntry[]
  /** Where the first of those that count stands; the array is cut now and then, not at every place. */
  head: number
}

/**
 * Keeps the last places of each bin, as they were written.
 *
 * Whoever follows a bin asks for what has just come, and for the same as everybody else who does.
 */
export class Tails {
  readonly #tails: readonly Tail[] = Array.from({ length: BINS }, () => ({ entries: [], head: 0 }))

  /** A place was filled, the next of its bin. */
  add (bin: number, entry: IndexEntry): void {
    const tail = this.#tails[bin]!
    tail.entries.push(entry)
    if (tail.entries.length - tail.head > KEPT) tail.head++
    if (tail.head === KEPT) {
      tail.entries = tail.entries.slice(KEPT)
      tail.head = 0
    }
  }

  /** The places of a bin from `from` to `to`, at most `limit`; `undefined` if some of them may not be kept. */
  read (bin: number, from: number, to: number, limit: number): IndexEntry[] | undefined {
    const { entries, head } = this.#tails[bin]!
    const first = entries[head]?.index
    if (first === undefined || from < first) return undefined
    const at = head + from - first
    return entries.slice(at, at + Math.min(limit, to - from + 1))
  }

  /** Places have changed. */
  clear (): void {
    for (const tail of this.#tails) {
      tail.entries = []
      tail.head = 0
    }
  }
}
