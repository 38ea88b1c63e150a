import { sharedBits } from './proximity.ts'

/** Bits of a key that a node keeps as a number, so that most comparisons need not look at the key. */
const WORD = 32

/**
 * A node of the tree: one value, and below it subtrees in strictly increasing order of
 * `po`. What is read on the way down comes first, so that it shares a line of the cache.
 */
export interface Node<V> {
  /** The first 32 bits of the key, filled up with zeros. */
  word: number
  /** The orders below 32 of the bins: the highest bit stands for 0. */
  mask: number
  bins: readonly Node<V>[]
  /** Values in this subtree, its own included. */
  size: number
  /** Proximity order of this node's key to its parent's; 0 for a root. */
  po: number
  key: Uint8Array
  value: V
  /** Who may change this node in place; nobody may change one without an owner. */
  owner: object | undefined
}

/** Shared by all leaves, since no list of bins is ever changed. */
const NONE: readonly never[] = []

/** The first bits of a key as a number. */
export function wordOf (key: Uint8Array): number {
  return (key[0]! << 24) | (key[1]! << 16) | (key[2]! << 8) | key[3]!
}

/** The proximity order of a node's key to another, that begins with `word`. */
export function orderTo<V> (node: Node<V>, key: Uint8Array, word: number, cap: number): number {
  const differing = node.word ^ word
  if (differing !== 0) {
    const po = Math.clz32(differing)
    return po < cap ? po : cap
  }
  return cap <= WORD ? cap : sharedBits(node.key, key, WORD, cap)
}

export function leaf<V> (key: Uint8Array, value: V, word: number, po: number, owner: object | undefined): Node<V> {
  return { word, mask: 0, bins: NONE, size: 1, po, key, value, owner }
}

/** A node of the given pin with other bins. */
export function withBins<V> (pin: Node<V>, bins: readonly Node<V>[], po: number, owner: object | undefined): Node<V> {
  let size = 1
  let mask = 0
  for (let i = 0; i < bins.length; i++) {
    const bin = bins[i]!
    size += bin.size
    mask |= bitOf(bin.po)
  }
  return { word: pin.word, mask, bins, size, po, key: pin.key, value: pin.value, owner }
}

/** The bit of an order in a mask; none for orders that a mask does not hold. */
export function bitOf (po: number): number {
  return po < WORD ? 0x80000000 >>> po : 0
}

/** Where the bin of order `po` is among a node's, or the complement of where it would be. */
export function binAt<V> ({ bins, mask }: Node<V>, po: number): number {
  if (po < WORD) {
    const before = ones(mask & ~(0xffffffff >>> po))
    return (mask & bitOf(po)) === 0 ? ~before : before
  }
  let at = ones(mask)
  while (at < bins.length && bins[at]!.po < po) at++
  return at < bins.length && bins[at]!.po === po ? at : ~at
}

/** The bin of order `po`, if the node has one. */
export function binOf<V> (node: Node<V>, po: number): Node<V> | undefined {
  const at = binAt(node, po)
  return at < 0 ? undefined : node.bins[at]
}

/**
 * The node that is left of `bins` when their common pin goes: the last bin, whose
 * values are the nearest to the pin, is dissolved and its own pin takes the place.
 * Every earlier bin keeps its order, because the last bin agrees with the old pin on more bits.
 */
export function dissolve<V> (bins: readonly Node<V>[], po: number, owner: object | undefined): Node<V> | undefined {
  const last = bins.at(-1)
  return last && withBins(last, bins.slice(0, -1).concat(last.bins), po, owner)
}

/** How many bits are set. */
function ones (bits: number): number {
  bits -= (bits >>> 1) & 0x55555555
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
