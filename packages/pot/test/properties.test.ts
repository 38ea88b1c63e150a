import { compareDistance, compareProximity, distance, distanceBytes, MutablePot, Pot, proximity, toHex } from '@skep/pot'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faults, NaivePot, slowProximity, type Item } from './naive.ts'

/** Keys that often share long prefixes, so that trees are deep and keys meet again. */
const short: fc.Arbitrary<Uint8Array> = fc.array(fc.constantFrom(0, 0, 1, 0x80, 0xff, 0x5a, 4), { minLength: 3, maxLength: 3 }).map(bytes => Uint8Array.from(bytes))

/** A kind of key: so many bytes that all have in common come first, and so many bits make keys the same. */
const kinds = fc.record({ common: fc.constantFrom(0, 0, 2, 4, 5), max: fc.constantFrom(24, 256, 13, 8) })
  .map(({ common, max }) => ({ max: max + common * 8, key: (bytes: Uint8Array): Uint8Array => Uint8Array.of(...Array<number>(common).fill(0xa5), ...bytes) }))
const step = fc.record({ op: fc.constantFrom('add', 'add', 'add', 'remove', 'keep', 'snapshot'), bytes: short })
const keys = fc.array(short, { maxLength: 40 })

const tags = (items: Iterable<Item>): number[] => Array.from(items, ({ tag }) => tag)
const sorted = (numbers: number[]): number[] => numbers.sort((a, b) => a - b)

/** Compares all that can be asked of a tree with the array. */
function agrees (pot: Pot<Item> | MutablePot<Item>, naive: NaivePot, target: Uint8Array, from: number = 5): void {
  expect(pot.size).toBe(naive.items.length)
  expect(sorted(tags(pot))).toEqual(sorted(tags(naive.items)))
  expect(pot.get(target)).toBe(naive.find(target))
  expect(pot.has(target)).toBe(naive.find(target) !== undefined)
  expect(tags(pot.nearest(target))).toEqual(tags(naive.nearest(target)))
  expect(tags(pot.nearest(target, 3))).toEqual(tags(naive.nearest(target)).slice(0, 3))
  const bins = naive.bins(target)
  expect(Array.from(pot.eachBin(target), bin => [bin.po, bin.size, sorted(tags(bin))])).toEqual(Array.from(bins, ([po, list]) => [po, list.length, list]))
  expect(Array.from(pot.eachBin(target, from), ({ po }) => po)).toEqual([...bins.keys()].filter(po => po >= from))
  for (const po of [0, from, ...bins.keys()]) {
    expect(sorted(tags(pot.bin(target, po)))).toEqual(bins.get(po) ?? [])
    expect(sorted(tags(pot.within(target, po)))).toEqual(sorted([...bins].flatMap(([order, list]) => order >= po ? list : [])))
  }
  const sizes = pot.sizes(target)
  expect(sizes.length).toBe(bins.size === 0 ? 0 : Math.max(...bins.keys()) + 1)
  for (const [po, size] of sizes.entries()) expect(size).toBe(bins.get(po)?.length ?? 0)
  const neighbours = [...pot.eachNeighbour(target)]
  expect(neighbours.map(([, po]) => po)).toEqual([...bins].reverse().flatMap(([po, list]) => list.map(() => po)))
  for (const [{ overlay }, po] of neighbours) expect(po).toBe(slowProximity(overlay, target, naive.max))
  const shape = pot.shape()
  if (shape === undefined) return
  expect(faults(shape, naive.max)).toEqual([])
  const near = naive.items.filter(item => item === shape.pin || slowProximity(item.overlay, shape.pin.overlay, naive.max) >= from)
  expect(sorted(tags(pot.eachFrom(from)))).toEqual(sorted(tags(near)))
}

describe('a tree is a sorted array, only faster', () => {
  test('after any sequence of changes, for every question', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), kinds, short, fc.nat(64), (steps, { key: make, max }, bytes, from) => {
      const target = make(bytes)
      let pot = new Pot<Item>({ max })
      let naive = new NaivePot([], max)
      const mutable = new MutablePot<Item>({ max })
      const old: [Pot<Item>, NaivePot][] = []
      for (const [tag, { op, bytes }] of steps.entries()) {
        const key = make(bytes)
        const item = { overlay: key, tag }
        const there = naive.find(key)
        if (op === 'add') {
          pot = pot.add(item)
          expect(mutable.add(item)).toBe(there === undefined)
          naive = naive.with(item)
        } else if (op === 'remove') {
          const after = pot.remove(key)
          if (there === undefined) expect(after).toBe(pot)
          pot = after
          expect(mutable.remove(key)).toBe(there !== undefined)
          naive = naive.without(key)
        } else if (op === 'keep') {
          const { pot: after, found, changed } = pot.swap(key, old => old ?? item)
          expect([found, changed]).toEqual([there !== undefined, there === undefined])
          pot = after
          mutable.swap(key, old => old ?? item)
          naive = there === undefined ? naive.with(item) : naive
        } else {
          old.push([new Pot(mutable), naive], [pot, naive])
        }
      }
      agrees(pot, naive, target, from)
      expect(mutable.shape()).toEqual(pot.shape())
      for (const [snapshot, then] of old) agrees(snapshot, then, target)
    }))
  })

  test('a mutable tree made from a snapshot leaves the snapshot alone', () => {
    fc.assert(fc.property(keys, keys, kinds, short, (first, second, { key, max }, bytes) => {
      const target = key(bytes)
      const items = first.map((bytes, tag) => ({ overlay: key(bytes), tag }))
      const pot = Pot.from(items, { max })
      const naive = items.reduce((set, item) => set.with(item), new NaivePot([], max))
      const mutable = new MutablePot(pot)
      for (const [i, bytes] of second.entries()) {
        const overlay = key(bytes)
        if (i % 2 === 0) mutable.add({ overlay, tag: 1_000 + i })
        else mutable.remove(overlay)
      }
      agrees(pot, naive, target)
    }))
  })

  test('an iterator goes on over what there was when it was made', () => {
    fc.assert(fc.property(keys, keys, short, fc.nat(5), (first, second, target, taken) => {
      const pot = new MutablePot<Item>()
      for (const [tag, overlay] of first.entries()) pot.add({ overlay, tag })
      const before = [tags(pot), tags(pot.nearest(target)), Array.from(pot.eachNeighbour(target), ([{ tag }]) => tag), Array.from(pot.eachBin(target), tags), tags(pot.eachFrom(2))]
      const open = [pot[Symbol.iterator](), undefined, pot.eachNeighbour(target), pot.eachBin(target), pot.eachFrom(2)] as const
      const seen: number[] = []
      for (let i = 0; i < taken; i++) {
        const { done, value } = open[0].next()
        if (done !== true) seen.push(value.tag)
      }
      for (const [i, overlay] of second.entries()) {
        if (i % 3 === 0) pot.remove(overlay)
        else pot.add({ overlay, tag: 1_000 + i })
      }
      for (let next = open[0].next(); next.done !== true; next = open[0].next()) seen.push(next.value.tag)
      expect([seen, before[1], Array.from(open[2], ([{ tag }]) => tag), Array.from(open[3], tags), tags(open[4])]).toEqual(before)
    }))
  })
})

describe('set operations', () => {
  test('are those of arrays, keep the left side\'s values, and leave both sides alone', () => {
    fc.assert(fc.property(keys, keys, kinds, short, (first, second, { key, max }, bytes) => {
      const target = key(bytes)
      const left = first.reduce((set, bytes, tag) => set.with({ overlay: key(bytes), tag }), new NaivePot([], max))
      const right = second.reduce((set, bytes, tag) => set.with({ overlay: key(bytes), tag: 1_000 + tag }), new NaivePot([], max))
      const [a, b] = [Pot.from(left.items, { max }), Pot.from(right.items, { max })]
      agrees(a.union(b), new NaivePot([...left.items, ...right.items.filter(({ overlay }) => left.find(overlay) === undefined)], max), target)
      agrees(a.intersection(b), new NaivePot(left.items.filter(({ overlay }) => right.find(overlay) !== undefined), max), target)
      agrees(a.difference(b), new NaivePot(left.items.filter(({ overlay }) => right.find(overlay) === undefined), max), target)
      agrees(a, left, target)
      agrees(b, right, target)
    }))
  })

  test('give the tree itself where nothing comes of them', () => {
    fc.assert(fc.property(keys, list => {
      const pot = Pot.from(list)
      const empty = new Pot<Uint8Array>()
      expect(pot.union(empty)).toBe(pot)
      expect(pot.union(pot)).toBe(pot)
      expect(pot.intersection(pot)).toBe(pot)
      expect(pot.difference(empty)).toBe(pot)
      expect(pot.difference(pot).size).toBe(0)
      expect(pot.intersection(empty).size).toBe(0)
      expect(empty.union(pot).size).toBe(pot.size)
      expect(pot.union(Pot.from(list.slice(3)))).toBe(pot)
      expect(pot.intersection(Pot.from(list.map((key): Uint8Array => key.slice())))).toBe(pot)
    }))
  })
})

describe('proximity and distance', () => {
  test('agree with binary digits and with big integers', () => {
    fc.assert(fc.property(short, short, short, fc.nat(24), fc.nat(30), (a, b, c, from, max) => {
      expect(proximity(a, b)).toBe(slowProximity(a, b))
      expect(proximity(a, b, { max })).toBe(slowProximity(a, b, max))
      const agreeing = b.map((byte, i) => i * 8 + 8 <= from ? a[i]! : i * 8 >= from ? byte : (a[i]! & ~(0xff >> (from & 7))) | (byte & (0xff >> (from & 7))))
      expect(proximity(a, b, { from })).toBe(slowProximity(a, agreeing))
      const numbers = [a, b, c].map(bytes => BigInt(`0x${toHex(bytes)}`)) as [bigint, bigint, bigint]
      expect(distance(a, b)).toBe(numbers[0] ^ numbers[1])
      expect(BigInt(`0x${toHex(distanceBytes(a, b))}`)).toBe(distance(a, b))
      const difference = distance(a, b) - distance(a, c)
      expect(compareDistance(a, b, c)).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0)
      expect(compareProximity(a, b, c)).toBe(Math.sign(slowProximity(a, c) - slowProximity(a, b)))
      if (distance(a, b) > 0n) expect(proximity(a, b)).toBe(24 - distance(a, b).toString(2).length)
    }))
  })
})
