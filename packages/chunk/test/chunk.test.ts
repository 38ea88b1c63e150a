import { expect, test } from 'vitest'
import { chunkAddress, CHUNK_SIZE, EMPTY_ADDRESS, encodeSpan, isValidChunk, kindOf, makeChunk, MAX_CHUNK_DATA, readSpan } from '@skep/chunk'
import { hex, pattern } from './pattern.ts'

test('the empty chunk has the address that the specification gives', () => {
  expect(hex(EMPTY_ADDRESS)).toBe('b34ca8c22b9e982354f9c7f50b470d66db428d880c8a904d5fe4ec9713171526')
  expect(makeChunk(new Uint8Array(0))).toEqual({ address: EMPTY_ADDRESS, data: new Uint8Array(8) })
})

test('a chunk keeps its own copy of the payload', () => {
  const payload = pattern(100, 1)
  const chunk = makeChunk(payload)
  payload[0]! ^= 1
  expect(isValidChunk(chunk.address, chunk.data)).toBe(true)
})

test('trailing zeros of the payload change nothing but the span', () => {
  const short = makeChunk(Uint8Array.of(1, 2, 3), 3)
  const long = makeChunk(Uint8Array.of(1, 2, 3, 0, 0), 3)
  expect(long.address).toEqual(short.address)
  expect(makeChunk(Uint8Array.of(1, 2, 3, 0, 0)).address).not.toEqual(short.address)
})

test('any flipped bit makes a chunk invalid, in the address too', () => {
  const { address, data } = makeChunk(pattern(200, 3))
  for (let bit = 0; bit < data.length * 8; bit++) {
    data[bit >> 3]! ^= 1 << (bit & 7)
    expect(isValidChunk(address, data)).toBe(false)
    data[bit >> 3]! ^= 1 << (bit & 7)
  }
  for (let bit = 0; bit < 256; bit++) {
    const other = Uint8Array.from(address)
    other[bit >> 3]! ^= 1 << (bit & 7)
    expect(isValidChunk(other, data)).toBe(false)
  }
  expect(isValidChunk(address, data)).toBe(true)
  expect(kindOf(address, data)).toBe('content')
})

test('what no chunk can be for its length is invalid, and no mistake of the caller', () => {
  for (const length of [0, 7, MAX_CHUNK_DATA + 1, 100_000]) {
    expect(isValidChunk(EMPTY_ADDRESS, new Uint8Array(length))).toBe(false)
    expect(kindOf(EMPTY_ADDRESS, new Uint8Array(length))).toBeUndefined()
    expect(() => chunkAddress(new Uint8Array(length))).toThrow(RangeError)
  }
  const { data, address } = makeChunk(new Uint8Array(CHUNK_SIZE))
  expect(data.length).toBe(MAX_CHUNK_DATA)
  expect(isValidChunk(address.subarray(0, 31), data)).toBe(false)
  expect(isValidChunk(new Uint8Array(0), data)).toBe(false)
})

test('a payload one byte too long, and a span that is none, are refused', () => {
  expect(makeChunk(new Uint8Array(CHUNK_SIZE)).data.length).toBe(MAX_CHUNK_DATA)
  expect(() => makeChunk(new Uint8Array(CHUNK_SIZE + 1))).toThrow(RangeError)
  for (const span of [-1, 1.5, NaN, 2 ** 53, -1n, 1n << 64n]) expect(() => makeChunk(new Uint8Array(1), span)).toThrow(RangeError)
})

test('a span is read up to the largest safe integer', () => {
  for (const span of [0, 1, 4096, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) expect(readSpan(encodeSpan(span))).toBe(span)
  expect(readSpan(encodeSpan(1n << 53n))).toBeUndefined()
  expect(readSpan(encodeSpan((1n << 64n) - 1n))).toBeUndefined()
  expect(readSpan(new Uint8Array(7))).toBeUndefined()
  // A view somewhere in a larger buffer.
  expect(readSpan(Uint8Array.of(9, ...encodeSpan(77), 9).subarray(1))).toBe(77)
})
