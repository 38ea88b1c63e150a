import { MutablePot } from './mutable.ts'
import type { Node } from './node.ts'
import type { PotOptions } from './options.ts'
import { PotReader } from './reader.ts'
import { combine, DIFFERENCE, INTERSECTION, UNION, type SetRule } from './sets.ts'
import { Swap } from './swap.ts'

/** What {@link Pot.swap} did. */
export interface Swapped<V> {
  /** The tree afterwards; the very same one if nothing changed. */
  readonly pot: Pot<V>
  /** Proximity order of the key to the last value it was compared with on the way; for information. */
  readonly po: number
  /** Whether the key was there before. */
  readonly found: boolean
  /** Whether the tree changed. */
  readonly changed: boolean
}

/**
 * A set of values ordered by proximity, that never changes: a proximity-ordered tree.
 *
 * Every change gives a new tree that shares what it can with the old one. So whoever
 * iterates sees the tree as it stood, whatever happens meanwhile.
 *
 * Values are found by their key, which must not change while the value is in a tree.
 * All keys of a tree have one length. A value is never `undefined`.
 *
 * @typeParam V - what is kept.
 *
 * @example
 * ```ts
 * import { fromHex, Pot, toHex } from '@skep/pot'
 *
 * const pot = Pot.from(['0f', '81', 'a0', 'a7'].map(fromHex))
 * pot.nearest(fromHex('a5'), 2).map(toHex) // ['a7', 'a0']
 * pot.sizes(fromHex('a5')) // [1, 0, 1, 0, 0, 1, 1]
 * ```
 */
export class Pot<V> extends PotReader<V> {
  /** Makes a tree of all `values`; a later one replaces an earlier one of the same key. */
  static from<V> (values: Iterable<V>, options: PotOptions<V> = {}): Pot<V> {
    const pot = new MutablePot(options)
    for (const value of values) pot.add(value)
    return new Pot(pot)
  }

  /**
   * The tree with `value`, in place of one of the same key if there is any.
   *
   * @throws RangeError - if its key is longer or shorter than the others.
   */
  add (value: V): Pot<V> {
    return this.swap(this.keyOf(value), () => value).pot
  }

  /** The tree without the value of `key`; the very same one if there is none. */
  remove (key: Uint8Array): Pot<V> {
    return this.swap(key, () => undefined).pot
  }

  /**
   * Looks at one key and changes what is there in the same pass: `decide` is called
   * once with the value of `key` or `undefined`, and returns what to keep there,
   * `undefined` for nothing. What it was given, returned, leaves the tree as it is.
   *
   * @throws RangeError - if `decide` returns a value of another key, or `key` is longer or shorter than the others.
   */
  swap (key: Uint8Array, decide: (old: V | undefined) => V | undefined): Swapped<V> {
    const swap = new Swap(key, this.cap(key), decide, this.keyOf, undefined)
    const pot = this.#rooted(swap.apply(this.root))
    return { pot, po: swap.po, found: swap.found, changed: swap.changed }
  }

  /**
   * What is in either tree. Of two values of one key this tree's stays. Takes time for
   * where the trees differ only, and shares the rest.
   */
  union (other: Pot<V>): Pot<V> {
    return this.#combined(other, UNION)
  }

  /** This tree's values whose keys the other has too. */
  intersection (other: Pot<V>): Pot<V> {
    return this.#combined(other, INTERSECTION)
  }

  /** This tree's values whose keys the other has not. */
  difference (other: Pot<V>): Pot<V> {
    return this.#combined(other, DIFFERENCE)
  }

  #combined (other: Pot<V>, rule: SetRule): Pot<V> {
    const key = (this.root ?? other.root)?.key
    return key === undefined ? this : this.#rooted(combine(this.root, other.root, rule, this.cap(key)))
  }

  #rooted (root: Node<V> | undefined): Pot<V> {
    if (root === this.root) return this
    const pot = new Pot(this.options)
    pot.root = root
    return pot
  }
}
