import { SeededRandom } from '@skep/sim'
import { expect, test } from 'vitest'
import { markOf, RecentIds, type Mark } from '../src/recent-ids.ts'

/** Distinct marks of one row. */
const inRow = (row: number, count: number): Mark[] => Array.from({ length: count }, (_, n) => ({ slot: row, one: n + 1, other: -n - 1 }))

test('of one row the last four are kept, and one that comes again counts from then on', () => {
  const recent = new RecentIds(64)
  const marks = inRow(5, 6)
  const kept = (): boolean[] => marks.map(mark => recent.has(mark))
  for (const mark of marks.slice(0, 4)) recent.add(mark)
  expect(kept()).toEqual([true, true, true, true, false, false])
  recent.add(marks[1]!)
  expect(kept()).toEqual([true, true, true, true, false, false])
  recent.add(marks[4]!)
  expect(kept()).toEqual([false, true, true, true, true, false])
  recent.add(marks[5]!)
  expect(kept()).toEqual([false, true, false, true, true, true])
})

test('one that is deleted is not there, the others are, and its place is used again', () => {
  const recent = new RecentIds(8)
  const marks = inRow(1, 5)
  recent.delete(marks[0]!)
  for (const mark of marks.slice(0, 4)) recent.add(mark)
  recent.delete(marks[2]!)
  recent.delete(marks[4]!)
  expect(marks.map(mark => recent.has(mark))).toEqual([true, true, false, true, false])
  recent.add(marks[2]!)
  expect(marks.map(mark => recent.has(mark))).toEqual([true, true, true, true, false])
})

test('as hashes come, hardly any of the last quarter is lost, and none is there that was not added (seed 1)', () => {
  const random = new SeededRandom(1)
  const recent = new RecentIds(8_192)
  const ids = Array.from({ length: 20_000 }, () => random.bytes(32))
  for (const id of ids) expect(recent.has(markOf(id))).toBe(false)
  let lost = 0
  for (const [n, id] of ids.entries()) {
    recent.add(markOf(id))
    if (n >= 2_048 && !recent.has(markOf(ids[n - 2_048]!))) lost++
  }
  // Of those after it four fall into its row: one in 53, where they fall as a Poisson process has it.
  expect(lost / (ids.length - 2_048)).toBeLessThan(0.025)
  expect(lost).toBeGreaterThan(0)
  for (let n = 0; n < 10_000; n++) expect(recent.has(markOf(random.bytes(32)))).toBe(false)
})

test('a mark is the same for the same bytes wherever they lie, and another for any other', () => {
  const random = new SeededRandom(2)
  const text = ({ slot, one, other }: Mark): string => `${slot} ${one} ${other}`
  const seen = new Set<string>()
  const id = random.bytes(32)
  for (let bit = 0; bit < 256; bit++) {
    const other = id.slice()
    other[bit >> 3]! ^= 1 << (bit & 7)
    const memory = new Uint8Array(64)
    memory.set(other, 7)
    expect(text(markOf(memory.subarray(7, 39)))).toBe(text(markOf(other)))
    seen.add(text(markOf(other)))
  }
  expect(seen.add(text(markOf(id))).size).toBe(257)
})
