import { Intervals, legacyKey, MAX_INDEX } from '@skep/intervals-store'
import { specVectors, vectors } from '@skep/vectors'
import { describe, expect, test } from 'vitest'

/** The set that the texts mean, by brute force over their ranges. */
function normalised (start: string, str: string): string {
  const result = new Intervals(BigInt(start))
  for (const [, a, b] of str.matchAll(/\[(\d+) (\d+)\]/g)) if (BigInt(a!) <= BigInt(b!)) result.add(BigInt(a!), BigInt(b!))
  return result.marshal()
}

/** The original's form of a gap: 0 is an open end. */
function gap (intervals: Intervals): [string, string] | null {
  const next = intervals.next()
  return next === undefined ? null : [String(next.from), String(next.to ?? 0n)]
}

function add (intervals: Intervals, from: string, to: string): void {
  if (BigInt(from) <= BigInt(to)) return intervals.add(BigInt(from), BigInt(to))
  const before = intervals.marshal()
  expect(() => intervals.add(BigInt(from), BigInt(to))).toThrow(RangeError)
  expect(intervals.marshal()).toBe(before)
}

const recorded = vectors('intervals')

describe.skipIf(recorded === undefined)('recorded intervals', () => {
  const cases: any[] = recorded?.cases ?? []

  test('adding gives what the original gives, or what is right where it is wrong', () => {
    for (const { start, steps } of cases.filter(c => c.kind === 'add')) {
      const intervals = new Intervals(BigInt(start))
      for (const step of steps) {
        if (step.add !== undefined) add(intervals, step.add[0], step.add[1])
        const wrong = step.originalIsWrong === true
        expect(intervals.marshal()).toBe(wrong ? step.correctBin : step.bin)
        expect(gap(intervals)).toEqual(wrong ? step.correctNext : step.next)
        expect(String(intervals.last())).toBe(wrong ? step.correctLast : step.last)
        expect(intervals.toString()).toBe(wrong ? step.correctStr : step.str)
      }
    }
  })

  test('merging gives what the original gives, or what is right where it is wrong', () => {
    const build = ({ start, adds }: any): Intervals => {
      const intervals = new Intervals(BigInt(start))
      for (const [from, to] of adds ?? []) add(intervals, from, to)
      return intervals
    }
    for (const { a, b, result } of cases.filter(c => c.kind === 'merge')) {
      const merged = build(a)
      merged.merge(build(b))
      const wrong = result.originalIsWrong === true
      expect(merged.marshal()).toBe(wrong ? result.correctBin : result.bin)
      expect(gap(merged)).toEqual(wrong ? result.correctNext : result.next)
      expect(merged.toString()).toBe(wrong ? result.correctStr : result.str)
    }
  })

  test('texts are read and normalised, or refused as the original refuses them', () => {
    for (const { bin, result, error } of cases.filter(c => c.kind === 'unmarshal')) {
      if (error !== undefined) {
        expect(() => Intervals.unmarshal(bin), bin).toThrow(expect.objectContaining({ code: 'INTERVALS_TEXT' }))
      } else {
        const start = BigInt(Intervals.unmarshal(result.bin.split(';')[0]).start)
        expect(Intervals.unmarshal(bin).marshal(), bin).toBe(normalised(String(start), result.str))
      }
    }
  })

  test('the legacy key is node id and stream with nothing between', () => {
    for (const { nodeID, name, key, live, storeKey } of cases.filter(c => c.kind === 'storeKey')) {
      expect(legacyKey(nodeID, name, key, live)).toBe(storeKey)
    }
  })
})

describe('the intervals recorded beside the specification', () => {
  const spec = specVectors('intervals')

  test('adding is right at each step', () => {
    for (const { start, emptyMarshal, steps } of spec.cases) {
      const intervals = new Intervals(BigInt(start))
      expect(intervals.marshal()).toBe(emptyMarshal)
      for (const step of steps) {
        add(intervals, step.add[0], step.add[1])
        expect(intervals.marshal()).toBe(step.correctMarshal)
        expect(gap(intervals)).toEqual(step.correctNext)
      }
    }
  })

  test('live is merged into history', () => {
    const history = Intervals.unmarshal(spec.merge.history)
    history.merge(Intervals.unmarshal(spec.merge.live))
    expect(history.marshal()).toBe(spec.merge.result)
  })

  test('texts are read or refused', () => {
    for (const { text, ok, remarshal } of spec.unmarshal) {
      if (ok !== true) expect(() => Intervals.unmarshal(text)).toThrow(expect.objectContaining({ code: 'INTERVALS_TEXT' }))
      // Two texts hold what no original writes: a range below the start, and an inverted one.
      else expect(Intervals.unmarshal(text).marshal()).toBe({ 'Z;1,2': 'z', '0;5,2;1,1': '0;1,1' }[text as string] ?? remarshal)
    }
  })
})

test('the largest index is 2^64 - 1', () => {
  const intervals = new Intervals()
  intervals.add(0n, MAX_INDEX)
  expect(intervals.next()).toBe(undefined)
  expect(() => intervals.add(0n, MAX_INDEX + 1n)).toThrow(RangeError)
  expect(() => intervals.add(-1n, 0n)).toThrow(RangeError)
})
