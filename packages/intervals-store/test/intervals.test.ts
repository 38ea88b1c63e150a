import { Intervals, MAX_INDEX } from '@skep/intervals-store'
import { describe, expect, test } from 'vitest'

/** A small generator of its own, so that this package needs no other for its tests. */
function generator (seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 2 ** 32 * below)
  }
}

describe('intervals against a set of integers', () => {
  for (const [name, base] of [['0', 0n], ['2^32', 2n ** 32n - 20n], ['2^53', 2n ** 53n - 20n], ['the end', MAX_INDEX - 39n]] as const) {
    test(`add, subtract, gaps and covers agree around ${name}`, () => {
      for (let seed = 0; seed < 300; seed++) {
        const pick = generator(seed)
        const start = base + BigInt(pick(10))
        const intervals = new Intervals(start)
        const set = new Set<bigint>()
        for (let step = 0; step < 12; step++) {
          const a = BigInt(pick(40))
          const b = a + BigInt(pick(40 - Number(a)))
          const taken = pick(3) === 0
          if (taken) intervals.subtract(base + a, base + b)
          else intervals.add(base + a, base + b)
          for (let i = base + a; i <= base + b; i++) {
            if (taken) set.delete(i)
            else if (i >= start) set.add(i)
          }
          const covered = [...intervals].flatMap(([from, to]) => Array.from({ length: Number(to - from) + 1 }, (_, i) => from + BigInt(i)))
          expect(covered, `seed ${seed}`).toEqual([...set].sort((x, y) => x < y ? -1 : 1))
          for (const [[, to], [from]] of pairs([...intervals])) expect(from > to + 1n, `seed ${seed}: touching`).toBe(true)
          const missing = intervals.gaps(start, base + 39n).flatMap(([from, to]) => Array.from({ length: Number(to - from) + 1 }, (_, i) => from + BigInt(i)))
          expect(new Set([...missing, ...covered]).size, `seed ${seed}`).toBe(Number(base + 39n - start) + 1)
          expect(missing.some(i => set.has(i))).toBe(false)
          expect(intervals.covers(base + a, base + b)).toBe(every(base + a, base + b, i => set.has(i)))
          expect(Intervals.unmarshal(intervals.marshal()).equals(intervals)).toBe(true)
        }
      }
    })
  }
})

test('a copy changes on its own', () => {
  const one = Intervals.of([[1, 2]])
  const two = one.clone()
  two.add(3, 9)
  expect([one.toString(), two.toString()]).toEqual(['[[1 2]]', '[[1 9]]'])
  expect(one.equals(two)).toBe(false)
})

test('the gap after an index is found in the middle', () => {
  const intervals = Intervals.of([[0, 9], [20, 29]])
  expect(intervals.next(5)).toEqual({ from: 10n, to: 19n })
  expect(intervals.next(15)).toEqual({ from: 15n, to: 19n })
  expect(intervals.next(25)).toEqual({ from: 30n, to: undefined })
})

function pairs<T> (items: T[]): [T, T][] {
  return items.slice(1).map((item, i) => [items[i]!, item])
}

function every (from: bigint, to: bigint, holds: (i: bigint) => boolean): boolean {
  for (let i = from; i <= to; i++) if (!holds(i)) return false
  return true
}
