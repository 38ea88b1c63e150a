import type { Clock, CloseCode, Conn, Random, Store } from '@skep/interface'
import { recordToBzzAddr, signedRecordFromWire, signedRecordToWire, type Curve, type PeerRecord, type SignedRecord, type WireRecord } from '@skep/identity'
import { Peer } from '@skep/wire'
import { AddressBook } from './book.ts'
import { HiveCore } from './core.ts'
import type { Effect, Input } from './effects.ts'
import { HiveError } from './errors.ts'
import { peerInfoOf, type HiveEvent, type PeerInfo } from './events.ts'
import { hiveSpec, nativeHiveSpec } from './message.ts'
import { limitsOf, type HiveOptions, type Limits } from './options.ts'
import type { Reach } from './reach.ts'
import type { DialTarget, HivePeer, Table } from './types.ts'

/** The conns of one peer. */
interface Channels {
  readonly hive: Peer<typeof hiveSpec>
  readonly native?: Peer<typeof nativeHiveSpec>
}

/**
 * Tells peers about peers, and keeps the node connected.
 *
 * The connections are the caller's: it dials when asked, shakes hands, and lets hive say who
 * may stay.
 *
 * @example
 * ```ts
 * import type { Conn, Clock, Random, Store } from '@skep/interface'
 * import { Hive, type DialTarget, type HivePeer, type Table } from '@skep/hive'
 *
 * declare const needs: { table: Table<HivePeer>, clock: Clock, random: Random, store: Store, dial (target: DialTarget): Promise<void> }
 *
 * const hive = new Hive(needs)
 * await hive.start()
 * hive.bootstrap(['tcp://127.0.0.1:4711'])
 *
 * // For each connection whose handshake is done:
 * async function connected (peer: HivePeer, conn: Conn): Promise<void> {
 *   const joined = hive.join(peer)
 *   if (!joined.accepted) return peer.drop(joined.code)
 *   try {
 *     await hive.run(peer, conn)
 *   } finally {
 *     hive.leave(peer)
 *   }
 * }
 * ```
 */
export class Hive<P extends HivePeer> {
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #core: HiveCore<P>
  readonly #book: AddressBook | undefined
  readonly #dial: (target: DialTarget, options: { signal: AbortSignal }) => Promise<void>
  readonly #table: Table<P>
  readonly #channels = new Map<P, Channels>()
  readonly #joined = new Set<P>()
  readonly #faults = new Map<P, HiveError>()
  readonly #dials = new Set<AbortController>()
  readonly #listeners = new Set<() => void>()
  readonly #watchers = new Set<(event: HiveEvent) => void>()
  #cancelTick: (() => void) | undefined
  #cancelWake: (() => void) | undefined
  #cancelChange: (() => void) | undefined
  #isStopped = false

  /**
   * @param needs.store - where the address book is kept; without one nothing outlives the process.
   * @param needs.dial - connects to a target and lets the connection join; rejects when that failed.
   *   Gives up when `signal` aborts.
   * @param needs.curve - what checks the signatures of gossiped records. Defaults to `nobleCurve` of `@skep/identity`.
   * @param needs.reach - which underlays this node and its peers can dial. Without it this node dials all, and a peer those of its own schemes.
   * @throws RangeError - if an option is out of range.
   */
  constructor (
    needs: {
      table: Table<P>
      clock: Clock
      random: Random
      store?: Store | undefined
      curve?: Pick<Curve, 'recover'> | undefined
      dial (target: DialTarget, options: { signal: AbortSignal }): Promise<void>
      reach?: Reach<P> | undefined
    },
    options: HiveOptions = {}
  ) {
    this.#clock = needs.clock
    this.#table = needs.table
    this.#limits = limitsOf(options)
    this.#dial = (target, options) => needs.dial(target, options)
    this.#core = new HiveCore<P>(needs, this.#limits)
    if (needs.store !== undefined) {
      this.#book = new AddressBook({ store: needs.store, clock: needs.clock, base: needs.table.base }, this.#limits)
    }
  }

  /**
   * Loads the address book and begins to dial, those first who were connected when the node last ran.
   *
   * @throws whatever the store rejects with.
   */
  async start (): Promise<void> {
    const entries = await this.#book?.load() ?? []
    const heard = await this.#book?.legacy() ?? []
    if (this.#isStopped) return
    const of = (connected: boolean): PeerRecord[] => entries.filter(entry => entry.connected === connected).map(({ record }) => record)
    this.#step({ type: 'start', connected: of(true), known: of(false), heard })
    this.#tick()
  }

  /** Adds underlays to dial while nobody else is connected, again and again for as long as that lasts. */
  bootstrap (underlays: readonly string[]): void {
    this.#step({ type: 'bootstrap', underlays })
  }

  /** Whether another connection may begin its handshake; if so it counts until it joins or is released. */
  admit (initiator: boolean): boolean {
    return !this.#isStopped && this.#core.admit(initiator)
  }

  /** Gives back what `admit` took: the connection came to nothing before it joined. */
  released (initiator?: boolean): void {
    this.#core.released(initiator)
  }

  /**
   * Decides about a connection whose handshake is done. A refused one is for the caller to
   * close with the code. Of two connections to the same node the one dialled by the lower
   * overlay stays; hive drops the other itself if it had joined.
   */
  join (peer: P): { readonly accepted: true } | { readonly accepted: false, readonly code: CloseCode } {
    if (this.#isStopped) {
      this.#core.released(peer.initiator)
      return { accepted: false, code: 'QUITTING' }
    }
    const refused = this.#step({ type: 'join', peer }).find(effect => effect.type === 'refuse')
    if (refused !== undefined) {
      this.#emit({ type: 'refused', peer, code: refused.code })
      return { accepted: false, code: refused.code }
    }
    this.#joined.add(peer)
    this.#emit({ type: 'joined', peer })
    return { accepted: true }
  }

  /**
   * Talks hive/5 with a peer that has joined, until the connection ends.
   *
   * @param conns.native - the peer's `skep-hive/1`, if it has that too: what is signed goes there.
   * @throws HiveError - if the peer breaks the rules; WireError if what it sends is no message. The caller closes the connection.
   */
  async run (peer: P, conn: Conn, conns: { readonly native?: Conn | undefined } = {}): Promise<void> {
    if (!this.#joined.has(peer) || this.#channels.has(peer)) throw new HiveError('HIVE_NOT_JOINED', 'the connection has not joined, or runs already')
    const options = { clock: this.#clock, initiator: peer.initiator }
    const hive = new Peer(conn, hiveSpec, options)
    const native = conns.native === undefined ? undefined : new Peer(conns.native, nativeHiveSpec, options)
    this.#channels.set(peer, { hive, ...(native !== undefined && { native }) })
    this.#step({ type: 'open', peer, isNative: native !== undefined })
    const runs = [hive.run({
      peersMsg: ({ Peers }) => this.#receive(peer, { type: 'peers', from: peer, records: Peers }),
      subPeersMsg: ({ Depth }) => this.#receive(peer, { type: 'subPeers', from: peer, depth: Depth })
    })]
    if (native !== undefined) {
      runs.push(native.run({ RecordsMsg: ({ Records }) => this.#receive(peer, { type: 'records', from: peer, records: this.#read(Records) }) }))
    }
    try {
      // The end of one is the end of both.
      await Promise.race(runs)
    } catch (error) {
      throw this.#faults.get(peer) ?? error
    } finally {
      this.#faults.delete(peer)
      this.#channels.delete(peer)
      hive.off()
      native?.off()
      void Promise.allSettled(runs)
    }
  }

  /** Takes note that a connection has ended; harmless for one that never joined or left before. */
  leave (peer: P): void {
    if (!this.#joined.delete(peer)) return
    this.#step({ type: 'leave', peer })
    this.#emit({ type: 'left', peer })
  }

  /** The table as text, which is what the original gives as the node info of hive. */
  nodeInfo (): string {
    return String(this.#table)
  }

  /** A connected peer by its key, the node id in hex where the caller names peers so; `undefined` if there is none. */
  peerInfo (key: string): PeerInfo | undefined {
    for (const { peer } of this.#core.links()) if (peer.key === key) return peerInfoOf(peer)
    return undefined
  }

  /** Calls `watcher` with everything that happens to connections, at once. Returns the unsubscribe function. */
  onEvent (watcher: (event: HiveEvent) => void): () => void {
    this.#watchers.add(watcher)
    return () => { this.#watchers.delete(watcher) }
  }

  /** Calls `listener` after connections or known addresses changed, coalesced. Returns the unsubscribe function. */
  onChange (listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /**
   * Ends everything: dials are aborted, connections dropped, the book is written. It
   * remembers who was connected. Idempotent.
   *
   * @throws whatever the store rejected with.
   */
  async stop (): Promise<void> {
    if (!this.#isStopped) {
      this.#isStopped = true
      this.#cancelTick?.()
      this.#cancelWake?.()
      this.#cancelChange?.()
      this.#listeners.clear()
      this.#watchers.clear()
      for (const dial of this.#dials) dial.abort(new HiveError('HIVE_STOPPED', 'hive has stopped'))
      for (const peer of this.#joined) peer.drop('QUITTING')
    }
    await this.#book?.flush()
  }

  #tick (): void {
    this.#cancelTick = this.#clock.after(this.#limits.keepAliveInterval, () => {
      this.#step({ type: 'tick' })
      if (!this.#isStopped) this.#tick()
    })
  }

  #receive (peer: P, input: Input<P>): void {
    const fault = this.#step(input).find(effect => effect.type === 'fault')
    if (fault === undefined) return
    const error = new HiveError(fault.code, fault.why)
    this.#faults.set(peer, error)
    throw error
  }

  #step (input: Input<P>): Effect<P>[] {
    if (this.#isStopped) return []
    const effects = this.#core.step(this.#clock.now(), input)
    for (const effect of effects) this.#do(effect)
    return effects
  }

  #do (effect: Effect<P>): void {
    switch (effect.type) {
      case 'peers': {
        const Peers = effect.records.map(record => recordToBzzAddr(record)).filter(addr => addr !== undefined)
        this.#send(effect.to, channels => channels.hive.send('peersMsg', { Peers }))
        break
      }
      case 'records': {
        const Records = effect.records.map(signedRecordToWire)
        this.#send(effect.to, channels => channels.native?.send('RecordsMsg', { Records }))
        break
      }
      case 'subPeers': this.#send(effect.to, channels => channels.hive.send('subPeersMsg', { Depth: effect.depth })); break
      case 'dial': this.#begin(effect.id, effect.target); break
      case 'drop':
        this.#emit({ type: 'dropped', peer: effect.peer, code: effect.code })
        effect.peer.drop(effect.code)
        break
      case 'wake':
        this.#cancelWake?.()
        this.#cancelWake = this.#clock.after(effect.after, () => this.#step({ type: 'tick' }))
        break
      case 'save': this.#book?.save(effect.record, effect.connected); break
      case 'changed': this.#changed(); break
    }
  }

  /** A message that cannot be sent is lost with its connection, whose end `run` reports. */
  #send (peer: P, send: (channels: Channels) => Promise<void> | undefined): void {
    const channels = this.#channels.get(peer)
    if (channels !== undefined) send(channels)?.catch(() => {})
  }

  /** The signed records that are for us; a clock that is wrong is nobody's fault. */
  #read (records: readonly WireRecord[]): SignedRecord[] {
    const expected = { networkId: this.#limits.networkId, now: this.#clock.wall() }
    return records.flatMap(record => {
      try {
        return [signedRecordFromWire(record, expected)]
      } catch {
        return []
      }
    })
  }

  #begin (id: number, target: DialTarget): void {
    const abort = new AbortController()
    this.#dials.add(abort)
    this.#emit({ type: 'dialling', target })
    const missed: string[] = []
    let reached: string | undefined
    void this.#dialAll(target, abort.signal, missed).then(underlay => { reached = underlay }, (error: unknown) => error ?? new Error('no reason')).then(error => {
      this.#dials.delete(abort)
      this.#step({ type: 'dialled', id, ok: error === undefined, missed, reached })
      if (error !== undefined) this.#emit({ type: 'unreached', target, error })
    })
  }

  /** Tries one underlay after another, each with its own time, and says which one it was; the others go into `missed`. */
  async #dialAll ({ overlay, underlays }: DialTarget, signal: AbortSignal, missed: string[]): Promise<string> {
    const until = this.#clock.now() + this.#limits.dialTotalTimeout
    let fault: unknown
    for (const underlay of underlays) {
      const left = Math.min(this.#limits.dialTimeout, until - this.#clock.now())
      if (left <= 0) break
      try {
        await this.#dialOne({ ...(overlay !== undefined && { overlay }), underlays: [underlay] }, left, signal)
        return underlay
      } catch (error) {
        fault = error
        signal.throwIfAborted()
        // It connected to us meanwhile: another underlay would only make a second connection.
        if (overlay !== undefined && this.#core.isConnected(overlay)) break
        missed.push(underlay)
      }
    }
    throw fault
  }

  /** Dials, and does not wait for a dial that does not heed its signal. */
  async #dialOne (target: DialTarget, ms: number, signal: AbortSignal): Promise<void> {
    const abort = new AbortController()
    const stop = (): void => abort.abort(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    const cancel = this.#clock.after(ms, () => abort.abort(new HiveError('HIVE_DIAL_TIMEOUT', `no connection within ${ms} ms`)))
    const cut = new Promise<never>((_, reject) => {
      abort.signal.addEventListener('abort', () => reject(abort.signal.reason), { once: true })
    })
    try {
      await Promise.race([cut, this.#dial(target, { signal: abort.signal })])
    } finally {
      cancel()
      signal.removeEventListener('abort', stop)
    }
  }

  #emit (event: HiveEvent): void {
    for (const watcher of this.#watchers) watcher(event)
  }

  #changed (): void {
    this.#cancelChange ??= this.#clock.after(0, () => {
      this.#cancelChange = undefined
      for (const listener of this.#listeners) listener()
    })
  }
}
