import type { Address } from '@skep/interface'
import { Pot, toHex } from '@skep/pot'
import { depthOf, NEIGHBOURS } from './depth.ts'

/** What one node would see if it were connected to everybody. */
export interface PeerPot {
  /** The depth it would have. */
  readonly depth: number
  /** Everybody at that depth or nearer, nearest first. */
  readonly neighbours: readonly Address[]
  /** How many others there are by proximity order. */
  readonly sizes: readonly number[]
}

/**
 * What each node of a network should see, judged from the whole of it: the oracle that
 * tests and simulations measure tables against.
 *
 * @param addresses - all full nodes; equal addresses count once.
 * @param n - how many nearest peers make a neighbourhood.
 * @returns by address in hexadecimal digits.
 */
export function peerPots (addresses: Iterable<Address>, n: number = NEIGHBOURS): Map<string, PeerPot> {
  const all = Pot.from(addresses)
  return new Map(Array.from(all, base => [toHex(base), peerPot(base, all, n)]))
}

/** What a node of address `base` should see of `others`, among which it may be itself. */
export function peerPot (base: Address, others: Pot<Address>, n: number = NEIGHBOURS): PeerPot {
  const self = base.length * 8
  const sizes = others.sizes(base).slice(0, self)
  // The count of self would otherwise leave a tail of empty bins behind.
  while (sizes.at(-1) === 0) sizes.pop()
  const depth = depthOf(sizes, n)
  let count = 0
  for (let po = depth; po < sizes.length; po++) count += sizes[po]!
  const near = others.nearest(base, count + 1)
  if (near[0] !== undefined && others.has(base)) near.shift()
  return { depth, neighbours: near.slice(0, count), sizes }
}
