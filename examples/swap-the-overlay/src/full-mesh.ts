import type { Address, Overlay } from '@skep/interface'
import { compareDistance, proximity, toHex } from '@skep/pot'

/** Everybody is everybody's neighbour: right for a handful of nodes that all keep everything. */
export class FullMesh<P extends { readonly overlay: Address }> implements Overlay<P> {
  readonly base: Address
  readonly depth = 0
  readonly #peers = new Map<string, P>()
  readonly #listeners = new Set<() => void>()
  #told = Promise.resolve()

  constructor (base: Address) { this.base = base }

  on (peer: P): boolean {
    const key = toHex(peer.overlay)
    if (this.#peers.has(key) || key === toHex(this.base)) return false
    this.#peers.set(key, peer)
    this.#tell()
    return true
  }

  off (peer: P): void {
    if (this.#peers.get(toHex(peer.overlay)) !== peer) return
    this.#peers.delete(toHex(peer.overlay))
    this.#tell()
  }

  peers (to = this.base): [P, number][] {
    const nearest = [...this.#peers.values()].sort((a, b) => compareDistance(to, a.overlay, b.overlay))
    return nearest.map(peer => [peer, proximity(to, peer.overlay)])
  }

  onChange (listener: () => void): () => void {
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => { this.#listeners.delete(own) }
  }

  /** Several changes at once are told once. */
  #tell (): void {
    const told = this.#told = Promise.resolve().then(() => {
      if (told === this.#told) for (const listener of this.#listeners) listener()
    })
  }
}
