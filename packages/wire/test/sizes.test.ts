import { bytes, decode, encode, list, sizeOfList, sizeOfString } from '@skep/wire'
import { expect, test } from 'vitest'

const octets = bytes()

/** The header of a string or list of `length` bytes, digit by digit. */
function header (kind: number, length: number): number[] {
  if (length <= 55) return [kind + length]
  const digits = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return [kind + 55 + digits.length, ...digits]
}

test('a header of any length is as long as it says, and reads as it was written', () => {
  for (const length of [2, 55, 56, 57, 255, 256, 257, 4_104, 65_535, 65_536, 65_537, 0xff_ffff, 0x100_0000]) {
    const value = new Uint8Array(length).fill(200)
    const wire = encode(octets, value)
    const expected = header(0x80, length)
    expect([...wire.subarray(0, expected.length)], `${length}`).toEqual(expected)
    expect([wire.length, sizeOfString(value), sizeOfList(length)]).toEqual(Array.from({ length: 3 }, () => expected.length + length))
    expect(decode(octets, wire).length).toBe(length)
    const wrapped = encode(list(octets, 1), [value])
    expect([...wrapped.subarray(0, expected.length + 1)].slice(0, header(0xc0, wire.length).length)).toEqual(header(0xc0, wire.length))
  }
})
