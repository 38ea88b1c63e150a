import type { Address, Clock, Overlay, Random } from '@skep/interface'
import { MutablePot, Pot, proximity } from '@skep/pot'
import { balanced } from './balanced.ts'
import { Book, type RefusedCode } from './book.ts'
import type { Entry, KadPeer, KadRecord } from './entry.ts'
import { healthOf, type Health, type MissingNeighbour } from './health.ts'
import { Notice, type Change } from './notice.ts'
import { settingsOf, type KademliaOptions, type Settings } from './options.ts'
import { peerPot, type PeerPot } from './peer-pots.ts'
import type { Policy, View } from './policy.ts'
import { snapshotOf, type TableSnapshot } from './snapshot.ts'
import { tableText } from './text.ts'

/** What {@link Kademlia.register} made of some records. */
export interface RegisterResult {
  /** How many addresses are new. */
  readonly added: number
  /** How many known addresses have other underlays now. */
  readonly updated: number
  /** The others, and why; known ones without news are not among them. */
  readonly refused: readonly { readonly overlay: Address, readonly code: RefusedCode }[]
}

/** What {@link Kademlia.on} made of a connection. */
export interface OnResult {
  /** Whether the connection is the table's now. One that is not never touches another. */
  readonly accepted: boolean
  /** Why it is not: our own address, one with a live connection, or one of another length. */
  readonly code?: 'SELF' | 'DUPLICATE' | 'BAD_ADDRESS'
  readonly depth: number
  /** Whether depth is another than before. */
  readonly changed: boolean
}

/**
 * A Kademlia table: who is known, who is connected, how deep the neighbourhood is and
 * whom to dial next. It dials nobody itself, and waits for nothing.
 *
 * @typeParam R - a record, that says how to dial an address.
 * @typeParam P - a live connection.
 *
 * @example
 * ```ts
 * import { Kademlia, type KadPeer, type KadRecord } from '@skep/kademlia'
 * import { SeededRandom, VirtualClock } from '@skep/sim'
 *
 * const random = new SeededRandom(1)
 * const table = new Kademlia<KadRecord, KadPeer>({ base: random.bytes(32), clock: new VirtualClock(), random })
 * table.register([{ overlay: random.bytes(32), underlays: ['tcp://127.0.0.1:1634'] }])
 * const record = table.suggest()
 * if (record !== undefined) {
 *   table.dialled(record.overlay)
 *   table.on({ overlay: record.overlay }) // once it is connected
 * }
 * ```
 */
export class Kademlia<R extends KadRecord, P extends KadPeer> implements Overlay<P> {
  /** This node's own address. */
  readonly base: Address
  readonly #clock: Clock
  readonly #random: Random
  readonly #settings: Settings
  readonly #policy: Policy
  readonly #book: Book<R, P>
  readonly #live = new MutablePot<Entry<R, P>>()
  readonly #light = new MutablePot<P>()
  readonly #notice: Notice
  readonly #dialable = ({ peer, record }: Entry<R, P>): boolean => {
    if (peer !== undefined || record === undefined || record.underlays?.length === 0) return false
    return this.#settings.reachable === undefined || this.#settings.reachable(record)
  }

  #sizes: readonly number[] = []
  #depth = 0
  #dials = 0

  /** @throws RangeError - if the base is not 32 bytes, or an option makes no sense. */
  constructor (needs: { readonly base: Address, readonly clock: Clock, readonly random: Random }, options: KademliaOptions = {}) {
    if (needs.base.length !== 32) throw new RangeError(`an overlay address has 32 bytes, not ${needs.base.length}`)
    this.base = needs.base
    this.#clock = needs.clock
    this.#random = needs.random
    this.#settings = settingsOf(options)
    this.#policy = (options.policy ?? balanced)()
    this.#book = new Book(needs.base, this.#settings)
    this.#notice = new Notice(needs.clock)
  }

  /** Neighbourhood depth of the live full peers. */
  get depth (): number {
    return this.#depth
  }

  /** The first bin that lacks peers, depth if none does; as the policy has it. */
  get saturation (): number {
    return this.#policy.saturation(this.view())
  }

  /**
   * Takes in addresses. Nothing in them is trusted: what does not fit is reported, never
   * thrown. Of a known address the underlays are replaced.
   */
  register (records: Iterable<R>): RegisterResult {
    const refused: { overlay: Address, code: RefusedCode }[] = []
    let added = 0
    let updated = 0
    for (const record of records) {
      const outcome = this.#take(record)
      if (outcome === 'added') added++
      else if (outcome === 'updated') updated++
      else if (outcome !== 'unchanged') refused.push({ overlay: record.overlay, code: outcome })
    }
    return { added, updated, refused }
  }

  /** A connection has begun. A light peer is connected and no more: it has no part in depth, suggestions or {@link Kademlia.peers}. */
  on (peer: P): OnResult {
    const code = this.#collision(peer.overlay)
    if (code !== undefined) return { accepted: false, code, depth: this.#depth, changed: false }
    if (peer.light === true) {
      this.#light.add(peer)
      const known = this.#book.entries.get(peer.overlay)
      if (known !== undefined) this.#book.remove(known)
      return { accepted: true, depth: this.#depth, changed: this.#changed() }
    }
    const now = this.#clock.now()
    const entry = this.#book.enter(peer.overlay, proximity(this.base, peer.overlay), now)
    entry.peer = peer
    entry.since = entry.succeededAt = now
    this.#live.add(entry)
    const changed = this.#changed()
    this.#policy.connected(entry, this.view())
    return { accepted: true, depth: this.#depth, changed }
  }

  /** A connection has ended. One that the table does not have is ignored, whatever address it claims. */
  off (peer: P): void {
    if (peer.overlay.length !== this.base.length) return
    if (this.#light.get(peer.overlay) === peer) {
      this.#light.remove(peer.overlay)
      this.#changed()
    }
    const entry = this.#live.get(peer.overlay)
    if (entry?.peer !== peer) return
    this.#policy.disconnected(entry, this.view())
    entry.peer = undefined
    entry.since = this.#clock.now()
    this.#live.remove(entry.overlay)
    this.#book.loosen(entry)
    // Without a record there is nothing to dial.
    if (entry.record === undefined) this.#book.remove(entry)
    this.#changed()
  }

  /** Whom to dial next, `undefined` for nobody now. Nothing changes: say {@link Kademlia.dialled} when an attempt begins. */
  suggest (): R | undefined {
    return this.#policy.suggest(this.view()).entry?.record
  }

  /** An attempt to dial begins. The address is not suggested again before its wait is over. */
  dialled (overlay: Address): void {
    const entry = this.#entry(overlay)
    if (entry === undefined) return
    this.#dials++
    this.#policy.dialled(entry, this.view(), this.#random)
    this.#book.loosen(entry)
  }

  /** Forgets an address that is not connected. */
  forget (overlay: Address): void {
    const entry = this.#entry(overlay)
    if (entry !== undefined && entry.peer === undefined) this.#book.remove(entry)
  }

  /** Connected full peers with their proximity order to `to`, in exact order of distance; a snapshot. */
  peers (to: Address = this.base): [peer: P, po: number][] {
    return this.#live.nearest(to).map(({ overlay, peer }) => [peer!, proximity(to, overlay)])
  }

  /** Connected light peers. */
  lightPeers (): P[] {
    return this.#light.toArray()
  }

  /** Records with their proximity order to `to`, in exact order of distance, connected or not; a snapshot. */
  known (to: Address = this.base): [record: R, po: number][] {
    return this.#book.entries.nearest(to).flatMap(({ overlay, record }): [R, number][] => record === undefined ? [] : [[record, proximity(to, overlay)]])
  }

  /** Calls `listener` after peers or depth changed, once for all changes of a moment. Returns the unsubscribe function. */
  onChange (listener: (change: Change) => void): () => void {
    return this.#notice.subscribe(listener)
  }

  /** Connected full peers and known addresses by proximity order, up to the last bin that has any. */
  bins (): { po: number, connected: number, known: number }[] {
    const known = this.#book.sizes
    const bins = known.map((count, po) => ({ po, connected: this.#sizes[po] ?? 0, known: count }))
    return bins.slice(0, lastFilled(known) + 1)
  }

  /**
   * How good the table is.
   *
   * @param expected - what it should see, from `peerPots`. Without it the table is
   *   measured against what it knows itself.
   */
  health (expected?: PeerPot): Health {
    const view = this.view()
    const { neighbours } = this.#settings
    return healthOf({
      depth: this.#depth,
      sizes: this.#sizes,
      connected: overlay => this.#live.has(overlay),
      reason: overlay => this.#reason(overlay, view)
    }, expected ?? peerPot(this.base, Pot.from(Array.from(this.#book.entries, ({ overlay }) => overlay)), neighbours))
  }

  /**
   * Connected peers that may go: in each bin below depth those above `maxBinSize`, the
   * latest first to go. Nobody of the neighbourhood is among them.
   */
  prune (): P[] {
    const { maxBinSize } = this.#settings
    const spare: P[] = []
    for (const bin of this.#live.eachBin(this.base)) {
      if (bin.po >= this.#depth) break
      if (bin.size <= maxBinSize) continue
      const oldestFirst = [...bin].sort((a, b) => a.since - b.since)
      for (const { peer } of oldestFirst.slice(maxBinSize)) spare.push(peer!)
    }
    return spare
  }

  /** What a policy sees; for tests, and for looking into a table. */
  view (): View<R, P> {
    return {
      base: this.base,
      settings: this.#settings,
      now: this.#clock.now(),
      live: this.#live,
      known: this.#book.entries,
      sizes: this.#sizes,
      depth: this.#depth,
      dials: this.#dials,
      dialable: this.#dialable
    }
  }

  /** The table as text, in the form of the original's (kademlia §6). */
  toString (): string {
    return tableText(this.view(), this.#clock.wall(), this.#policy.lastRowAlone !== true)
  }

  /** The table as plain data, for pages. */
  toJSON (): TableSnapshot {
    return snapshotOf(this.view(), this.saturation, this.#light.size)
  }


  #take (record: R): ReturnType<Book<R, P>['put']> {
    const { overlay } = record
    if (overlay.length !== this.base.length) return 'BAD_ADDRESS'
    const po = proximity(this.base, overlay)
    if (po === this.base.length * 8) return 'SELF'
    return this.#light.size > 0 && this.#light.has(overlay) ? 'LIGHT' : this.#book.put(record, po, this.#clock.now())
  }

  #collision (overlay: Address): OnResult['code'] {
    if (overlay.length !== this.base.length) return 'BAD_ADDRESS'
    if (proximity(this.base, overlay) === this.base.length * 8) return 'SELF'
    return this.#light.has(overlay) || this.#live.has(overlay) ? 'DUPLICATE' : undefined
  }

  #entry (overlay: Address): Entry<R, P> | undefined {
    return overlay.length === this.base.length ? this.#book.entries.get(overlay) : undefined
  }

  #reason (overlay: Address, view: View<R, P>): Omit<MissingNeighbour, 'overlay'> {
    const entry = this.#entry(overlay)
    if (entry === undefined) return { why: 'UNKNOWN' }
    if (!this.#dialable(entry)) return { why: 'REFUSED' }
    const until = this.#policy.nextAttempt(entry, view)
    return until > view.now ? { why: 'WAITING', until } : { why: 'CALLABLE' }
  }

  /** Peers have changed; returns whether depth has. */
  #changed (): boolean {
    const before = this.#depth
    this.#sizes = this.#live.sizes(this.base)
    this.#depth = this.#policy.depth(this.view())
    this.#notice.changed(this.#depth !== before)
    return this.#depth !== before
  }
}

function lastFilled (sizes: readonly number[]): number {
  for (let po = sizes.length - 1; po >= 0; po--) if (sizes[po]! > 0) return po
  return -1
}
