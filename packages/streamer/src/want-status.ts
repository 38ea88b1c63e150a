import { toHex } from '@skep/pot'
import type { Item } from './item.ts'
import type { WantStatus } from './status.ts'

/** Names the items that are wanted, those first of which asking somebody came to nothing, at most `limit`. */
export function wantStatus (items: Iterable<Item>, limit: number): WantStatus[] {
  const troubled: Item[] = []
  const others: Item[] = []
  for (const item of items) {
    if (troubled.length >= limit) break
    if (isTroubled(item)) troubled.push(item)
    else if (others.length < limit) others.push(item)
  }
  return [...troubled, ...others].slice(0, limit).map(describe)
}

function isTroubled (item: Item): boolean {
  return item.asked.some(state => state !== 'pending' && state !== 'checking')
}

function describe (item: Item): WantStatus {
  const others = new Set<string>()
  for (const [, refs] of item.refs) for (const { batch } of refs) if (!item.asked.has(batch.pull.peer)) others.add(batch.pull.peer.overlay)
  return {
    id: toHex(item.id),
    asked: Array.from(item.asked, ([peer, state]) => ({ peer: peer.overlay, state })),
    others: [...others]
  }
}
