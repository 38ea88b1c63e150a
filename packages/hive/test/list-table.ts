import type { HivePeer, Table } from '@skep/hive'
import type { PeerRecord } from '@skep/identity'
import { compareDistance, proximity, toHex } from '@skep/pot'

/** The simplest table that does: everybody known is worth a connection, each once until `retry`. */
export class ListTable<P extends HivePeer> implements Table<P> {
  readonly base: Uint8Array
  depth = 0
  readonly live = new Set<P>()
  readonly records = new Map<string, PeerRecord>()
  readonly #dialled = new Set<string>()
  /** How often a connection was put on. */
  ons = 0

  constructor (base: Uint8Array) {
    this.base = base
  }

  register (records: Iterable<PeerRecord>): void {
    for (const record of records) this.records.set(toHex(record.overlay), record)
  }

  on (peer: P): { accepted: boolean, code?: string } {
    if ([...this.live].some(other => toHex(other.overlay) === toHex(peer.overlay))) return { accepted: false, code: 'DUPLICATE' }
    this.live.add(peer)
    this.ons++
    return { accepted: true }
  }

  off (peer: P): void {
    this.live.delete(peer)
  }

  suggest (): PeerRecord | undefined {
    const live = new Set([...this.live].map(({ overlay }) => toHex(overlay)))
    return [...this.records.values()].find(({ overlay }) => !live.has(toHex(overlay)) && !this.#dialled.has(toHex(overlay)))
  }

  dialled (overlay: Uint8Array): void {
    this.#dialled.add(toHex(overlay))
  }

  /** Lets everybody be dialled again. */
  retry (): void {
    this.#dialled.clear()
  }

  peers (to: Uint8Array = this.base): [P, number][] {
    return [...this.live].filter(({ light }) => !light)
      .sort((a, b) => compareDistance(to, a.overlay, b.overlay))
      .map(peer => [peer, proximity(to, peer.overlay)])
  }

  known (to: Uint8Array = this.base): [PeerRecord, number][] {
    return [...this.records.values()]
      .sort((a, b) => compareDistance(to, a.overlay, b.overlay))
      .map(record => [record, proximity(to, record.overlay)])
  }
}
