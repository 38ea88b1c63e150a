import type { Address, Overlay } from '@skep/interface'
import { compareDistance } from '@skep/pot'

/** What is known of a peer that may be asked. */
export interface Candidate {
  readonly key: string
  readonly overlay: Address
}

/**
 * Sorts the connected peers by how near they are to a chunk: those strictly nearer than
 * we are, and the others, each nearest first and at most `most`.
 */
export function candidates<P extends Candidate> (overlay: Overlay<P>, address: Address, most: number): { nearer: P[], others: P[] } {
  const nearer: P[] = []
  const others: P[] = []
  const sorted = Array.from(overlay.peers(address), ([peer]) => peer)
  // An overlay sorts by proximity order, which leaves peers of one order as they come.
  sorted.sort((a, b) => compareDistance(address, a.overlay, b.overlay))
  for (const peer of sorted) {
    const group = compareDistance(address, peer.overlay, overlay.base) < 0 ? nearer : others
    if (group.length < most) group.push(peer)
  }
  return { nearer, others }
}
