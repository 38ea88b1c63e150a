import { markOf, RecentIds, type Mark } from './recent-ids.ts'
import type { PeerState } from './peer-state.ts'

/** Items stored lately that are remembered, a power of two: a few batches of each of many peers. */
const MAX_RECENT = 8_192

/** Items that a peer has which are remembered, a power of two: 64 KiB for each peer that has offered something lately. */
const MAX_HAD = 8_192

/** Which items have come lately, and which of them a peer has as well: what need not be asked about, and not be offered. */
export class Known {
  /** What was stored lately, by space. */
  readonly #recent = new Map<string, RecentIds>()

  /** What was stored lately in a space; `undefined` when nothing was. */
  recent (space: string): RecentIds | undefined {
    return this.#recent.get(space)
  }

  /** An item was stored. */
  stored (space: string, id: Uint8Array): void {
    let recent = this.#recent.get(space)
    if (recent === undefined) this.#recent.set(space, recent = new RecentIds(MAX_RECENT))
    recent.add(markOf(id))
  }

  /** A peer has offered what is here now: it need not be offered back. */
  has (peer: PeerState, space: string, mark: Mark): void {
    let has = peer.has.get(space)
    if (has === undefined) peer.has.set(space, has = new RecentIds(MAX_HAD))
    has.add(mark)
  }

  /** A peer has offered what it has not got, and may be offered it. */
  lacks (peer: PeerState, id: Uint8Array): void {
    const mark = markOf(id)
    for (const has of peer.has.values()) has.delete(mark)
  }
}
