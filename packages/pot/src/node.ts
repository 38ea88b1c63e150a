/** A node of the tree: one value, and below it subtrees in strictly increasing order of `po`. */
export interface Node<V> {
  key: Uint8Array
  value: V
  /** Proximity order of this node's key to its parent's; 0 for a root. */
  po: number
  /** Values in this subtree, its own included. */
  size: number
  bins: readonly Node<V>[]
  /** Who may change this node in place; nobody may change one without an owner. */
  owner: object | undefined
}

const NONE: readonly never[] = Object.freeze([])

export function leaf<V> (key: Uint8Array, value: V, po: number, owner: object | undefined): Node<V> {
  return { key, value, po, size: 1, bins: NONE, owner }
}

/** A node with other bins, or the same one changed in place if it belongs to `owner`. */
export function withBins<V> (node: Node<V>, bins: readonly Node<V>[], size: number, owner: object | undefined): Node<V> {
  if (owner !== undefined && node.owner === owner) {
    node.bins = bins
    node.size = size
    return node
  }
  return { key: node.key, value: node.value, po: node.po, size, bins, owner }
}

export function withValue<V> (node: Node<V>, key: Uint8Array, value: V, owner: object | undefined): Node<V> {
  if (owner !== undefined && node.owner === owner) {
    node.key = key
    node.value = value
    return node
  }
  // An owner changes its lists in place, so it may not share one with a node that is not its own.
  return { key, value, po: node.po, size: node.size, bins: owner === undefined ? node.bins : node.bins.slice(), owner }
}

/** The same node as a bin of another order. */
export function withPo<V> (node: Node<V>, po: number): Node<V> {
  return node.po === po ? node : { ...node, po, owner: undefined }
}

/** Where the bin of order `po` is, or the complement of where it would be. */
export function binAt<V> (bins: readonly Node<V>[], po: number): number {
  let at = 0
  while (at < bins.length && bins[at]!.po < po) at++
  return at < bins.length && bins[at]!.po === po ? at : ~at
}

/** How many values the bins from `first` on hold. */
export function sizeFrom<V> (bins: readonly Node<V>[], first: number): number {
  let size = 0
  for (let i = first; i < bins.length; i++) size += bins[i]!.size
  return size
}

/**
 * The node that is left of `bins` when their common pin goes: the last bin, whose
 * values are the nearest to the pin, is dissolved and its own pin takes the place.
 * Every earlier bin keeps its order, because the last bin agrees with the old pin on more bits.
 */
export function dissolve<V> (bins: readonly Node<V>[], po: number, owner: object | undefined): Node<V> | undefined {
  const last = bins.at(-1)
  if (last === undefined) return undefined
  const rest = bins.slice(0, -1)
  return { key: last.key, value: last.value, po, size: sizeFrom(bins, 0), bins: rest.concat(last.bins), owner }
}
