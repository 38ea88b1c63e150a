import { binAt, dissolve, leaf, withBins, withValue, type Node } from './node.ts'
import { lengths, sharedBits } from './proximity.ts'

/**
 * One look at one key that may change what is there: the way values are found, put,
 * replaced and removed.
 *
 * Nodes that belong to `owner` are changed in place, all others are copied on the way
 * from the root, so that whoever holds an old root keeps what it saw.
 */
export class Swap<V> {
  /** Proximity order of the key to the last pin it was compared with. */
  po = 0
  found = false
  changed = false

  readonly #key: Uint8Array
  readonly #cap: number
  readonly #decide: (old: V | undefined) => V | undefined
  readonly #owner: object | undefined
  readonly #keyOf: (value: V) => Uint8Array

  constructor (key: Uint8Array, cap: number, decide: (old: V | undefined) => V | undefined, keyOf: (value: V) => Uint8Array, owner: object | undefined) {
    this.#key = key
    this.#cap = cap
    this.#decide = decide
    this.#keyOf = keyOf
    this.#owner = owner
  }

  /** The tree afterwards; the same node if nothing changed. */
  apply (root: Node<V> | undefined): Node<V> | undefined {
    if (root !== undefined && root.key.length !== this.#key.length) throw lengths(root.key, this.#key)
    return root === undefined ? this.#insert(0) : this.#visit(root)
  }

  #visit (node: Node<V>): Node<V> | undefined {
    const po = this.po = sharedBits(node.key, this.#key, node.po, this.#cap)
    if (po >= this.#cap) return this.#replace(node)
    const { bins } = node
    const at = binAt(bins, po)
    if (at < 0) {
      const added = this.#insert(po)
      return added === undefined ? node : withBins(node, inserted(bins, ~at, added, this.#owns(node)), node.size + 1, this.#owner)
    }
    const child = bins[at]!
    const before = child.size
    const after = this.#visit(child)
    if (!this.changed) return node
    const size = node.size - before + (after?.size ?? 0)
    // A bin changed in place is in its place already.
    return withBins(node, after === child ? bins : replaced(bins, at, after, this.#owns(node)), size, this.#owner)
  }

  #insert (po: number): Node<V> | undefined {
    const value = this.#decide(undefined)
    if (value === undefined) return undefined
    this.changed = true
    return leaf(this.#own(value), value, po, this.#owner)
  }

  #replace (node: Node<V>): Node<V> | undefined {
    this.found = true
    const value = this.#decide(node.value)
    if (value === node.value) return node
    this.changed = true
    return value === undefined
      ? dissolve(node.bins, node.po, this.#owner)
      : withValue(node, this.#own(value), value, this.#owner)
  }

  /** The new value's own key, which must be the one that was looked up. */
  #own (value: V): Uint8Array {
    const key = this.#keyOf(value)
    if (key.length !== this.#key.length || sharedBits(key, this.#key, 0, this.#cap) < this.#cap) {
      throw new RangeError('the new value has another key than the one it was put at')
    }
    return key
  }

  /** Whether the node's list of bins may be changed in place; the empty list is shared by all leaves. */
  #owns (node: Node<V>): boolean {
    return this.#owner !== undefined && node.owner === this.#owner && node.bins.length > 0
  }
}

function inserted<V> (bins: readonly Node<V>[], at: number, added: Node<V>, inPlace: boolean): readonly Node<V>[] {
  if (!inPlace) return [...bins.slice(0, at), added, ...bins.slice(at)]
  ;(bins as Node<V>[]).splice(at, 0, added)
  return bins
}

function replaced<V> (bins: readonly Node<V>[], at: number, after: Node<V> | undefined, inPlace: boolean): readonly Node<V>[] {
  const list = inPlace ? bins as Node<V>[] : bins.slice()
  if (after === undefined) list.splice(at, 1)
  else list[at] = after
  return list
}
