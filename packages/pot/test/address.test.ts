import { binTargets, distance, flipBit, fromBinary, fromHex, hasPrefix, isAddress, prefixOf, proximity, randomAddressAt, toBinary, toHex } from '@skep/pot'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const bytes = fc.uint8Array({ maxLength: 40 })

describe('hexadecimal digits', () => {
  test('there and back', () => {
    fc.assert(fc.property(bytes, value => {
      expect(toHex(value)).toBe(Buffer.from(value).toString('hex'))
      expect(fromHex(toHex(value))).toEqual(value)
      expect(fromHex(toHex(value).toUpperCase())).toEqual(value)
    }))
  })

  test.each(['0', '0x00', 'zz', '00 ', '0g', '-1', '1e+1'])('%j is refused', text => {
    expect(() => fromHex(text)).toThrow(RangeError)
  })
})

describe('binary digits', () => {
  test('there and back', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), value => {
      expect(BigInt(`0b${toBinary(value)}`)).toBe(BigInt(`0x${toHex(value)}`))
      expect(fromBinary(toBinary(value), value.length)).toEqual(value)
    }))
  })

  test('are filled up on the right, to an address unless told otherwise', () => {
    expect(toHex(fromBinary('1'))).toBe(`80${'00'.repeat(31)}`)
    expect(toHex(fromBinary('000000011', 2))).toBe('0180')
    expect(toHex(fromBinary('', 1))).toBe('00')
  })

  test.each([['2', 1], ['0b1', 1], ['111111111', 1]])('%j does not fit in %i byte', (digits, length) => {
    expect(() => fromBinary(digits, length)).toThrow(RangeError)
  })
})

describe('addresses', () => {
  test('are 32 bytes', () => {
    expect(isAddress(new Uint8Array(32))).toBe(true)
    for (const other of [new Uint8Array(31), new Uint8Array(33), Array(32).fill(0), 'a'.repeat(32), undefined]) expect(isAddress(other)).toBe(false)
  })

  test('at random have exactly the proximity order they were asked for', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 32 }), fc.nat(256), fc.infiniteStream(fc.nat(255)), (base, at, random) => {
      const po = at % (base.length * 8 + 1)
      const source = { bytes: (n: number) => Uint8Array.from({ length: n }, () => random.next().value as number) }
      const made = randomAddressAt(source, base, po)
      expect(proximity(base, made)).toBe(po)
      expect(made).not.toBe(base)
    }))
  })

  test('take every bit behind the fork from the source', () => {
    const ones = { bytes: (n: number) => new Uint8Array(n).fill(255) }
    const zeros = { bytes: (n: number) => new Uint8Array(n) }
    expect(toBinary(randomAddressAt(ones, new Uint8Array(2), 3))).toBe('0001111111111111')
    expect(toBinary(randomAddressAt(zeros, new Uint8Array(2).fill(255), 3))).toBe('1110000000000000')
    expect(toBinary(randomAddressAt(ones, new Uint8Array(2), 8))).toBe('0000000011111111')
  })

  test.each([-1, 17, 1.5, NaN])('there is no proximity order %d of two bytes', po => {
    expect(() => randomAddressAt({ bytes: n => new Uint8Array(n) }, new Uint8Array(2), po)).toThrow(RangeError)
  })
})

describe('prefixes', () => {
  test('keep so many bits and clear the rest', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 5 }), fc.nat(48), (key, bits) => {
      const digits = toBinary(key)
      expect(toBinary(prefixOf(key, bits))).toBe(digits.slice(0, bits).padEnd(digits.length, '0'))
    }))
  })

  test('are had by keys that share them', () => {
    fc.assert(fc.property(fc.constantFrom(0, 1, 0x80, 0xf0, 0xff), fc.constantFrom(0, 1, 0x81, 0xf8, 0xff), fc.nat(16), (a, b, bits) => {
      const [one, other] = [Uint8Array.of(0xaa, a), Uint8Array.of(0xaa, b)]
      expect(hasPrefix(one, other, bits)).toBe(proximity(one, other) >= bits)
    }))
  })

  test('flipping a bit gives a key of that proximity order, and flipping it again the key', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(31), (key, bit) => {
      const flipped = flipBit(key, bit)
      expect(proximity(key, flipped)).toBe(bit)
      expect(distance(key, flipped)).toBe(1n << BigInt(31 - bit))
      expect(flipBit(flipped, bit)).toEqual(key)
    }))
    for (const bit of [-1, 32, 0.5]) expect(() => flipBit(new Uint8Array(4), bit)).toThrow(RangeError)
  })

  test('there is one target for each bin', () => {
    const base = fromHex('a5c3')
    expect(Array.from(binTargets(base), target => proximity(base, target))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    expect(Array.from(binTargets(base, 3), toHex)).toEqual(['25c3', 'e5c3', '85c3'])
  })
})
