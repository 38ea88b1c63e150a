import { MAX_BIN } from './key.ts'

/**
 * Decides which bins of a peer to take, by our own depth.
 *
 * Of a peer below our depth only the bin we fall in: there we are nearer to the chunks
 * than it is, so they come our way hop by hop. Of a neighbour all bins of the
 * neighbourhood, because each of us keeps all of it.
 *
 * @param po - proximity order of the peer to us.
 */
export function binsFor (po: number, depth: number): number[] {
  if (po < depth) return [Math.min(po, MAX_BIN)]
  const lowest = Math.min(depth, MAX_BIN)
  return Array.from({ length: MAX_BIN + 1 - lowest }, (_, i) => lowest + i)
}

/** From this proximity order on v1.8.15 files all chunks under its highest bin (chunk.md §6). */
export const LEGACY_NEAR = 8

/** Names the bins in which v1.8.15 has what {@link binsFor} asks for: its bins from 8 to 15 are empty. */
export function legacyBins (bins: readonly number[]): number[] {
  return [...new Set(bins.map(bin => bin >= LEGACY_NEAR ? MAX_BIN : bin))]
}
