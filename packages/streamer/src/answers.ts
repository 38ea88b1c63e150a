import type { Context } from './effects.ts'
import { ID_SIZE } from './messages.ts'
import type { PeerState } from './peer-state.ts'
import { idKey } from './stream-name.ts'

/** Others' retrieve requests, until they are answered. */
export class Answers {
  readonly #context: Context

  constructor (context: Context) {
    this.#context = context
  }

  /** @param hops - how far it may still go; `undefined` for an old peer's request, which does not say. */
  requested (peer: PeerState, id: Uint8Array, hops: number | undefined): void {
    if (id.length !== ID_SIZE) return peer.fault(this.#context, 'STREAMER_BAD_MESSAGE', `a request for an id of ${id.length} bytes`)
    const key = idKey(id)
    if (peer.answering.has(key)) return
    const { maxRequestsPerPeer, maxHops } = this.#context.limits
    if (peer.answering.size >= maxRequestsPerPeer) return this.#notFound(peer, id, hops !== undefined)
    peer.answering.set(key, hops !== undefined)
    this.#context.emit({ type: 'answer', peer, id, hops: hops === undefined ? undefined : Math.min(hops, maxHops) })
  }

  answered (peer: PeerState, id: Uint8Array, data: Uint8Array | undefined): void {
    const key = idKey(id)
    const asNative = peer.answering.get(key)
    if (asNative === undefined) return
    peer.answering.delete(key)
    if (data === undefined) return this.#notFound(peer, id, asNative)
    this.#context.emit({ type: 'send', peer, native: false, name: 'ChunkDeliveryMsg', value: { Addr: id, SData: data }, priority: 3 })
  }

  cancelled (peer: PeerState, key: string, id: Uint8Array): void {
    if (peer.answering.delete(key)) this.#context.emit({ type: 'unanswer', peer, id })
  }

  left (peer: PeerState): void {
    for (const key of peer.answering.keys()) {
      this.#context.emit({ type: 'unanswer', peer, id: Uint8Array.from(key, char => char.charCodeAt(0)) })
    }
    peer.answering.clear()
  }

  /** An old peer is told nothing: there is no message for it. */
  #notFound (peer: PeerState, id: Uint8Array, asNative: boolean): void {
    if (asNative) this.#context.emit({ type: 'send', peer, native: true, name: 'NotFoundMsg', value: { Addr: id }, priority: 3 })
  }
}
