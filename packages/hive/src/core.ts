import { recordFromBzzAddr, verifyRecord, type Curve, type IdentityError, type PeerRecord, type SignedRecord } from '@skep/identity'
import type { Address, Random } from '@skep/interface'
import { proximity } from '@skep/pot'
import { Connections } from './connections.ts'
import { Dials } from './dials.ts'
import type { Effect, Input, WireRecord } from './effects.ts'
import { answer } from './gossip.ts'
import { Known } from './known.ts'
import type { Link, News } from './link.ts'
import type { Limits } from './options.ts'
import { SAME_SCHEMES, type Reach } from './reach.ts'
import { underlaysForScope } from './scopes.ts'
import { isLower } from './settle.ts'
import { Tokens } from './tokens.ts'
import type { HivePeer, Table } from './types.ts'

/** The most that fits the one byte of a depth on the wire. */
const MAX_DEPTH = 255
/** What by itself gives no reason to dial somebody. */
const IDLE: ReadonlySet<Input<never>['type']> = new Set(['open', 'peers', 'records', 'subPeers'])
/** Suggestions looked at in one step: a table that repeats itself must not hold us up. */
const MAX_TURNS = 64

/**
 * Peer discovery with the network taken out.
 *
 * Time comes in through `step`; messages, dials and what is to be kept go out as effects.
 * Nothing here waits, so a test can replay a year in a moment. No peer can make it throw.
 */
export class HiveCore<P extends HivePeer> {
  readonly #table: Table<P>
  readonly #limits: Limits
  readonly #reach: Reach<P>
  readonly #random: Pick<Random, 'float'>
  readonly #curve: Pick<Curve, 'recover'> | undefined
  readonly #connections: Connections<P>
  readonly #dials: Dials
  /** Who was connected when the node last ran, the best first: dialled before all others. */
  #formerly: PeerRecord[] = []
  /** Peers that did not answer and are said to be elsewhere now: the table's back-off does not know that yet. */
  #moved: PeerRecord[] = []
  readonly #known: Known
  /** Signatures that may be checked, for all peers together. */
  readonly #verifications: Tokens
  #depthAt = -Infinity
  #depthTold: number | undefined
  /** When the shell was asked to wake us. */
  #wakeAt: number | undefined
  #refreshAt: number | undefined
  #isStarted = false
  /** Whether this step brought addresses that were not known. */
  #hasNews = false
  #effects: Effect<P>[] = []

  constructor (
    needs: { table: Table<P>, random: Pick<Random, 'float'>, curve?: Pick<Curve, 'recover'> | undefined, reach?: Reach<P> | undefined },
    limits: Limits
  ) {
    this.#table = needs.table
    this.#limits = limits
    this.#reach = needs.reach ?? SAME_SCHEMES
    this.#random = needs.random
    this.#curve = needs.curve
    this.#connections = new Connections(needs.table.base, limits, this.#reach)
    this.#dials = new Dials(limits, needs.random)
    this.#known = new Known(limits.maxBook, limits.maxUnderlays, underlays => this.#reach.ours(underlays))
    this.#verifications = new Tokens(limits.totalVerifyBurst, limits.totalVerifyInterval, 0)
  }

  /** Connections in use, dials on their way, and the size of all tables: what a test bounds. */
  get counts (): { readonly connections: number, readonly taken: number, readonly dials: number, readonly told: number, readonly known: number } {
    const told = [...this.#connections.links()].reduce((sum, link) => sum + link.told, 0)
    return { connections: this.#connections.size, taken: this.#connections.taken, dials: this.#dials.size, told, known: this.#known.size }
  }

  /** The connections in use. */
  links (): Iterable<Link<P>> {
    return this.#connections.links()
  }

  /** Whether another connection may begin its handshake; it counts until it joins or is released. */
  admit (initiator: boolean): boolean {
    return this.#connections.admit(initiator)
  }

  /** Whether a connection to the address is in use. */
  isConnected (overlay: Address): boolean {
    return this.#connections.has(overlay)
  }

  /** A connection that was admitted will not join. */
  released (initiator?: boolean): void {
    this.#connections.released(initiator)
  }

  /**
   * Takes note of what happened and says what to do about it.
   *
   * @param now - monotonic time in milliseconds.
   */
  step (now: number, input: Input<P>): Effect<P>[] {
    this.#effects = []
    this.#hasNews = false
    switch (input.type) {
      case 'start': this.#start(input.connected, input.known, input.heard ?? []); break
      case 'bootstrap': this.#dials.bootstrap(this.#reach.ours(input.underlays), now); break
      case 'join': this.#join(now, input.peer); break
      case 'open': this.#open(now, input.peer, input.isNative === true); break
      case 'leave': this.#leave(now, input.peer); break
      case 'peers': this.#peers(now, input.from, input.records); break
      case 'records': this.#records(now, input.from, input.records); break
      case 'subPeers': this.#subPeers(now, input.from, input.depth); break
      case 'dialled': this.#dialled(now, input); break
      case 'tick': this.#tick(now); break
    }
    this.#announceDepth(now)
    // Asking the table costs a look at all it knows: not for each message of a stranger.
    if (!IDLE.has(input.type) || this.#hasNews) this.#pump(now)
    const { nextAt } = this.#dials
    if (nextAt !== undefined && nextAt !== this.#wakeAt) this.#effects.push({ type: 'wake', after: nextAt - now })
    this.#wakeAt = nextAt
    return this.#effects
  }

  #start (connected: readonly PeerRecord[], known: readonly PeerRecord[], heard: readonly PeerRecord[]): void {
    this.#isStarted = true
    const reached = known.flatMap(record => this.#known.reached(record) ?? [])
    this.#formerly = connected.flatMap(record => this.#known.reached(record) ?? [])
    this.#table.register([...this.#formerly, ...reached, ...heard.flatMap(record => this.#known.told(record) ?? [])])
  }

  #join (now: number, peer: P): void {
    const joined = this.#connections.join(peer, now)
    if (!joined.accepted) {
      this.#effects.push({ type: 'refuse', peer, code: joined.code })
      return
    }
    const { link } = joined
    const old = joined.replaced ?? joined.displaced
    if (old !== undefined) this.#table.off(old.peer)
    const on = this.#table.on(peer)
    for (const dropped of joined.dropped) this.#effects.push({ type: 'drop', peer: dropped, code: 'ALREADY_CONNECTED' })
    if (!on.accepted) {
      this.#connections.undo(link)
      this.#effects.push({ type: 'refuse', peer, code: on.code === 'SELF' ? 'SELF' : on.code === 'DUPLICATE' ? 'ALREADY_CONNECTED' : 'INVALID_IDENTITY' })
      return
    }
    this.#effects.push({ type: 'accept', peer }, { type: 'changed' })
    if (peer.light) return
    if (peer.record.underlays.length > 0) {
      const record = this.#known.reached(peer.record, peer.signed)
      if (record !== undefined) this.#table.register([record])
      // The book keeps them all: the node may have other transports the next time.
      this.#effects.push({ type: 'save', record: peer.record, connected: true })
    }
    this.#broadcast(now, peer)
  }

  #open (now: number, peer: P, isNative: boolean): void {
    const link = this.#connections.find(peer)
    if (link === undefined) return
    link.isOpen = true
    link.isNative = isNative
    this.#greet(now, link)
  }

  /** What a connection in use hears as soon as it can. */
  #greet (now: number, link: Link<P>): void {
    if (!link.isOpen || this.#connections.of(link.peer) !== link) return
    this.#tellDepth(link)
    this.#answerIfOwed(now, link)
  }

  #leave (now: number, peer: P): void {
    const { left, restored } = this.#connections.leave(peer)
    if (left === undefined) return
    this.#table.off(peer)
    this.#effects.push({ type: 'changed' })
    if (restored !== undefined) {
      this.#table.on(restored.peer)
      this.#greet(now, restored)
    } else if (!peer.light && peer.record.underlays.length > 0) {
      this.#effects.push({ type: 'save', record: peer.record, connected: false })
    }
    if (this.#connections.isAlone) this.#dials.rest(now)
  }

  /** Tells the peers nearest to a new one about it, as far as they want to hear of it. */
  #broadcast (now: number, newcomer: P): void {
    if (!this.#limits.discovery) return
    const light = [...this.#connections.links()].filter(link => link.peer.light)
    const full = [...this.#table.peers(newcomer.overlay)].map(([peer]) => this.#connections.of(peer)).filter(link => link !== undefined)
    let left = this.#limits.peersBroadcastSetSize
    for (const link of [...full, ...light]) {
      if (left === 0) return
      if (!link.isOpen || proximity(newcomer.overlay, link.peer.overlay) < link.depth) continue
      const news = link.newsOf(newcomer)
      if (news === undefined || link.outgoing.take(now) === 0) continue
      this.#tell(link, [news])
      left--
    }
  }

  #peers (now: number, from: P, records: readonly WireRecord[]): void {
    const link = this.#connections.find(from)
    if (!this.#isWithinRate(now, from, link) || link === undefined) return
    const allowed = link.incoming.take(now, Math.min(records.length, this.#limits.maxPeersPerRequest))
    const news: PeerRecord[] = []
    for (const each of records.slice(0, allowed)) {
      const record = this.#read(link, each)
      if (record === undefined) continue
      link.knows({ record })
      const merged = this.#known.told(record)
      if (merged === undefined) continue
      news.push(merged)
      if (this.#known.isMissed(record.overlay)) this.#hasMoved(merged)
    }
    this.#register(news)
  }

  #records (now: number, from: P, records: readonly SignedRecord[]): void {
    const link = this.#connections.find(from)
    if (!this.#isWithinRate(now, from, link) || link === undefined) return
    const allowed = link.incoming.take(now, Math.min(records.length, this.#limits.maxPeersPerRequest))
    const news: PeerRecord[] = []
    for (const record of records.slice(0, allowed)) {
      const underlays = underlaysForScope(link.scope, record.underlays)
      if (underlays.length === 0 || isSame(record.overlay, this.#table.base)) continue
      link.knows({ signed: record })
      const usable = this.#reach.ours(underlays)
      if (usable.length === 0 || this.#known.isCurrent(record)) continue
      // Over the budget a record is passed over, not held against the peer.
      if (link.verifications.available(now) === 0 || this.#verifications.take(now) === 0) break
      link.verifications.take(now)
      if (!isSigned(record, this.#curve)) {
        this.#effects.push({ type: 'fault', peer: from, code: 'HIVE_BAD_SIGNATURE', why: 'a record that its owner did not sign' })
        break
      }
      const wasMissed = this.#known.isMissed(record.overlay)
      const merged = this.#known.signed(record, usable)
      news.push(merged)
      if (wasMissed) this.#hasMoved(merged)
    }
    this.#register(news)
  }

  #register (news: PeerRecord[]): void {
    if (news.length === 0) return
    this.#table.register(news)
    this.#hasNews = true
    this.#effects.push({ type: 'changed' })
  }

  /** A peer that did not answer is said to be elsewhere: that is worth a dial at once. */
  #hasMoved (record: PeerRecord): void {
    if (this.#moved.length < this.#limits.maxDials) this.#moved.push(record)
  }

  /** What a stranger's record comes to; bad ones are passed over, since honest peers of the original relay what they get. */
  #read (link: Link<P>, wire: WireRecord): PeerRecord | undefined {
    try {
      const { overlay, underlays } = recordFromBzzAddr(wire)
      const allowed = underlaysForScope(link.scope, underlays)
      return allowed.length === 0 || isSame(overlay, this.#table.base) ? undefined : { overlay, underlays: allowed }
    } catch (error) {
      if ((error as Partial<IdentityError>).code === 'IDENTITY_BAD_RECORD') return undefined
      throw error
    }
  }

  #subPeers (now: number, from: P, depth: number): void {
    const link = this.#connections.find(from)
    if (!this.#isWithinRate(now, from, link) || link === undefined) return
    link.depth = depth
    link.isOwed = true
    this.#answerIfOwed(now, link)
  }

  #answerIfOwed (now: number, link: Link<P>): void {
    if (!link.isOwed || !link.isOpen || this.#connections.of(link.peer) !== link || !this.#limits.discovery || link.answers.take(now) === 0) return
    link.isOwed = false
    const count = Math.min(this.#limits.maxPeersPerRequest, link.outgoing.available(now))
    const news = answer(this.#table.peers(link.peer.overlay), link, count)
    link.outgoing.take(now, news.length)
    this.#tell(link, news)
  }

  #isWithinRate (now: number, peer: P, link: Link<P> | undefined): boolean {
    if (link === undefined || link.messages.take(now) === 1) return true
    this.#effects.push({ type: 'fault', peer, code: 'HIVE_FLOOD', why: 'more messages than an honest peer sends' })
    return false
  }

  #tell (link: Link<P>, news: readonly News[]): void {
    for (const each of news) link.knows(each)
    const records = news.flatMap(({ record }) => record ?? [])
    const signed = news.flatMap(each => each.signed ?? [])
    if (records.length > 0) this.#effects.push({ type: 'peers', to: link.peer, records })
    if (signed.length > 0) this.#effects.push({ type: 'records', to: link.peer, records: signed })
  }

  #tellDepth (link: Link<P>): void {
    if (!this.#limits.discovery) return
    link.depthTold = Math.min(MAX_DEPTH, this.#table.depth)
    this.#effects.push({ type: 'subPeers', to: link.peer, depth: link.depthTold })
  }

  /** Tells a changed depth to all, but not more often than the interval allows. */
  #announceDepth (now: number): void {
    const depth = Math.min(MAX_DEPTH, this.#table.depth)
    if (depth === this.#depthTold || now - this.#depthAt < this.#limits.depthInterval) return
    this.#depthTold = depth
    this.#depthAt = now
    for (const link of this.#connections.links()) {
      if (link.isOpen && link.depthTold !== depth) this.#tellDepth(link)
    }
  }

  #dialled (now: number, { id, ok, missed = [], reached }: Extract<Input<P>, { type: 'dialled' }>): void {
    this.#dials.tried(missed, reached, now)
    const target = this.#dials.end(id, ok, now)
    if (target?.overlay === undefined || ok || this.#connections.has(target.overlay)) return
    this.#known.missed(target.overlay)
  }

  #tick (now: number): void {
    for (const peer of this.#connections.expired(now)) this.#effects.push({ type: 'drop', peer, code: 'ALREADY_CONNECTED' })
    const links = [...this.#connections.links()].filter(link => link.isOpen)
    for (const link of links) this.#answerIfOwed(now, link)
    this.#refreshAt ??= now + this.#limits.refreshInterval
    if (now < this.#refreshAt || links.length === 0) return
    this.#refreshAt = now + this.#limits.refreshInterval
    this.#tellDepth(links[Math.floor(this.#random.float() * links.length)]!)
  }

  /** Dials whoever is worth it, while there is room. */
  #pump (now: number): void {
    if (!this.#isStarted) return
    for (const { id, target } of this.#dials.due(now)) {
      // It dialled us while we waited.
      if (target.overlay !== undefined && this.#connections.has(target.overlay)) this.#dials.end(id, true, now)
      else this.#effects.push({ type: 'dial', id, target })
    }
    if (this.#connections.isAlone) {
      for (const dial of this.#dials.beginBootstraps(now)) this.#effects.push({ type: 'dial', id: dial.id, target: dial.target })
    }
    for (let turn = 0; turn < MAX_TURNS && this.#dials.hasRoom && this.#hasRoomToDial(); turn++) {
      const urgent = this.#formerly.shift() ?? this.#moved.shift()
      const record = urgent ?? this.#table.suggest()
      if (record === undefined) return
      this.#table.dialled(record.overlay)
      const usable = new Set(this.#reach.ours(record.underlays))
      const target = { overlay: record.overlay, underlays: this.#dials.inOrder(record.underlays.filter(underlay => usable.has(underlay)), now) }
      if (target.underlays.length === 0 || this.#connections.has(target.overlay) || this.#dials.has(target)) continue
      // Two nodes that hear of each other at once would both dial, and one of the two would be for nothing.
      const yields = urgent === undefined && isLower(target.overlay, this.#table.base)
      const dial = this.#dials.begin(target, now, yields ? now + this.#limits.yieldInterval : now)
      if (dial !== undefined) this.#effects.push({ type: 'dial', id: dial.id, target })
    }
  }

  /** Dials on their way take room too, admitted already or not. */
  #hasRoomToDial (): boolean {
    const notAdmitted = Math.max(0, this.#dials.size - this.#connections.pendingOutbound)
    return this.#connections.taken + notAdmitted < this.#limits.maxConnections
  }
}

function isSigned (record: SignedRecord, curve: Pick<Curve, 'recover'> | undefined): boolean {
  try {
    verifyRecord(record, curve)
    return true
  } catch (error) {
    if ((error as Partial<IdentityError>).code === 'IDENTITY_BAD_SIGNATURE') return false
    throw error
  }
}

function isSame (a: Address, b: Address): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
