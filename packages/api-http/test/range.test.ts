import { describe, expect, test } from 'vitest'
import { parseRange } from '../src/range.ts'

describe('a Range header', () => {
  test.each([
    ['bytes=0-0', 10, { offset: 0, length: 1 }],
    ['bytes=2-5', 10, { offset: 2, length: 4 }],
    ['bytes=2-', 10, { offset: 2, length: 8 }],
    ['bytes=9-99', 10, { offset: 9, length: 1 }],
    ['bytes=-3', 10, { offset: 7, length: 3 }],
    ['bytes=-99', 10, { offset: 0, length: 10 }]
  ])('%s of %i bytes is a part', (header, size, part) => {
    expect(parseRange(header, size)).toEqual(part)
  })

  test.each([
    [undefined, 10], ['lines=1-2', 10], ['bytes=0-1,3-4', 10], ['bytes=0-', 0], ['bytes=-1', 0]
  ])('%s of %i bytes asks for the whole file', (header, size) => {
    expect(parseRange(header, size)).toBeUndefined()
  })

  test.each(['bytes=10-', 'bytes=5-2', 'bytes=-0', 'bytes=-', 'bytes=a-b', 'bytes=1', 'bytes=--1', 'bytes=0x1-2'])('%s of 10 bytes is refused', header => {
    expect(() => parseRange(header, 10)).toThrow(expect.objectContaining({ code: 'API_BAD_RANGE' }))
  })
})
