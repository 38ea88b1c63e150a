import type { Address, Overlay } from '@skep/interface'
import { proximity } from '@skep/pot'

/** Everybody is everybody's neighbour: right for a handful of nodes that all keep everything. */
export class FullMesh<P extends { readonly overlay: Address }> implements Overlay<P> {
  readonly base: Address
  readonly depth = 0
  readonly #peers = new Set<P>()
  readonly #listeners = new Set<() => void>()

  constructor (base: Address) { this.base = base }

  on (peer: P): void {
    this.#peers.add(peer)
    for (const listener of this.#listeners) void Promise.resolve().then(listener)
  }

  peers (to: Address = this.base): [P, number][] {
    const rows = [...this.#peers].map((peer): [P, number] => [peer, proximity(to, peer.overlay)])
    return rows.sort(([, a], [, b]) => b - a)
  }

  onChange (listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }
}
