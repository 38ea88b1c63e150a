import type { Store } from '@skep/interface'
import { indexRange, numberOf } from './keys.ts'
import { PLACE_SIZE } from './records.ts'

/** Places in a page at most: what one change of a place has to write again. */
export const MAX_PLACES = 128

/** Pages read at first; each further reading takes at least twice as many as the one before. */
const FIRST = 2

/** Places that a page is taken to have before one was read: of what comes in a sync bins have a few dozen at a time. */
const LIKELY = 32

/** Pages read at once. */
const MOST = 64

/**
 * A page of places as it stands on disk, under the index of its last place.
 *
 * The place of an index is in the page with the lowest key that is not below it, or
 * nowhere: pages never overlap, but damage may leave one that says more than it holds.
 */
export interface PlacePage {
  readonly bin: number
  /** The index of its first place. After `last` where the page is damaged as a whole, so that it holds nothing. */
  readonly first: number
  readonly last: number
  readonly record: Uint8Array
}

/** Counts the places in the record of a page whose last index is `last`; none when it is damaged. */
export function countPlaces (record: Uint8Array, last: number): number {
  const count = record.length / PLACE_SIZE
  return Number.isInteger(count) && count <= last ? count : 0
}

/**
 * Looks at the places of a bin from index `from` to `to` (both included; to the end when
 * `undefined`), in order, until `visit` was satisfied `limit` times. It is told at which
 * byte of the page's record the place begins, which may be damaged; what has none is passed over.
 *
 * @returns the first index that was not looked at; `from` where there is nothing any more.
 */
export async function walkPlaces (
  store: Store, bin: number, from: number, to: number = Infinity, limit: number, visit: (index: number, page: PlacePage, at: number) => boolean
): Promise<number> {
  let next = from
  let wanted = limit
  for (let pages = Math.min(MOST, Math.max(FIRST, Math.ceil(limit / LIKELY))); wanted > 0 && next <= to;) {
    let read = 0
    let seen = 0
    for await (const [key, record] of store.range({ ...indexRange(bin, next), limit: pages })) {
      read++
      const last = numberOf(key)
      const count = countPlaces(record, last)
      const first = last - count + 1
      const page = { bin, first, last, record }
      seen += count
      next = Math.max(next, first)
      for (; next <= last && next <= to && wanted > 0; next++) if (visit(next, page, (next - first) * PLACE_SIZE)) wanted--
      if (next > to || wanted === 0) return next
    }
    if (read < pages) return next
    // As many as are left, where pages are as small as these: each was a single place once.
    const left = Math.min(wanted, to - next + 1)
    pages = Math.min(MOST, Math.max(2 * pages, Math.ceil(left * read / Math.max(seen, 1))))
  }
  return next
}

/** Looks at the places of a bin from the last one back, as long as `visit` says so; damaged pages are passed over. */
export async function walkPlacesBack (store: Store, bin: number, visit: (record: Uint8Array, at: number) => boolean): Promise<void> {
  let below: number | undefined
  for (let pages = 1; ; pages = Math.min(MOST, 2 * pages)) {
    let read = 0
    for await (const [key, record] of store.range({ ...indexRange(bin, 1, below), reverse: true, limit: pages })) {
      read++
      below = numberOf(key)
      for (let i = countPlaces(record, below) - 1; i >= 0; i--) if (!visit(record, i * PLACE_SIZE)) return
    }
    if (read < pages) return
  }
}

/** A place whose page is looked for, and that page where it was read already. */
export interface Wanted {
  readonly bin: number
  readonly index: number
  readonly page?: PlacePage | undefined
}

/** Finds for each place the page that holds it, the same for those of one page; `undefined` where none does, or it is damaged. */
export async function findPages (store: Store, places: readonly Wanted[]): Promise<(PlacePage | undefined)[]> {
  const found: (PlacePage | undefined)[] = places.map(() => undefined)
  const inOrder = places.map(({ bin, index, page }, i) => ({ bin, index, known: page, i })).sort((a, b) => a.bin - b.bin || a.index - b.index)
  let page: PlacePage | undefined
  for (const { bin, index, known, i } of inOrder) {
    // Another copy of the page may be known: all that changes must change in the same one.
    if (page?.bin !== bin || page.last < index) page = known ?? await readPage(store, bin, index)
    if (page.first <= index) found[i] = page
  }
  return found
}

/** Reads the page in which a place would be; behind the last one, a page that holds nothing. */
async function readPage (store: Store, bin: number, index: number): Promise<PlacePage> {
  for await (const [key, record] of store.range({ ...indexRange(bin, index), limit: 1 })) {
    const last = numberOf(key)
    return { bin, first: last - countPlaces(record, last) + 1, last, record }
  }
  return { bin, first: Infinity, last: Infinity, record: new Uint8Array() }
}
