import type { Clock, Overlay } from '@skep/interface'
import type { StreamPeer, StreamStatus, StreamType, Subscription } from '@skep/streamer'
import { binsFor } from './bins.ts'
import { formatBinKey, MAX_BIN, parseBinKey } from './key.ts'
import { DEFAULTS, type SyncStreamOptions } from './options.ts'
import { BinSink, type TakenChunks } from './sink.ts'
import { BinSource, type ServedChunks } from './source.ts'
import { statusOf, type SyncStatus } from './status.ts'
import { Wishes } from './wishes.ts'

/** The name of the stream on the wire (sync-stream.md §1). */
export const SYNC = 'SYNC'

/** What syncing needs of the streamer. `Streamer` fits. */
export interface SyncStreamer {
  register (type: StreamType): void
  subscribe (peer: StreamPeer, name: string, key: string): Subscription
  onSubscriptionRequest (decide: (peer: StreamPeer, name: string, key: string) => boolean): void
  status (): StreamStatus[]
}

/** What a {@link SyncStream} works with. */
export interface SyncStreamNeeds<P extends StreamPeer> {
  /** Who is connected. Peers must be known to the streamer, or become so soon. */
  readonly overlay: Overlay<P>
  readonly chunks: ServedChunks & TakenChunks
  readonly streamer: SyncStreamer
  readonly clock: Clock
}

/**
 * Brings chunks to the nodes that are responsible for them.
 *
 * Each node decides by its own depth what it takes of whom: of a far peer the one bin the
 * node itself falls in, of a neighbour all bins of the neighbourhood. So a chunk goes
 * nearer with each hop, and within the neighbourhood everybody has it.
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
  readonly #wishes: Wishes<P>
  readonly #subscriptions = new Map<P, Map<number, Subscription>>()
  /** What to release when it stops; empty while it is stopped. */
  #running: (() => void)[] = []
  /** Cancels the next look, and when it falls due. */
  #next: { cancel: () => void, at: number, forced: number } | undefined

  /** Registers the stream type: peers are served from now on, before {@link start} already. */
  constructor (needs: SyncStreamNeeds<P>, options: SyncStreamOptions = {}) {
    this.#needs = needs
    this.#options = { ...DEFAULTS, ...options }
    this.#wishes = new Wishes(this.#options)
    const { chunks, streamer } = needs
    streamer.register({
      name: SYNC,
      source: (_, key) => {
        const bin = binOf(key)
        return bin === undefined ? undefined : new BinSource(chunks, bin, this.#options)
      },
      sink: (peer, key) => {
        const bin = binOf(key)
        return bin === undefined ? undefined : new BinSink(chunks, peer.overlay, bin)
      }
    })
    streamer.onSubscriptionRequest((peer, name, key) => name === SYNC && this.#makesSense(peer, key))
  }

  /** Begins to subscribe, and follows peers and depth from now on. */
  start (): void {
    if (this.#running.length > 0) return
    this.#running = [this.#needs.overlay.onChange(() => this.#changed())]
    this.#look()
  }

  /** Ends every subscription of ours. Peers are served still; that ends with the streamer. */
  stop (): void {
    for (const release of this.#running) release()
    this.#running = []
    this.#next?.cancel()
    this.#next = undefined
    const { close } = this.#wishes.step(this.#needs.clock.now(), [], 0)
    for (const [peer, bin] of close) this.#close(peer, bin)
  }

  /** Says how far syncing has come, peer by peer. */
  status (): SyncStatus {
    return statusOf(this.#wishes.wanted(), this.#needs.streamer.status(), this.#running.length > 0 && (this.#next?.forced ?? Infinity) === Infinity)
  }

  /** Something changed: looks when it has stood still, and in time even when it does not. */
  #changed (): void {
    const now = this.#needs.clock.now()
    const forced = Math.min(this.#next?.forced ?? Infinity, now + this.#options.maxSettle)
    this.#lookAt(Math.min(now + this.#options.settle, forced), forced)
  }

  #lookAt (at: number, forced: number): void {
    this.#next?.cancel()
    const cancel = this.#needs.clock.after(at - this.#needs.clock.now(), () => this.#look())
    this.#next = { cancel, at, forced }
  }

  #look (): void {
    this.#next = undefined
    const { clock, overlay } = this.#needs
    const { open, close, again } = this.#wishes.step(clock.now(), overlay.peers(), overlay.depth)
    for (const [peer, bin] of close) this.#close(peer, bin)
    let failed = false
    for (const [peer, bin] of open) failed = !this.#open(peer, bin) || failed
    const wait = Math.min(again ?? Infinity, failed ? this.#options.retry : Infinity)
    if (wait < Infinity) this.#lookAt(clock.now() + wait, Infinity)
  }

  #open (peer: P, bin: number): boolean {
    const { clock, streamer } = this.#needs
    let subscription: Subscription
    try {
      subscription = streamer.subscribe(peer, SYNC, formatBinKey(bin))
    } catch {
      // The streamer does not know the peer yet, or no more. It is tried again while the peer is connected.
      this.#wishes.failed(peer, bin, clock.now())
      return false
    }
    const of = this.#subscriptions.get(peer) ?? new Map<number, Subscription>()
    this.#subscriptions.set(peer, of.set(bin, subscription))
    void subscription.ended.then(why => {
      if (of.get(bin) !== subscription) return
      this.#forget(peer, bin)
      if (why === 'refused' || why === 'quit') this.#wishes.refused(peer, bin, clock.now())
      else this.#wishes.failed(peer, bin, clock.now())
      if (this.#running.length > 0) this.#changed()
    })
    return true
  }

  #close (peer: P, bin: number): void {
    const subscription = this.#subscriptions.get(peer)?.get(bin)
    this.#forget(peer, bin)
    subscription?.close()
  }

  #forget (peer: P, bin: number): void {
    const of = this.#subscriptions.get(peer)
    of?.delete(bin)
    if (of?.size === 0) this.#subscriptions.delete(peer)
  }

  /** Whether we would take this bin of the peer by ourselves: an old peer may ask us to, and no more than that. */
  #makesSense (peer: StreamPeer, key: string): boolean {
    const bin = binOf(key)
    if (bin === undefined) return false
    const { overlay } = this.#needs
    for (const [other, po] of overlay.peers()) if (other.key === peer.key) return binsFor(po, overlay.depth).includes(bin)
    return false
  }
}

function binOf (key: string): number | undefined {
  const bin = parseBinKey(key)
  return bin !== undefined && bin <= MAX_BIN ? bin : undefined
}
