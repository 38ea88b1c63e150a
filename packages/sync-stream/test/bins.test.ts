import { binsFor, formatBinKey, parseBinKey } from '@skep/sync-stream'
import { expect, test } from 'vitest'

const bins = (from: number): number[] => Array.from({ length: 17 - from }, (_, i) => from + i)

test.each([
  [0, 0, bins(0)],
  [3, 0, bins(0)],
  [0, 1, [0]],
  [1, 1, bins(1)],
  [2, 5, [2]],
  [5, 5, bins(5)],
  [40, 5, bins(5)],
  [15, 16, [15]],
  [16, 16, [16]],
  [17, 16, [16]],
  [20, 30, [16]],
  [30, 20, [16]]
])('of a peer at proximity order %i, with depth %i, these bins are taken', (po, depth, expected) => {
  expect(binsFor(po, depth)).toEqual(expected)
})

test.each([[0, '0'], [9, '9'], [10, 'a'], [16, 'g'], [35, 'z'], [36, '10'], [255, '73']])('bin %i has the key %s', (bin, key) => {
  expect(formatBinKey(bin)).toBe(key)
  expect(parseBinKey(key)).toBe(bin)
  expect(parseBinKey(key.toUpperCase())).toBe(bin)
})

test.each(['', '74', '-1', '+1', ' 1', '1 ', '1.5', '0x1', 'é', '1'.repeat(100)])('%j is no key of a bin', key => {
  expect(parseBinKey(key)).toBeUndefined()
})

test.each([-1, 256, 1.5, Number.NaN])('there is no bin %d', bin => {
  expect(() => formatBinKey(bin)).toThrow(RangeError)
})
