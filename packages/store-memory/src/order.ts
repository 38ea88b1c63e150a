/** One key and its value; never changed once it is in a table. */
export interface Entry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Entries in order of key, cut in blocks; the empty table has none. */
export type Table = readonly (readonly Entry[])[]

/** Entries per block: copying one for a write costs about what finding the place does. */
const BLOCK = 256

/** Compares two keys bytewise; a prefix comes first. */
export function compare (a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Finds where the first entry at or after `key` is, as block and offset; past the last entry when there is none. */
export function seek (table: Table, key: Uint8Array): [block: number, at: number] {
  let low = 0
  let high = table.length
  while (low < high) {
    const middle = (low + high) >> 1
    const block = table[middle]!
    if (compare(block[block.length - 1]!.key, key) < 0) low = middle + 1
    else high = middle
  }
  const block = table[low]
  return [low, block === undefined ? 0 : seekIn(block, key)]
}

function seekIn (block: readonly Entry[], key: Uint8Array): number {
  let low = 0
  let high = block.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(block[middle]!.key, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Puts one entry in `table`, which is changed; its blocks are replaced, so that a copy of the table stays as it was. */
export function insert (table: (readonly Entry[])[], entry: Entry): void {
  let [at, offset] = seek(table, entry.key)
  if (at === table.length) {
    if (at === 0) {
      table.push([entry])
      return
    }
    at--
    offset = table[at]!.length
  }
  const old = table[at]!
  const replaces = offset < old.length && compare(old[offset]!.key, entry.key) === 0
  const block = [...old.slice(0, offset), entry, ...old.slice(replaces ? offset + 1 : offset)]
  if (block.length <= BLOCK) table[at] = block
  else table.splice(at, 1, block.slice(0, BLOCK >> 1), block.slice(BLOCK >> 1))
}

/** Takes the entry of `key` out of `table`, which is changed as by {@link insert}. */
export function remove (table: (readonly Entry[])[], key: Uint8Array): void {
  const [at, offset] = seek(table, key)
  const old = table[at]
  if (old === undefined || compare(old[offset]!.key, key) !== 0) return
  if (old.length === 1) table.splice(at, 1)
  else table[at] = [...old.slice(0, offset), ...old.slice(offset + 1)]
}
