import { compareDistance, distance, fromBinary, fromHex, MutablePot, Pot, proximity } from '@skep/pot'
import { specVectors, vectors } from '@skep/vectors'
import { describe, expect, test } from 'vitest'

/** A value with an identity of its own, so that replacing it shows. */
interface Item {
  readonly overlay: Uint8Array
  readonly index: number
}

type Tree = [pin: number | null, po: number, size: number, bins: Tree[]]

const tree = ({ pin, po, size, bins }: ReturnType<Pot<Item>['shape']> & object): Tree => [pin.index, po, size, bins.map(tree)]
const indices = (items: Iterable<Item>): number[] => Array.from(items, item => item.index)

/** What the recordings say of a tree, read from ours. */
function look (pot: Pot<Item>, step: any): any {
  const target = step.target === undefined ? undefined : fromHex(step.target)
  const seen: any = {}
  if ('size' in step) seen.size = pot.size
  if ('each' in step) seen.each = indices(pot)
  if ('neighbours' in step) seen.neighbours = Array.from(pot.eachNeighbour(target!), ([item, po]) => [item.index, po]).flat()
  if ('bins' in step) seen.bins = Array.from(pot.eachBin(target!, step.binMin), bin => [bin.po, bin.size, indices(bin)])
  if ('tree' in step) seen.tree = pot.size === 0 ? [null, 0, 0, []] : tree(pot.shape()!)
  return seen
}

const expected = (step: any): any => Object.fromEntries(['size', 'each', 'neighbours', 'bins', 'tree'].filter(key => key in step).map(key => [key, step[key]]))

describe('recorded proximity', () => {
  const recorded = vectors('proximity')

  test.skipIf(recorded === undefined)('proximity order, from any bit and up to any cap', () => {
    for (const { a, b, max, pos, po, eq } of recorded.cases) {
      const found = proximity(fromHex(a), fromHex(b), { from: pos, max })
      expect({ po: found, eq: found >= Math.min(max, a.length * 4) }, JSON.stringify({ a, b, max, pos })).toEqual({ po, eq })
    }
  })

  test.skipIf(recorded === undefined)('the order of distances', () => {
    for (const [a, x, y, result] of recorded.proxCmp) {
      const [target, one, other] = [a, x, y].map(fromHex) as [Uint8Array, Uint8Array, Uint8Array]
      expect(compareDistance(target, one, other)).toBe(result)
      const difference = distance(target, one) - distance(target, other)
      expect(difference < 0n ? -1 : difference > 0n ? 1 : 0).toBe(result)
    }
  })

  test.skipIf(recorded === undefined)('the bin of a chunk is its proximity order, where the original stops counting at 8 bits', () => {
    const base = fromHex(recorded.storageBase)
    for (const [other, bits, original] of recorded.storageProximity) {
      expect(proximity(base, fromHex(other), { max: 256 })).toBe(bits)
      const first = proximity(base.subarray(0, 1), fromHex(other).subarray(0, 1))
      expect(first === 8 ? 16 : first).toBe(original)
    }
  })
})

describe('recorded trees', () => {
  const recorded = vectors('pot')
  const cases: any[] = recorded?.cases ?? []
  const of = (kind: string): any[] => cases.filter(item => item.kind === kind)
  const skip = recorded === undefined

  test.skipIf(skip)('every step of every script gives the recorded answer and tree', () => {
    for (const { keys, max, steps } of of('ops')) {
      let pot = new Pot<Item>({ max })
      const mutable = new MutablePot<Item>({ max })
      for (const step of steps) {
        const item = { overlay: fromHex(keys[step.k]), index: step.k }
        const before = pot
        const held = JSON.stringify(before.shape() ?? null)
        if (step.op === 'add') {
          const cap = Math.min(max, item.overlay.length * 8)
          const pin = pot.shape()?.pin
          expect(pin === undefined ? 0 : proximity(pin.overlay, item.overlay, { max: cap })).toBe(step.po)
          expect(pot.has(item.overlay)).toBe(step.found)
          pot = pot.add(item)
          expect(mutable.add(item)).toBe(!step.found)
        } else {
          const decide = (old: Item | undefined): Item | undefined =>
            step.op === 'swapDel' ? undefined : step.op === 'swapKeep' ? old ?? item : item
          const { pot: after, po, found, changed } = pot.swap(item.overlay, decide)
          expect({ po, found, changed }).toEqual({ po: step.po, found: step.found, changed: step.changed })
          const { po: po2, found: found2, changed: changed2 } = mutable.swap(item.overlay, decide)
          expect({ po: po2, found: found2, changed: changed2 }).toEqual({ po, found, changed })
          if (!changed) expect(after).toBe(pot)
          pot = after
        }
        expect(look(pot, step)).toEqual(expected(step))
        expect(mutable.shape()).toEqual(pot.shape())
        expect(JSON.stringify(before.shape() ?? null), 'an old snapshot is untouched').toBe(held)
      }
    }
  })

  test.skipIf(skip)('unions have the recorded sizes, values and bins', () => {
    for (const { keys, max, a, b, correct, common, ...rest } of of('union')) {
      const items: Item[] = keys.map((key: string, index: number) => ({ overlay: fromHex(key), index }))
      const pot = (list: number[] | null): Pot<Item> => Pot.from((list ?? []).map(i => items[i]!), { max })
      const [one, other] = [pot(a), pot(b)]
      const union = one.union(other)
      const wanted = [...new Set<string>([...a ?? [], ...b ?? []].map(i => keys[i]))].sort()
      expect(Array.from(union, item => keys[item.index]).sort()).toEqual(wanted)
      expect(one.size + other.size - union.size).toBe(one.intersection(other).size)
      if (!correct) continue
      expect(union.size).toBe(rest.size)
      expect(one.intersection(other).size).toBe(common)
      const found = look(union, rest)
      expect(found.bins.map(([po, size]: number[]) => [po, size])).toEqual(rest.bins.map(([po, size]: number[]) => [po, size]))
      const orders = (flat: number[]): number[] => flat.filter((_, i) => i % 2 === 1)
      expect(orders(found.neighbours)).toEqual(orders(rest.neighbours))
    }
  })

  test.skipIf(skip)('the nearest values up to an order are those the original visits concurrently', () => {
    for (const { keys, target, queries } of of('async')) {
      const items: Item[] = keys.map((key: string, index: number) => ({ overlay: fromHex(key), index }))
      const pot = Pot.from(items)
      for (const { max, maxPos, visited } of queries) {
        const found = Array.from(pot.eachNeighbour(fromHex(target))).filter(([, po]) => po <= maxPos).slice(0, max)
        const orders = (list: number[]): number[] => list.map(i => proximity(fromHex(keys[i]), fromHex(target))).sort((x, y) => x - y)
        expect(orders(found.map(([item]) => item.index))).toEqual(orders(visited))
      }
    }
  })

  test.skipIf(skip)('removing does not damage the tree, as it does in the original', () => {
    for (const { keys, max, added, k, found } of of('remove-v1.8.15')) {
      const items: Item[] = keys.map((key: string, index: number) => ({ overlay: fromHex(key), index }))
      const before = Pot.from(added.map((i: number) => items[i]!), { max }) as Pot<Item>
      const after = before.remove(items[k]!.overlay)
      const left = added.filter((i: number) => proximity(items[i]!.overlay, items[k]!.overlay, { max }) < max)
      expect(indices(after).sort()).toEqual(left.sort())
      expect(before.has(items[k]!.overlay)).toBe(found)
      expect(before.size).toBe(after.size + Number(found))
    }
  })
})

describe('the second recording', () => {
  const recorded = specVectors('pot')
  const item = (text: string): Item => {
    const [digits, index] = text.split('#')
    return { overlay: fromBinary(digits!), index: Number(index) }
  }

  test('proximity order and the order of distances', () => {
    for (const { a, b, po, eq, pos, poFromPos, eqFromPos, pof8 } of recorded.proximity) {
      const [one, other] = [fromBinary(a), fromBinary(b)]
      expect([proximity(one, other), proximity(one, other) === 256]).toEqual([po, eq])
      const later = proximity(one, other, { from: pos })
      expect([later, later === 256]).toEqual([poFromPos, eqFromPos])
      const capped = proximity(one, other, { max: 8 })
      expect([capped, capped === 8]).toEqual(pof8)
    }
    for (const { a, x, y, proxCmp } of recorded.proxCmp) {
      expect(compareDistance(fromBinary(a), fromBinary(x), fromBinary(y))).toBe(proxCmp)
    }
  })

  test('every script gives the recorded tree, text and orders', () => {
    for (const { steps, string, target, eachNeighbour, each, eachBin, pofMax } of recorded.pots) {
      let pot = new Pot<Item>({ max: pofMax })
      const digits = new Map<number, string>()
      for (const step of steps) {
        const value = item(step.val)
        if (step.op === 'swap-delete') {
          const done = pot.swap(value.overlay, () => undefined)
          expect([done.po, done.found, done.changed]).toEqual([step.po, step.found, step.change])
          pot = done.pot
        } else if (step.op === 'swap-insert-if-absent') {
          const done = pot.swap(value.overlay, old => old ?? value)
          expect([done.po, done.found, done.changed]).toEqual([step.po, step.found, step.change])
          pot = done.pot
          if (done.changed) digits.set(value.index, step.val)
        } else {
          expect(step.op).toBe('add')
          expect(pot.has(value.overlay)).toBe(step.found)
          pot = pot.add(value)
          digits.set(value.index, step.val)
        }
        expect(pot.size).toBe(step.size)
      }
      const label = (value: Item): string => digits.get(value.index)!
      expect(pot.toString(label)).toBe(string)
      expect(Array.from(pot, label)).toEqual(each.map((entry: any) => entry.v))
      const goal = fromBinary(target)
      expect(Array.from(pot.eachNeighbour(goal), ([value, po]) => ({ po, v: label(value) }))).toEqual(eachNeighbour)
      for (const { minPo, bins } of eachBin) {
        const found = Array.from(pot.eachBin(goal, minPo), bin => ({ po: bin.po, size: bin.size, items: Array.from(bin, label) }))
        expect(found).toEqual((bins ?? []).map(({ po, size, items }: any) => ({ po, size, items: items.map((entry: any) => entry.v) })))
      }
    }
  })

  test('unions have the recorded sizes', () => {
    for (const { a, b, size, common, distinct } of recorded.union) {
      const pot = (list: string[]): Pot<Uint8Array> => Pot.from(list.map(digits => fromBinary(digits)))
      expect(pot(a).union(pot(b)).size).toBe(size)
      expect(pot(a).intersection(pot(b)).size).toBe(common)
      expect(new Set([...a, ...b]).size).toBe(distinct)
    }
  })
})
