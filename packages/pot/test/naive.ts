import { compareDistance, type Shape } from '@skep/pot'

/** A value with an identity of its own. */
export interface Item {
  readonly overlay: Uint8Array
  readonly tag: number
}

/** Proximity order, the slow way: binary digits compared one by one. */
export function slowProximity (a: Uint8Array, b: Uint8Array, max: number = Infinity): number {
  const digits = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')
  const [one, other] = [digits(a), digits(b)]
  let po = 0
  while (po < one.length && one[po] === other[po]) po++
  return Math.min(po, max)
}

/** A set of values in an array, that compares every value with every key. */
export class NaivePot {
  readonly items: readonly Item[]
  readonly max: number

  constructor (items: readonly Item[], max: number) {
    this.items = items
    this.max = max
  }

  find (key: Uint8Array): Item | undefined {
    return this.items.find(item => this.same(item.overlay, key))
  }

  without (key: Uint8Array): NaivePot {
    return new NaivePot(this.items.filter(item => !this.same(item.overlay, key)), this.max)
  }

  with (item: Item): NaivePot {
    return new NaivePot([...this.without(item.overlay).items, item], this.max)
  }

  nearest (target: Uint8Array): Item[] {
    return [...this.items].sort((a, b) => compareDistance(target, a.overlay, b.overlay))
  }

  /** Tags by proximity order to the target, sorted, so that they compare. */
  bins (target: Uint8Array): Map<number, number[]> {
    const bins = new Map<number, number[]>()
    for (const { overlay, tag } of this.items) {
      const po = slowProximity(overlay, target, this.max)
      bins.set(po, [...bins.get(po) ?? [], tag].sort((a, b) => a - b))
    }
    return new Map([...bins].sort(([a], [b]) => a - b))
  }

  same (a: Uint8Array, b: Uint8Array): boolean {
    return slowProximity(a, b) >= Math.min(this.max, a.length * 8)
  }
}

/** What is wrong with a tree, judged by the invariants of pot §3; empty for a sound one. */
export function faults (shape: Shape<Item>, max: number, above: number = -1): string[] {
  const found: string[] = []
  const values = ({ pin, bins }: Shape<Item>): Item[] => [pin, ...bins.flatMap(values)]
  if (shape.size !== values(shape).length) found.push(`size ${shape.size} of ${values(shape).length} values`)
  let last = above
  for (const bin of shape.bins) {
    if (bin.po <= last) found.push(`bin ${bin.po} after ${last}`)
    last = bin.po
    for (const { overlay } of values(bin)) {
      if (slowProximity(overlay, shape.pin.overlay, max) !== bin.po) found.push(`a value of another order than its bin's, ${bin.po}`)
    }
    found.push(...faults(bin, max, bin.po))
  }
  return found
}
