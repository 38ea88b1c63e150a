import type { Address, CloseCode } from '@skep/interface'
import { toHex } from '@skep/pot'
import { Link } from './link.ts'
import type { Limits } from './options.ts'
import type { Reach } from './reach.ts'
import { settle } from './settle.ts'
import type { HivePeer } from './types.ts'

/** Displaced connections of one address that are kept open. */
const MAX_DISPLACED = 4

/** What became of a connection that wants to join. */
export type Joined<P extends HivePeer> =
  | { readonly accepted: true, readonly link: Link<P>, readonly replaced?: Link<P>, readonly displaced?: Link<P>, readonly dropped: readonly P[] }
  | { readonly accepted: false, readonly code: CloseCode }

/**
 * Who is connected, within the limits, and at most one connection to each node.
 *
 * Counts a connection from `admit` on, so that no number of half-made ones exceeds a limit.
 */
export class Connections<P extends HivePeer> {
  readonly #base: Address
  readonly #limits: Limits
  readonly #reach: Reach<P>
  /** The connection in use to each overlay address, in hex. */
  readonly #live = new Map<string, Link<P>>()
  /** Connections that a newer one has displaced, while they are kept open; the newest last. */
  #displaced: { readonly link: Link<P>, readonly until: number }[] = []
  #inbound = 0
  #light = 0
  #pendingInbound = 0
  #pendingOutbound = 0

  constructor (base: Address, limits: Limits, reach: Reach<P>) {
    this.#base = base
    this.#limits = limits
    this.#reach = reach
  }

  /** Connections in use. */
  get size (): number {
    return this.#live.size
  }

  /** Whether no full peer is connected. */
  get isAlone (): boolean {
    return this.#live.size === this.#light
  }

  /** Everything that takes room: in use, displaced, pending. */
  get taken (): number {
    return this.#live.size + this.#displaced.length + this.#pendingInbound + this.#pendingOutbound
  }

  get pendingOutbound (): number {
    return this.#pendingOutbound
  }

  links (): IterableIterator<Link<P>> {
    return this.#live.values()
  }

  /** The link of a connection in use. */
  of (peer: P): Link<P> | undefined {
    const link = this.#live.get(toHex(peer.overlay))
    return link?.peer === peer ? link : undefined
  }

  /** The link of a connection in use or displaced. */
  find (peer: P): Link<P> | undefined {
    return this.of(peer) ?? this.#displaced.find(({ link }) => link.peer === peer)?.link
  }

  has (overlay: Address): boolean {
    return this.#live.has(toHex(overlay))
  }

  admit (initiator: boolean): boolean {
    if (this.taken >= this.#limits.maxConnections) return false
    if (initiator) {
      this.#pendingOutbound++
      return true
    }
    if (this.#pendingInbound >= this.#limits.maxPending) return false
    if (this.#inbound + this.#pendingInbound >= this.#maxInbound()) return false
    this.#pendingInbound++
    return true
  }

  released (initiator: boolean | undefined): void {
    const isOutbound = initiator ?? this.#pendingInbound === 0
    if (isOutbound) this.#pendingOutbound = Math.max(0, this.#pendingOutbound - 1)
    else this.#pendingInbound = Math.max(0, this.#pendingInbound - 1)
  }

  join (peer: P, now: number): Joined<P> {
    this.released(peer.initiator)
    if (peer.overlay.length !== this.#base.length) return { accepted: false, code: 'INVALID_IDENTITY' }
    const id = toHex(peer.overlay)
    if (id === toHex(this.#base)) return { accepted: false, code: 'SELF' }
    const old = this.#live.get(id)
    if (old === undefined) {
      if (!this.#hasRoom(peer)) return { accepted: false, code: 'TOO_MANY_PEERS' }
      return { accepted: true, link: this.#put(peer, now), dropped: [] }
    }
    const settlement = settle(this.#base, peer.overlay, old.peer.initiator, peer.initiator)
    if (settlement === 'refuse') return { accepted: false, code: 'ALREADY_CONNECTED' }
    this.#take(old)
    const dropped: P[] = []
    if (settlement === 'displace') {
      this.#displaced.push({ link: old, until: now + this.#limits.displacedGrace })
      dropped.push(...this.#forget(id, MAX_DISPLACED))
    } else {
      dropped.push(...this.#forget(id, 0), old.peer)
    }
    return { accepted: true, link: this.#put(peer, now), dropped, ...(settlement === 'replace' ? { replaced: old } : { displaced: old }) }
  }

  /**
   * Forgets a connection that has ended.
   *
   * @returns the link that was in use, and the displaced one that takes its place.
   */
  leave (peer: P): { readonly left?: Link<P>, readonly restored?: Link<P> } {
    const left = this.of(peer)
    if (left === undefined) {
      this.#displaced = this.#displaced.filter(({ link }) => link.peer !== peer)
      return {}
    }
    this.#take(left)
    const newest = this.#displaced.filter(({ link }) => link.id === left.id).at(-1)
    if (newest === undefined) return { left }
    this.#displaced = this.#displaced.filter(each => each !== newest)
    const restored = newest.link
    this.#count(restored, 1)
    this.#live.set(restored.id, restored)
    return { left, restored }
  }

  /** Takes back an accepted connection that the table would not have. */
  undo (link: Link<P>): void {
    if (this.#live.get(link.id) === link) this.#take(link)
  }

  /** Displaced connections whose time is over; they are forgotten here. */
  expired (now: number): P[] {
    const out = this.#displaced.filter(({ until }) => until <= now).map(({ link }) => link.peer)
    if (out.length > 0) this.#displaced = this.#displaced.filter(({ until }) => until > now)
    return out
  }

  /** Keeps but the newest displaced connections of one address. */
  #forget (id: string, keep: number): P[] {
    const all = this.#displaced.filter(({ link }) => link.id === id)
    const gone = new Set(all.slice(0, Math.max(0, all.length - keep)))
    if (gone.size > 0) this.#displaced = this.#displaced.filter(each => !gone.has(each))
    return [...gone].map(({ link }) => link.peer)
  }

  #maxInbound (): number {
    return Math.floor(this.#limits.maxConnections * this.#limits.inboundShare)
  }

  #hasRoom (peer: P): boolean {
    if (this.taken >= this.#limits.maxConnections) return false
    if (peer.light && this.#light >= this.#limits.maxLight) return false
    return peer.initiator || this.#inbound < this.#maxInbound()
  }

  #put (peer: P, now: number): Link<P> {
    const link = new Link(peer, this.#limits, this.#reach, now)
    this.#live.set(link.id, link)
    this.#count(link, 1)
    return link
  }

  #take (link: Link<P>): void {
    this.#live.delete(link.id)
    this.#count(link, -1)
  }

  #count (link: Link<P>, by: 1 | -1): void {
    if (!link.peer.initiator) this.#inbound += by
    if (link.peer.light) this.#light += by
  }
}
