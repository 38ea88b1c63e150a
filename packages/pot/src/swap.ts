import { binAt, bitOf, dissolve, leaf, orderTo, wordOf, type Node } from './node.ts'
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
  readonly #word: number
  readonly #cap: number
  readonly #decide: (old: V | undefined) => V | undefined
  readonly #owner: object | undefined
  readonly #keyOf: (value: V) => Uint8Array

  constructor (key: Uint8Array, cap: number, decide: (old: V | undefined) => V | undefined, keyOf: (value: V) => Uint8Array, owner: object | undefined) {
    this.#key = key
    this.#word = wordOf(key)
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
    const po = this.po = orderTo(node, this.#key, this.#word, this.#cap)
    if (po >= this.#cap) return this.#replace(node)
    const at = binAt(node, po)
    if (at < 0) {
      const added = this.#insert(po)
      return added === undefined ? node : this.#rebuilt(node, inserted(node.bins, ~at, added), 1, node.mask | bitOf(po))
    }
    const bin = node.bins[at]!
    const before = bin.size
    const after = this.#visit(bin)
    if (!this.changed) return node
    if (after === undefined) return this.#rebuilt(node, without(node.bins, at), -before, node.mask & ~bitOf(po))
    if (after === bin) {
      // A bin that was changed in place is its owner's, and so is everything above it.
      node.size += after.size - before
      return node
    }
    return this.#rebuilt(node, replaced(node.bins, at, after), after.size - before, node.mask)
  }

  #insert (po: number): Node<V> | undefined {
    const value = this.#decide(undefined)
    if (value === undefined) return undefined
    this.changed = true
    return leaf(this.#own(value), value, this.#word, po, this.#owner)
  }

  #replace (node: Node<V>): Node<V> | undefined {
    this.found = true
    const value = this.#decide(node.value)
    if (value === node.value) return node
    this.changed = true
    if (value === undefined) return dissolve(node.bins, node.po, this.#owner)
    const key = this.#own(value)
    if (!this.#owns(node)) return { ...node, key, value, word: this.#word, owner: this.#owner }
    node.key = key
    node.value = value
    node.word = this.#word
    return node
  }

  /** The node with other bins and `more` values. Lists of bins are never changed, so they may be shared. */
  #rebuilt (node: Node<V>, bins: readonly Node<V>[], more: number, mask: number): Node<V> {
    if (!this.#owns(node)) {
      return { word: node.word, mask, bins, size: node.size + more, po: node.po, key: node.key, value: node.value, owner: this.#owner }
    }
    node.bins = bins
    node.size += more
    node.mask = mask
    return node
  }

  #owns (node: Node<V>): boolean {
    return this.#owner !== undefined && node.owner === this.#owner
  }

  /** The new value's own key, which must be the one that was looked up. */
  #own (value: V): Uint8Array {
    const key = this.#keyOf(value)
    if (key !== this.#key && (key.length !== this.#key.length || sharedBits(key, this.#key, 0, this.#cap) < this.#cap)) {
      throw new RangeError('the new value has another key than the one it was put at')
    }
    return key
  }
}

function inserted<V> (bins: readonly Node<V>[], at: number, added: Node<V>): readonly Node<V>[] {
  // The list is made at its final length: one that grows would leave room for many more.
  const list = bins.concat(added)
  for (let i = bins.length; i > at; i--) list[i] = list[i - 1]!
  list[at] = added
  return list
}

function replaced<V> (bins: readonly Node<V>[], at: number, after: Node<V>): readonly Node<V>[] {
  const list = bins.slice()
  list[at] = after
  return list
}

function without<V> (bins: readonly Node<V>[], at: number): readonly Node<V>[] {
  return bins.filter((_, i) => i !== at)
}
