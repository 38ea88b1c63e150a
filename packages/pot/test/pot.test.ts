import { compareDistance, compareProximity, distanceBytes, fromHex, MutablePot, Pot, proximity, toHex } from '@skep/pot'
import { describe, expect, test } from 'vitest'

const keys = (...digits: string[]): Uint8Array[] => digits.map(fromHex)

describe('what cannot be compared is refused', () => {
  const [short, long] = [new Uint8Array(1), new Uint8Array(2)]

  test('keys of different length', () => {
    for (const [a, b] of [[short, long], [long, short]] as const) {
      expect(() => proximity(a, b)).toThrow(RangeError)
      expect(() => proximity(a, b, { max: 8 })).toThrow(RangeError)
      expect(() => compareProximity(a, a, b)).toThrow(RangeError)
      expect(() => compareDistance(a, a, b)).toThrow(RangeError)
      expect(() => compareDistance(a, b, b)).toThrow(RangeError)
      expect(() => distanceBytes(a, b)).toThrow('keys differ in length')
    }
  })

  test('bits that there cannot be', () => {
    for (const value of [-1, 0.5, NaN]) {
      expect(() => proximity(short, short, { from: value })).toThrow(RangeError)
      expect(() => proximity(short, short, { max: value })).toThrow(RangeError)
    }
    expect(proximity(short, short, { from: 100 })).toBe(8)
    expect(proximity(short, short, { max: 0 })).toBe(0)
  })

  test('a tree holds keys of one length', () => {
    const pot = new Pot<Uint8Array>().add(long)
    const ask: (() => unknown)[] = [
      () => pot.add(short), () => pot.remove(short), () => pot.get(short), () => pot.has(short), () => pot.nearest(short), () => pot.sizes(short),
      () => [...pot.eachNeighbour(short)], () => [...pot.eachBin(short)], () => pot.bin(short, 0), () => pot.within(short, 0), () => pot.union(new Pot<Uint8Array>().add(short))
    ]
    for (const each of ask) expect(each).toThrow(RangeError)
    expect(pot.size).toBe(1)
  })

  test('a value without a key', () => {
    expect(() => new Pot<string>().add('text')).toThrow(TypeError)
    expect(() => new Pot<{ overlay: number }>().add({ overlay: 3 })).toThrow(TypeError)
    expect(new Pot<string>({ key: text => new TextEncoder().encode(text) }).add('text').size).toBe(1)
  })

  test('a value put at another key than its own', () => {
    const [a, b] = keys('00', '01') as [Uint8Array, Uint8Array]
    const pot = Pot.from([a])
    expect(() => pot.swap(a, () => b)).toThrow(RangeError)
    expect(() => pot.swap(b, () => a)).toThrow(RangeError)
    expect(() => pot.swap(a, () => new Uint8Array(2))).toThrow(RangeError)
    expect(pot.toArray()).toEqual([a])
  })
})

describe('an empty tree', () => {
  const pot = new Pot<Uint8Array>()
  const target = fromHex('5a')

  test('has nothing, and no bins', () => {
    expect(pot.size).toBe(0)
    expect([pot.toArray(), [...pot.eachNeighbour(target)], [...pot.eachBin(target)], [...pot.eachFrom(0)], pot.nearest(target), pot.sizes(target)]).toEqual([[], [], [], [], [], []])
    expect(pot.get(target)).toBeUndefined()
    expect(pot.shape()).toBeUndefined()
    expect(pot.toString()).toBe('')
  })

  test('stays itself when nothing is taken from it or put in', () => {
    expect(pot.remove(target)).toBe(pot)
    expect(pot.swap(target, () => undefined)).toEqual({ pot, po: 0, found: false, changed: false })
    expect(pot.union(pot)).toBe(pot)
    expect(pot.difference(pot)).toBe(pot)
  })
})

describe('a tree', () => {
  test('replaces a value of the same key by the new one, and keeps it when it is the same', () => {
    const [old, young] = [{ overlay: fromHex('01') }, { overlay: fromHex('01') }]
    const pot = new Pot<{ overlay: Uint8Array }>().add(old)
    expect(pot.add(old)).toBe(pot)
    expect(pot.add(young).get(old.overlay)).toBe(young)
    expect(pot.get(old.overlay)).toBe(old)
  })

  test('takes keys that agree on the first bits for the same', () => {
    const pot = Pot.from(keys('ab00', 'ab01', 'aa00'), { max: 8 })
    expect(pot.toArray().map(toHex).sort()).toEqual(['aa00', 'ab01'])
    expect(pot.sizes(fromHex('abff'))).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1])
  })

  test('loses its root with no bin, one and many, until it is empty and can be filled again', () => {
    let pot = Pot.from(keys('00', '80', '40', '20', '10', '11'))
    for (const left of [5, 4, 3, 2, 1, 0]) {
      pot = pot.remove(pot.shape()!.pin)
      expect(pot.size).toBe(left)
      expect(new Set(pot.nearest(fromHex('00')).map(toHex)).size).toBe(left)
    }
    expect(pot.add(fromHex('ff')).size).toBe(1)
  })

  test('stops early at every position', () => {
    const pot = Pot.from(keys('00', '80', '40', '20', '10', '11'))
    const all = pot.nearest(fromHex('12')).map(toHex)
    expect(all).toEqual(['10', '11', '00', '20', '40', '80'])
    for (let n = 0; n <= 7; n++) {
      expect(pot.nearest(fromHex('12'), n).map(toHex)).toEqual(all.slice(0, n))
      let seen = 0
      for (const _ of pot.eachNeighbour(fromHex('12'))) if (++seen === n) break
      expect(seen).toBe(n === 0 ? 6 : Math.min(n, 6))
    }
  })

  test('prints as indented text', () => {
    expect(Pot.from(keys('00', '80', '81')).toString()).toBe('  00 (0) 3 \n      80 (0) 2 \n          81 (7) 1 \n\n\n')
  })

  test('may be iterated twice from one iterable', () => {
    const bins = Pot.from(keys('00', '80')).eachBin(fromHex('00'))
    expect([...bins].length).toBe(2)
    expect([...bins].length).toBe(2)
  })

  test('is as deep as its keys are long and no deeper', () => {
    const pot = new MutablePot<Uint8Array>()
    const base = new Uint8Array(32)
    pot.add(base)
    for (let bit = 0; bit < 256; bit++) pot.add(base.map((_, i) => i === bit >> 3 ? 0x80 >> (bit & 7) : 0))
    expect(pot.sizes(base)).toEqual(Array(257).fill(1))
    expect(pot.nearest(base).map(key => proximity(base, key))).toEqual(Array.from({ length: 257 }, (_, i) => 256 - i))
  })
})

test('comparing by proximity order tells bins apart and nothing finer', () => {
  const target = fromHex('00')
  const [a, b, c] = keys('40', '41', '80') as [Uint8Array, Uint8Array, Uint8Array]
  expect([compareProximity(target, a, b), compareProximity(target, a, c), compareProximity(target, c, a)]).toEqual([0, -1, 1])
  expect([compareDistance(target, a, b), compareDistance(target, b, a), compareDistance(target, a, a)]).toEqual([-1, 1, 0])
})
