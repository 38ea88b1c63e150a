/** How many neighbours a neighbourhood has at least, unless told otherwise (limits of v1.8.15: MinProxBinSize). */
export const NEIGHBOURS = 2

/**
 * Neighbourhood depth: the proximity order of the `n`-th nearest live full peer, or the
 * lowest bin without any if that is less; 0 with fewer than `n` peers.
 *
 * Whatever is as near as this or nearer is the neighbourhood's: its peers are all
 * connected, its chunks are ours to keep. An empty bin below would mean that nobody
 * answers for a part of the address space; so depth stops there.
 *
 * @param sizes - live full peers by proximity order.
 *
 * @example
 * ```ts
 * import { depthOf } from '@skep/kademlia'
 *
 * depthOf([3, 2, 1, 1]) // 2: the second nearest is in bin 2
 * depthOf([3, 0, 1, 1]) // 1: nobody is in bin 1
 * depthOf([1]) // 0: too few
 * ```
 */
export function depthOf (sizes: readonly number[], n: number = NEIGHBOURS): number {
  return Math.min(reachOf(sizes, n), firstBelow(sizes, 1))
}

/** The proximity order of the `n`-th nearest peer; 0 with fewer than `n`. */
export function reachOf (sizes: readonly number[], n: number = NEIGHBOURS): number {
  let count = 0
  for (let po = sizes.length - 1; po > 0; po--) {
    count += sizes[po]!
    if (count >= n) return po
  }
  return 0
}

/**
 * Saturation depth: the first bin below depth with fewer than `least` live full peers,
 * or depth where there is no such bin. A table is saturated when the two are equal.
 */
export function saturationOf (sizes: readonly number[], least: number, depth: number = depthOf(sizes)): number {
  return Math.min(depth, firstBelow(sizes, least))
}

function firstBelow (sizes: readonly number[], least: number): number {
  const first = sizes.findIndex(size => size < least)
  return first < 0 ? sizes.length : first
}
