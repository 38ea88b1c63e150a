import { binOf, dissolve, withBins, type Node } from './node.ts'
import { lengths, sharedBits } from './proximity.ts'

type Tree<V> = Node<V> | undefined

/**
 * One pass over two trees, subtree by subtree. Where only one side has a bin, the
 * whole of it is kept or left out without being looked at.
 */
export interface SetRule {
  /** Keep what only the left side has. */
  readonly left: boolean
  /** Keep what only the right side has. */
  readonly right: boolean
  /** Keep what both have, as the left side has it. */
  readonly both: boolean
}

export const UNION: SetRule = { left: true, right: true, both: true }
export const INTERSECTION: SetRule = { left: false, right: false, both: true }
export const DIFFERENCE: SetRule = { left: true, right: false, both: false }

/**
 * Combines two trees of which all keys share the bits before `po`. What the left side
 * has is kept as it has it, so a result of its size is the left side itself.
 */
export function combine<V> (a: Tree<V>, b: Tree<V>, rule: SetRule, cap: number, po: number = 0): Tree<V> {
  const combined = merge(a, b, rule, cap, po)
  return combined !== undefined && combined.size === a?.size ? a : combined
}

function merge<V> (a: Tree<V>, b: Tree<V>, rule: SetRule, cap: number, po: number): Tree<V> {
  if (a === b) return rule.both ? a : undefined
  if (a === undefined) return rule.right ? b : undefined
  if (b === undefined) return rule.left ? a : undefined
  if (a.key.length !== b.key.length) throw lengths(a.key, b.key)
  const fork = sharedBits(a.key, b.key, po, cap)
  const bins = pairwise(a, b, fork, rule, cap)
  if (fork >= cap) {
    return rule.both ? withBins(a, bins, a.po, undefined) : dissolve(bins, a.po, undefined)
  }
  // At the fork each side's pin lies on the far side of the other's.
  const far = combine(binOf(a, fork), restOf(b, fork, fork), rule, cap, fork + 1)
  const near = combine(restOf(a, fork, a.po), binOf(b, fork), rule, cap, fork + 1)
  if (far !== undefined) bins.push(far)
  if (near === undefined) return dissolve(bins, a.po, undefined)
  return withBins(near, [...bins, ...near.bins], a.po, undefined)
}

/** The bins below the fork, where both sides mean the same subtree by an order. */
function pairwise<V> (a: Node<V>, b: Node<V>, fork: number, rule: SetRule, cap: number): Node<V>[] {
  const bins: Node<V>[] = []
  let i = 0
  let j = 0
  while (true) {
    const left = below(a.bins[i], fork)
    const right = below(b.bins[j], fork)
    if (left === undefined && right === undefined) return bins
    const po = Math.min(left?.po ?? Infinity, right?.po ?? Infinity)
    const kept = combine(left?.po === po ? left : undefined, right?.po === po ? right : undefined, rule, cap, po + 1)
    if (kept !== undefined) bins.push(kept)
    if (left?.po === po) i++
    if (right?.po === po) j++
  }
}

function below<V> (bin: Tree<V>, fork: number): Tree<V> {
  return bin !== undefined && bin.po < fork ? bin : undefined
}

/** A node without its bins up to `fork`. */
function restOf<V> (tree: Node<V>, fork: number, po: number): Node<V> {
  return withBins(tree, tree.bins.filter(bin => bin.po > fork), po, undefined)
}
