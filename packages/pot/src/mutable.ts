import { PotReader } from './reader.ts'
import { Swap } from './swap.ts'

/**
 * A proximity-ordered tree that changes in place, for one that changes often: the same
 * tree and the same algorithm as `Pot`, without a copy for each change.
 *
 * `new Pot(mutable)` is a snapshot and `new MutablePot(pot)` the way back, both at once:
 * what the two share is copied where it is changed next. An iterator makes such a
 * snapshot too, so changing the tree meanwhile is safe.
 *
 * @typeParam V - what is kept.
 *
 * @example
 * ```ts
 * import { MutablePot, Pot } from '@skep/pot'
 *
 * const pot = new MutablePot<Uint8Array>()
 * pot.add(Uint8Array.of(1)) // true: it was not there
 * const before = new Pot(pot)
 * pot.remove(Uint8Array.of(1)) // true: it was there
 * before.size // 1
 * ```
 */
export class MutablePot<V> extends PotReader<V> {
  #owner = {}

  /**
   * Puts `value`, in place of one of the same key if there is any.
   *
   * @returns whether its key is new.
   * @throws RangeError - if its key is longer or shorter than the others.
   */
  add (value: V): boolean {
    return !this.swap(this.keyOf(value), () => value).found
  }

  /** Removes the value of `key`; returns whether there was one. */
  remove (key: Uint8Array): boolean {
    return this.swap(key, () => undefined).found
  }

  /** Looks at one key and changes what is there, as `Pot.swap` does. */
  swap (key: Uint8Array, decide: (old: V | undefined) => V | undefined): { readonly po: number, readonly found: boolean, readonly changed: boolean } {
    const swap = new Swap(key, this.cap(key), decide, this.keyOf, this.#owner)
    this.root = swap.apply(this.root)
    return swap
  }

  protected override release (): void {
    this.#owner = {}
  }
}
