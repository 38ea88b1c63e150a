import { binOf, orderTo, wordOf, type Node } from './node.ts'
import { lengths } from './proximity.ts'

/** Values of one proximity order to the target of a walk. */
export interface Bin<V> extends Iterable<V> {
  readonly po: number
  readonly size: number
}

/** A node's own value and its bins from `first` on: what one bin of a walk holds. */
interface Part<V> {
  readonly node: Node<V>
  readonly first: number
}

/** One node on the way down to a target, with the proximity order of its key to it. */
interface Step<V> {
  readonly node: Node<V>
  readonly po: number
}

/** The nodes whose keys come nearer and nearer to `target`, from the root on. */
function * descent<V> (root: Node<V> | undefined, target: Uint8Array, cap: number): Generator<Step<V>> {
  if (root !== undefined && root.key.length !== target.length) throw lengths(root.key, target)
  const word = wordOf(target)
  let node = root
  while (node !== undefined) {
    const po: number = orderTo(node, target, word, cap)
    yield { node, po }
    node = po >= cap ? undefined : binOf(node, po)
  }
}

/** All values of a part: bins in increasing order, depth first, then the node's own. */
export function * each<V> ({ node, first }: Part<V>): Generator<V, void> {
  const stack: { node: Node<V>, next: number }[] = [{ node, next: first }]
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!
    const bin = top.node.bins[top.next++]
    if (bin !== undefined) {
      stack.push({ node: bin, next: 0 })
      continue
    }
    stack.pop()
    yield top.node.value
  }
}

/** All values in bins of the root of order `po` or more, then the root's own. */
export function eachFrom<V> (root: Node<V>, po: number): Iterable<V> {
  const first = root.bins.findIndex(bin => bin.po >= po)
  return each({ node: root, first: first < 0 ? root.bins.length : first })
}

/** All values with their proximity order to `target`, in no order that increases. */
export function * eachNeighbour<V> (root: Node<V> | undefined, target: Uint8Array, cap: number): Generator<[value: V, po: number], void> {
  const steps = [...descent(root, target, cap)]
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    const { node: { value, bins }, po } = step
    yield [value, po]
    // Keys in a bin beyond the pin's own order lie as far from the target as the pin does.
    for (let i = bins.length - 1; i >= 0; i--) {
      const node = bins[i]!
      if (node.po === po) continue
      const order = Math.min(node.po, po)
      for (const inside of each({ node, first: 0 })) yield [inside, order]
    }
  }
}

/** The bins of `target` that are not empty, farthest first. */
export function * eachBin<V> (root: Node<V> | undefined, target: Uint8Array, from: number, cap: number): Generator<Bin<V>, void> {
  for (const { node, po } of descent(root, target, cap)) {
    let first = 0
    for (; first < node.bins.length && node.bins[first]!.po < po; first++) {
      const bin = node.bins[first]!
      if (bin.po >= from) yield asBin(bin.po, bin.size, { node: bin, first: 0 })
    }
    if (node.bins[first]?.po === po) first++
    let size = 1
    for (let i = first; i < node.bins.length; i++) size += node.bins[i]!.size
    if (po >= from) yield asBin(po, size, { node, first })
  }
}

function asBin<V> (po: number, size: number, part: Part<V>): Bin<V> {
  return { po, size, [Symbol.iterator]: () => each(part) }
}

/** The values of bin `po` of `target`. */
export function binValues<V> (root: Node<V> | undefined, target: Uint8Array, po: number, cap: number): V[] {
  const found: V[] = []
  const node = downTo(root, target, po, cap)
  if (node === undefined) return found
  const order = orderTo(node, target, wordOf(target), cap)
  if (order > po) {
    const bin = binOf(node, po)
    if (bin !== undefined) pour(bin, 0, found)
  } else {
    // A bin of the pin's own order holds what is nearer to the target than the pin is.
    pour(node, order < cap ? order + 1 : Infinity, found)
  }
  return found
}

/** The values of bin `po` of `target` and of all nearer ones. */
export function valuesWithin<V> (root: Node<V> | undefined, target: Uint8Array, po: number, cap: number): V[] {
  const found: V[] = []
  const node = downTo(root, target, po, cap)
  if (node !== undefined) pour(node, po, found)
  return found
}

/** The first node on the way to `target` that is at order `po` to it or nearer. */
function downTo<V> (root: Node<V> | undefined, target: Uint8Array, po: number, cap: number): Node<V> | undefined {
  if (root !== undefined && root.key.length !== target.length) throw lengths(root.key, target)
  const word = wordOf(target)
  let node = root
  while (node !== undefined) {
    const order: number = orderTo(node, target, word, cap)
    if (order >= po) return node
    node = binOf(node, order)
  }
  return undefined
}

/** Puts the values of a node's bins from order `from` on into a list, and then its own. */
function pour<V> (node: Node<V>, from: number, found: V[]): void {
  const { bins } = node
  for (let i = 0; i < bins.length; i++) if (bins[i]!.po >= from) pour(bins[i]!, 0, found)
  found.push(node.value)
}

/** Counts values by their proximity order to `target`, without touching them. */
export function binSizes<V> (root: Node<V> | undefined, target: Uint8Array, cap: number): number[] {
  const sizes: number[] = []
  const count = (po: number, size: number): void => {
    while (sizes.length <= po) sizes.push(0)
    sizes[po]! += size
  }
  if (root !== undefined && root.key.length !== target.length) throw lengths(root.key, target)
  const word = wordOf(target)
  let node = root
  while (node !== undefined) {
    const po = orderTo(node, target, word, cap)
    let next: Node<V> | undefined
    let rest = node.size
    for (const bin of node.bins) {
      if (bin.po > po) break
      rest -= bin.size
      if (bin.po === po) next = bin
      else count(bin.po, bin.size)
    }
    count(po, rest)
    node = po >= cap ? undefined : next
  }
  return sizes
}

/**
 * The `n` values nearest to `target` in the exact order of XOR distance.
 *
 * Where a bin forks off, its values differ from the pin in one bit, and agree among
 * themselves on more. Whether they are nearer than what is left is that one bit of
 * the target, so the tree is read in order and nothing needs sorting.
 */
export function nearest<V> (root: Node<V> | undefined, target: Uint8Array, n: number): V[] {
  const found: V[] = []
  if (root === undefined || !(n > 0)) return found
  if (root.key.length !== target.length) throw lengths(root.key, target)
  inOrder(root, target, wordOf(target), n, found)
  return found
}

/** Puts a subtree's values in order; whether that is all that was wanted. */
function inOrder<V> (node: Node<V>, target: Uint8Array, word: number, n: number, found: V[]): boolean {
  const { bins, key } = node
  const differing = node.word ^ word
  // Bins that fork off towards the target, from the widest on, are nearer than the pin.
  for (let i = 0; i < bins.length; i++) {
    const bin = bins[i]!
    if (forksTowards(bin.po, differing, key, target) && inOrder(bin, target, word, n, found)) return true
  }
  if (found.push(node.value) >= n) return true
  for (let i = bins.length - 1; i >= 0; i--) {
    const bin = bins[i]!
    if (!forksTowards(bin.po, differing, key, target) && inOrder(bin, target, word, n, found)) return true
  }
  return false
}

/** Whether the keys differ at bit `po`; `differing` has the answer for the first 32. */
function forksTowards (po: number, differing: number, key: Uint8Array, target: Uint8Array): boolean {
  return po < 32
    ? (differing & (0x80000000 >>> po)) !== 0
    : ((key[po >> 3]! ^ target[po >> 3]!) & (0x80 >> (po & 7))) !== 0
}
