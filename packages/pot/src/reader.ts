import { toHex } from './address.ts'
import { binOf, orderTo, wordOf, type Node } from './node.ts'
import { keyOfValue, type PotOptions } from './options.ts'
import { capOf, lengths } from './proximity.ts'
import { shapeOf, textOf, type Shape } from './shape.ts'
import { binSizes, binValues, each, eachBin, eachFrom, eachNeighbour, nearest, valuesWithin, type Bin } from './walk.ts'

/**
 * What can be asked of a proximity-ordered tree.
 *
 * An iterator goes over the values as they stood when it was made.
 *
 * @typeParam V - what is kept.
 */
export abstract class PotReader<V> implements Iterable<V> {
  protected root: Node<V> | undefined
  protected readonly options: PotOptions<V>
  protected readonly keyOf: (value: V) => Uint8Array

  /** @param source - how to find keys, or a tree whose values and options to take over, at no cost. */
  constructor (source: PotOptions<V> | PotReader<V> = {}) {
    if (source instanceof PotReader) {
      source.release()
      this.root = source.root
    }
    this.options = source instanceof PotReader ? source.options : source
    this.keyOf = this.options.key ?? keyOfValue
  }

  /** How many values there are. */
  get size (): number {
    return this.root?.size ?? 0
  }

  /** The value of `key`, or `undefined`. */
  get (key: Uint8Array): V | undefined {
    let node = this.root
    if (node !== undefined && node.key.length !== key.length) throw lengths(node.key, key)
    const cap = this.cap(key)
    const word = wordOf(key)
    while (node !== undefined) {
      const po: number = orderTo(node, key, word, cap)
      if (po >= cap) return node.value
      node = binOf(node, po)
    }
    return undefined
  }

  /** Whether there is a value of `key`. */
  has (key: Uint8Array): boolean {
    return this.get(key) !== undefined
  }

  /** All values, those farthest from the root's first. */
  [Symbol.iterator] (): Iterator<V> {
    return this.#held(root => each({ node: root, first: 0 }))[Symbol.iterator]()
  }

  /** All values in bins of the root of order `po` or more, then the root's own. */
  eachFrom (po: number): Iterable<V> {
    return this.#held(root => eachFrom(root, po))
  }

  /**
   * All values with their proximity order to `target`, nearest bin first. Inside a bin
   * they come as the tree has them; see {@link PotReader.nearest} for the exact order.
   */
  eachNeighbour (target: Uint8Array): Iterable<[value: V, po: number]> {
    const cap = this.cap(target)
    return this.#held(root => eachNeighbour(root, target, cap))
  }

  /**
   * The bins of `target` that are not empty, farthest first, with their sizes known
   * before their values are touched.
   *
   * @param from - leave bins of a lower proximity order out.
   */
  eachBin (target: Uint8Array, from: number = 0): Iterable<Bin<V>> {
    const cap = this.cap(target)
    return this.#held(root => eachBin(root, target, from, cap))
  }

  /** The values of one bin of `target`. */
  bin (target: Uint8Array, po: number): V[] {
    return binValues(this.root, target, po, this.cap(target))
  }

  /** The values at proximity order `po` to `target` or nearer. */
  within (target: Uint8Array, po: number): V[] {
    return valuesWithin(this.root, target, po, this.cap(target))
  }

  /** Counts values by proximity order to `target`; the array ends with the nearest bin that is not empty. */
  sizes (target: Uint8Array): number[] {
    return binSizes(this.root, target, this.cap(target))
  }

  /** The `n` values nearest to `target`, in the exact order of XOR distance. */
  nearest (target: Uint8Array, n: number = Infinity): V[] {
    return nearest(this.root, target, n)
  }

  toArray (): V[] {
    return [...this]
  }

  /** The tree as plain objects; `undefined` when it is empty. Its form depends on the order of insertions. */
  shape (): Shape<V> | undefined {
    return this.root && shapeOf(this.root)
  }

  /** The tree as indented text, for people. */
  toString (label: (value: V) => string = value => toHex(this.keyOf(value)).slice(0, 8)): string {
    return this.root === undefined ? '' : textOf(this.root, label)
  }

  /** Called when another tree takes over the nodes: they may not be changed any more. */
  protected release (): void {}

  /** The proximity order at which keys as long as this one are the same. */
  protected cap (key: Uint8Array): number {
    return capOf(key, this.options.max ?? Infinity)
  }

  #held<T> (iterate: (root: Node<V>) => Iterable<T>): Iterable<T> {
    this.release()
    const { root } = this
    return { [Symbol.iterator]: () => root === undefined ? [][Symbol.iterator]() : iterate(root)[Symbol.iterator]() }
  }
}
