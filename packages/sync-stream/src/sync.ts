import type { Kind } from '@skep/chunk'
import type { Clock, Overlay } from '@skep/interface'
import { proximity } from '@skep/pot'
import type { Source, StreamPeer, StreamStatus, StreamType, Subscription, SubscriptionEnd, WantStatus } from '@skep/streamer'
import { binsFor, legacyBins } from './bins.ts'
import { Healer, type HealerNeeds, type LostChunks } from './healer.ts'
import { formatBinKey, MAX_BIN, parseBinKey } from './key.ts'
import { isLegacy, servedTo, STREAM_OF, SYNC } from './kinds.ts'
import { DEFAULTS, type SyncStreamOptions } from './options.ts'
import { Progress } from './progress.ts'
import { BinSink, type BinSinkNeeds, type TakenChunks } from './sink.ts'
import { BinSource, shared, type ServedChunks } from './source.ts'
import { isAllSettled, isAllSynced, statusOf, type SyncStatus } from './status.ts'
import { Wishes } from './wishes.ts'

/** Chunks named at most that stand in the way of being synced. */
const MAX_STUCK = 16

type HealerStreamer = HealerNeeds<StreamPeer>['streamer']

/** What syncing needs of the streamer. `Streamer` fits. */
export interface SyncStreamer extends HealerStreamer {
  register (type: StreamType): void
  subscribe (peer: StreamPeer, name: string, key: string): Subscription
  onSubscriptionRequest (decide: (peer: StreamPeer, name: string, key: string) => boolean): void
  /** Asks an old peer to take a stream of ours. */
  requestSubscription (peer: StreamPeer, name: string, key: string): void
  /** Serves a stream to an old peer no more. */
  quit (peer: StreamPeer, name: string, key: string): void
  /** How the streams of a peer stand. */
  status (peer: StreamPeer): StreamStatus[]
  /** Items that are wanted and not here, those first that somebody failed to give. */
  wants (limit: number): WantStatus[]
  /** What a native peer says of itself. */
  peerSynced (peer: StreamPeer): boolean | undefined
  onChange (listener: () => void): () => void
  /** Tells native peers whether everything that is there for us is here. */
  announceSynced (synced: boolean): void
}

/** What a {@link SyncStream} works with. */
export interface SyncStreamNeeds<P extends StreamPeer> {
  /** Who is connected. Peers must be known to the streamer, or become so soon. */
  readonly overlay: Overlay<P>
  readonly chunks: ServedChunks & TakenChunks & LostChunks
  readonly streamer: SyncStreamer
  readonly clock: Clock
}

/**
 * Brings chunks to the nodes that are responsible for them.
 *
 * Each node decides by its own depth what it takes of whom: of a far peer the one bin the
 * node itself falls in, of a neighbour all bins of the neighbourhood. So a chunk goes
 * nearer with each hop, and within the neighbourhood everybody has it. Old peers do not
 * ask by themselves; they are asked to, by the same rule. They may ask us to take a stream,
 * but do so late or never; it is taken without.
 *
 * @typeParam P - the overlay's peers, which are the streamer's as well.
 *
 * @example
 * ```ts
 * import { SyncStream, type SyncStreamNeeds } from '@skep/sync-stream'
 * import type { StreamPeer } from '@skep/streamer'
 *
 * function syncWith (needs: SyncStreamNeeds<StreamPeer>): SyncStream<StreamPeer> {
 *   const sync = new SyncStream(needs)
 *   sync.start()
 *   return sync
 * }
 * ```
 */
export class SyncStream<P extends StreamPeer> {
  readonly #needs: SyncStreamNeeds<P>
  readonly #options: Required<SyncStreamOptions>
  /** What we take. */
  readonly #wishes: Wishes<P>
  /** What old peers should take of us. */
  readonly #requests: Wishes<P>
  readonly #healer: Healer<P>
  readonly #sinkNeeds: BinSinkNeeds
  readonly #progress = new Progress<StreamPeer>()
  /** By bin: the kinds of chunk share a sink, as an address is taken or not in whatever kind it comes. */
  readonly #sinks = new WeakMap<StreamPeer, BinSink[]>()
  /** In a row for each peer: there are dozens of one, and they are looked for seldom. */
  readonly #subscriptions = new Map<P, Subscription[]>()
  readonly #listeners = new Set<() => void>()
  /** What to release when it stops; empty while it is stopped. */
  #running: (() => void)[] = []
  /** Cancels the next look; `forced` is when a change must have been followed, infinite without one. */
  #next: { cancel: () => void, forced: number } | undefined
  /** Cancels the greeting of those who came. */
  #greeting: (() => void) | undefined
  #report: (() => void) | undefined
  #announced = false
  /** The depth that subscriptions follow. */
  #depth: number | undefined
  /** It has been another one since. */
  #moved = false

  /**
   * Registers the stream types: peers are served from now on, before {@link start} already.
   */
  constructor (needs: SyncStreamNeeds<P>, options: SyncStreamOptions = {}) {
    this.#needs = needs
    this.#options = { ...DEFAULTS, ...options }
    const streams = this.#options.kinds.map(kind => STREAM_OF[kind])
    this.#wishes = new Wishes(this.#options, (peer, po, depth) =>
      isLegacy(peer) ? legacyBins(binsFor(po, depth)).map(bin => streamOf(SYNC, bin)) : binsFor(po, depth).flatMap(bin => streams.map(name => streamOf(name, bin))))
    this.#requests = new Wishes(this.#options, (peer, po, depth) =>
      isLegacy(peer) ? binsFor(po, depth).map(bin => streamOf(SYNC, bin)) : [])
    // The same for all sinks, so that none needs functions of its own.
    this.#sinkNeeds = {
      chunks: needs.chunks,
      ours: (peer, bin) => binsFor(proximity(needs.overlay.base, peer), needs.overlay.depth).includes(bin),
      done: batch => { this.#progress.done(batch.peer, batch, needs.clock.now()) }
    }
    this.#healer = new Healer(needs, this.#options.refused, () => this.#tell())
    for (const kind of this.#options.kinds) needs.streamer.register(this.#type(kind))
    needs.streamer.onSubscriptionRequest((peer, name, key) => name === SYNC && this.#makesSense(peer, key))
  }

  /** Begins to subscribe, and follows peers and depth from now on. */
  start (): void {
    if (this.#running.length > 0) return
    const { chunks, overlay, streamer } = this.#needs
    const tell = (): void => { this.#tell() }
    this.#running = [overlay.onChange(() => this.#changed()), streamer.onChange(tell), chunks.onLost?.(tell) ?? (() => {})]
    this.#look()
  }

  /** Ends every subscription of ours. Peers are served still; that ends with the streamer. */
  stop (): void {
    for (const release of this.#running) release()
    this.#running = []
    this.#next?.cancel()
    this.#next = undefined
    this.#greeting?.()
    this.#greeting = undefined
    this.#report?.()
    this.#report = undefined
    this.#healer.stop()
    const now = this.#needs.clock.now()
    this.#requests.step(now, [], 0)
    for (const [peer, stream] of this.#wishes.step(now, [], 0).close) this.#close(peer, stream)
  }

  /** Says how far syncing has come, peer by peer. */
  status (): SyncStatus {
    const { clock, streamer } = this.#needs
    const stuck = streamer.wants(MAX_STUCK).filter(({ asked }) => asked.some(({ state }) => state !== 'pending' && state !== 'checking'))
    return statusOf(this.#wishes.wanted(), { streams: peer => streamer.status(peer), stuck, says: peer => streamer.peerSynced(peer) }, this.#progress, clock.now(), this.#settled)
  }

  /** Calls `listener` when the status has changed, once in `report` milliseconds at most. Returns the unsubscribe function. */
  onChange (listener: () => void): () => void {
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => { this.#listeners.delete(own) }
  }

  /** Whether subscriptions have followed the last change. */
  get #settled (): boolean {
    return this.#running.length > 0 && (this.#next?.forced ?? Infinity) === Infinity
  }

  #type (kind: Kind): StreamType {
    const { chunks } = this.#needs
    const sources = new Map<string, Source>()
    return {
      name: STREAM_OF[kind],
      // An address names the same chunk in every kind.
      space: SYNC,
      source: (peer, key) => {
        const bin = binOf(key)
        if (bin === undefined) return undefined
        // Peers that are served the same have one source, so that they wait for it in one place.
        const which = `${bin}${isLegacy(peer) ? ' old' : ''}`
        const source = sources.get(which) ?? shared(new BinSource(chunks, bin, this.#options, servedTo(peer, kind)))
        sources.set(which, source)
        return source
      },
      sink: (peer, key) => {
        const bin = binOf(key)
        return bin === undefined ? undefined : this.#sinkOf(peer, bin)
      }
    }
  }

  #sinkOf (peer: StreamPeer, bin: number): BinSink {
    const sinks = this.#sinks.get(peer) ?? []
    this.#sinks.set(peer, sinks)
    return sinks[bin] ??= new BinSink(this.#sinkNeeds, peer.overlay, bin)
  }

  /** Something changed: looks when it has stood still, and in time even when it does not. */
  #changed (): void {
    if (this.#needs.overlay.depth !== this.#depth) this.#moved = true
    const now = this.#needs.clock.now()
    const forced = Math.min(this.#next?.forced ?? Infinity, now + this.#options.maxSettle)
    this.#lookAt(Math.min(now + this.#options.settle, forced), forced)
    this.#greeting ??= this.#needs.clock.after(this.#options.greet, () => { this.#greet() })
  }

  /** Asks who came for what no change of depth will change: so a stream need not wait for all the others. */
  #greet (): void {
    this.#greeting = undefined
    for (const [peer, stream] of this.#wishes.greet(this.#needs.overlay.peers())) this.#open(peer, stream)
  }

  #lookAt (at: number, forced: number): void {
    this.#next?.cancel()
    const cancel = this.#needs.clock.after(at - this.#needs.clock.now(), () => this.#look())
    this.#next = { cancel, forced }
  }

  #look (): void {
    this.#next = undefined
    const { clock, overlay, streamer } = this.#needs
    const now = clock.now()
    const connected = [...overlay.peers()]
    const { depth } = overlay
    const mine = this.#wishes.step(now, connected, depth)
    for (const [peer, stream] of mine.close) this.#close(peer, stream)
    for (const [peer, stream] of mine.open) this.#open(peer, stream)
    for (const [peer, stream] of mine.pause) this.#find(peer, stream)?.pause()
    for (const [peer, stream] of mine.resume) this.#find(peer, stream)?.resume()
    // What was declined while it was another depth for a moment is not, or not any more.
    if (depth !== this.#depth || this.#moved) {
      for (const of of this.#subscriptions.values()) for (const subscription of of) subscription.review()
    }
    this.#depth = depth
    this.#moved = false
    const theirs = this.#requests.step(now, connected, depth)
    for (const [peer, stream] of theirs.close) streamer.quit(peer, ...nameAndKey(stream))
    for (const [peer, stream] of theirs.open) streamer.requestSubscription(peer, ...nameAndKey(stream))
    const unopened = mine.open.some(([peer, stream]) => this.#find(peer, stream) === undefined)
    const again = Math.min(mine.again ?? Infinity, theirs.again ?? Infinity, unopened ? this.#options.retry : Infinity)
    if (again < Infinity) this.#lookAt(now + again, Infinity)
    this.#tell()
  }

  #open (peer: P, stream: string): void {
    const { clock, streamer } = this.#needs
    let subscription: Subscription
    try {
      subscription = streamer.subscribe(peer, ...nameAndKey(stream))
    } catch {
      // The streamer has stopped, or is full. It is tried again while the peer is connected.
      return this.#wishes.failed(peer, stream, clock.now())
    }
    const before = this.#find(peer, stream)
    if (before !== undefined) this.#forget(peer, before)
    const of = this.#subscriptions.get(peer)
    if (of === undefined) this.#subscriptions.set(peer, [subscription])
    else of.push(subscription)
    // One that the streamer had already may be of another object for the same peer.
    subscription.onEnd(subscription.peer === peer ? this.#ended : (_, why) => { this.#over(peer, subscription, why) })
  }

  /** The same for all subscriptions, so that an idle one needs none of its own. */
  readonly #ended = (subscription: Subscription, why: SubscriptionEnd): void => { this.#over(subscription.peer as P, subscription, why) }

  #over (peer: P, subscription: Subscription, why: SubscriptionEnd): void {
    if (!this.#forget(peer, subscription)) return
    const stream = `${subscription.name}|${subscription.key}`
    const now = this.#needs.clock.now()
    if (why === 'refused' || why === 'quit') this.#wishes.refused(peer, stream, now)
    else this.#wishes.failed(peer, stream, now)
    if (this.#running.length > 0) this.#changed()
  }

  #close (peer: P, stream: string): void {
    const subscription = this.#find(peer, stream)
    if (subscription === undefined) return
    this.#forget(peer, subscription)
    subscription.close()
  }

  #find (peer: P, stream: string): Subscription | undefined {
    const [name, key] = nameAndKey(stream)
    return this.#subscriptions.get(peer)?.find(subscription => subscription.key === key && subscription.name === name)
  }

  /** @returns whether it was kept until now. */
  #forget (peer: P, subscription: Subscription): boolean {
    const of = this.#subscriptions.get(peer) ?? []
    const at = of.indexOf(subscription)
    if (at === -1) return false
    of.splice(at, 1)
    if (of.length === 0) this.#subscriptions.delete(peer)
    return true
  }

  /** The status may have changed: tells peers and listeners, but not each time. */
  #tell (): void {
    this.#report ??= this.#needs.clock.after(this.#options.report, () => {
      this.#report = undefined
      const status = (peer: P): StreamStatus[] => this.#needs.streamer.status(peer)
      const synced = this.#settled && isAllSynced(this.#wishes.wanted(), status)
      const settled = synced || (this.#settled && isAllSettled(this.#wishes.wanted(), status))
      if (synced !== this.#announced) this.#needs.streamer.announceSynced(synced)
      this.#announced = synced
      // Only then is everybody known who might have what was lost; what one of them does not give holds nothing up.
      if (settled) this.#healer.look()
      for (const listener of Array.from(this.#listeners)) listener()
    })
  }

  /** Whether we would take this bin of the peer by ourselves: an old peer may ask us to, and no more than that. */
  #makesSense (peer: StreamPeer, key: string): boolean {
    const bin = binOf(key)
    if (bin === undefined) return false
    const { overlay } = this.#needs
    for (const [other, po] of overlay.peers()) {
      if (other.key === peer.key) return [...binsFor(po, overlay.depth), ...legacyBins(binsFor(po, overlay.depth))].includes(bin)
    }
    return false
  }
}

function binOf (key: string): number | undefined {
  const bin = parseBinKey(key)
  return bin !== undefined && bin <= MAX_BIN ? bin : undefined
}

/** The stream of a bin, as one text for all peers. */
function streamOf (name: string, bin: number): string {
  const names = TEXTS.get(name) ?? Array.from({ length: MAX_BIN + 1 }, (_, i) => `${name}|${formatBinKey(i)}`)
  TEXTS.set(name, names)
  return names[bin]!
}

const TEXTS = new Map<string, readonly string[]>()

function nameAndKey (stream: string): [name: string, key: string] {
  const at = stream.lastIndexOf('|')
  return [stream.slice(0, at), stream.slice(at + 1)]
}
