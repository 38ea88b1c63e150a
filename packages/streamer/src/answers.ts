import { keyOf } from '@skep/pot'
import { BitVector } from '@skep/wire'
import type { Context } from './effects.ts'
import { ID_SIZE, NO_PROOF } from './messages.ts'
import type { PeerState } from './peer-state.ts'
import { RETRIEVE_REQUEST, wireStream } from './stream-name.ts'

/** How a peer asked for an item. */
export interface Asking {
  /** It can be told that there is none. */
  readonly native: boolean
  /** It wants the item offered to it first. */
  readonly offer: boolean
}

/** An item that was found for a peer that wants it offered. */
export interface Found {
  readonly id: Uint8Array
  readonly data: Uint8Array
}

/** Others' retrieve requests, until they are answered. */
export class Answers {
  readonly #context: Context

  constructor (context: Context) {
    this.#context = context
  }

  /**
   * @param hops - how far it may still go; `undefined` for an old peer's request, which does not say.
   * @param offer - whether the item is to be offered first, as the original does without SkipCheck.
   */
  requested (peer: PeerState, id: Uint8Array, hops: number | undefined, offer: boolean): void {
    if (id.length !== ID_SIZE) return peer.fault(this.#context, 'STREAMER_BAD_MESSAGE', `a request for an id of ${id.length} bytes`)
    const key = keyOf(id)
    if (peer.answering?.has(key) === true) return
    const { maxRequestsPerPeer, maxHops } = this.#context.limits
    if ((peer.answering?.size ?? 0) + peer.found.length >= maxRequestsPerPeer) return this.#notFound(peer, id, hops !== undefined)
    // Who has not subscribed to requests takes no offers of them.
    peer.answering ??= new Map()
    peer.answering.set(key, { native: hops !== undefined, offer: offer && peer.retrieves })
    this.#context.emit({ type: 'answer', peer, id, hops: hops === undefined ? undefined : Math.min(hops, maxHops) })
  }

  answered (peer: PeerState, id: Uint8Array, data: Uint8Array | undefined): void {
    const key = keyOf(id)
    const asking = peer.answering?.get(key)
    if (asking === undefined) return
    peer.answering?.delete(key)
    if (data === undefined) return this.#notFound(peer, id, asking.native)
    if (!asking.offer) return this.#deliver(peer, { id, data })
    peer.found.push({ id, data })
    this.#offer(peer)
  }

  /** The peer has answered an offer of what it requested. Its range counts bytes, and says nothing. */
  wanted (peer: PeerState, Want: Uint8Array): void {
    const offered = peer.foundOffered
    if (offered === undefined) return peer.fault(this.#context, 'STREAMER_UNSOLICITED', 'a Wanted without an offer')
    if (Want.length * 8 < offered.length) return peer.fault(this.#context, 'STREAMER_BAD_MESSAGE', `${Want.length} bytes for ${offered.length} items`)
    peer.foundOffered = undefined
    peer.found.splice(0, offered.length)
    for (const i of BitVector.from(Want, offered.length).ones()) this.#deliver(peer, offered[i]!)
    this.#offer(peer)
  }

  cancelled (peer: PeerState, key: string, id: Uint8Array): void {
    if (peer.answering?.delete(key) === true) this.#context.emit({ type: 'unanswer', peer, id })
  }

  left (peer: PeerState): void {
    for (const key of peer.answering?.keys() ?? []) {
      this.#context.emit({ type: 'unanswer', peer, id: Uint8Array.from(key, char => char.charCodeAt(0)) })
    }
    peer.answering = undefined
    peer.found.length = 0
    peer.foundOffered = undefined
  }

  /** Offers what was found, unless an offer is open. The range counts bytes, as in the original (streamer.md §6). */
  #offer (peer: PeerState): void {
    if (peer.foundOffered !== undefined || peer.found.length === 0) return
    const offered = [...peer.found]
    peer.foundOffered = offered
    const Hashes = new Uint8Array(offered.length * ID_SIZE)
    for (const [i, { id }] of offered.entries()) Hashes.set(id, i * ID_SIZE)
    const from = peer.foundBytes
    peer.foundBytes += Hashes.length
    this.#context.emit({
      type: 'send',
      peer,
      native: false,
      name: 'OfferedHashesMsg',
      value: { Stream: wireStream(RETRIEVE_REQUEST, '', false), From: BigInt(from), To: BigInt(peer.foundBytes), Hashes, HandoverProof: NO_PROOF },
      priority: 3
    })
  }

  #deliver (peer: PeerState, { id, data }: Found): void {
    this.#context.emit({ type: 'send', peer, native: false, name: 'ChunkDeliveryMsg', value: { Addr: id, SData: data }, priority: 3 })
  }

  /** An old peer is told nothing: there is no message for it. */
  #notFound (peer: PeerState, id: Uint8Array, asNative: boolean): void {
    if (asNative) this.#context.emit({ type: 'send', peer, native: true, name: 'NotFoundMsg', value: { Addr: id }, priority: 3 })
  }
}
