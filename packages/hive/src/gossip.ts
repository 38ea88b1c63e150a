import type { Link, News } from './link.ts'
import type { HivePeer } from './types.ts'

/**
 * Chooses what to answer a peer that asks for addresses.
 *
 * Only connected full peers are told, at the depth that was asked for or nearer, and only
 * what the peer does not know. Nearest first within a bin, but the bins take turns: a
 * neighbourhood alone does not fill a table, and thirty of the nearest may all be of one bin.
 *
 * @param peers - the candidates with their proximity order to the peer, nearest first.
 * @param count - the most to tell.
 */
export function answer<P extends HivePeer> (peers: Iterable<readonly [P, number]>, link: Link<P>, count: number): News[] {
  const bins = new Map<number, News[]>()
  for (const [peer, po] of peers) {
    if (po < link.depth) break
    const news = link.newsOf(peer)
    if (news === undefined) continue
    const bin = bins.get(po)
    if (bin === undefined) bins.set(po, [news])
    else bin.push(news)
  }
  const out: News[] = []
  for (let turn = 0; out.length < count; turn++) {
    const before = out.length
    for (const bin of bins.values()) {
      const news = bin[turn]
      if (news !== undefined && out.length < count) out.push(news)
    }
    if (out.length === before) break
  }
  return out
}
