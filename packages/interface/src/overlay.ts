import type { Address } from './address.ts'

/**
 * Who is connected, in order of proximity.
 *
 * @typeParam P - what the overlay keeps of a connected peer.
 */
export interface Overlay<P> {
  /** This node's own address. */
  readonly base: Address

  /** Neighbourhood depth: peers and chunks at this proximity order or nearer are the neighbourhood's. */
  readonly depth: number

  /** Connected full peers with their proximity order to `to` (the base if absent), nearest first; a snapshot. */
  peers (to?: Address): Iterable<[peer: P, po: number]>

  /** Calls `listener` after peers or depth changed, coalesced, never from within the change. Returns the unsubscribe function. */
  onChange (listener: () => void): () => void
}
