import type { Chunk } from '@skep/chunk'
import type { Address, Clock, Overlay } from '@skep/interface'
import type { StreamPeer } from '@skep/streamer'
import { MAX_BIN } from './key.ts'

/** Chunks that are fetched at the same time. */
const AT_ONCE = 8

/** Places read at once. */
const PAGE = 64

/** Peers that are asked for one chunk at most. */
const ASKED = 4

/** What healing needs of the chunks. */
export interface LostChunks {
  /** How many chunks of the bin were ever lost. */
  lost (bin: number): number
  /** Calls `listener` when chunks were lost. Without it they are looked for when something else has changed. */
  onLost? (listener: () => void): () => void
  lostEntries (bin: number, from: number, to: number | undefined, limit: number): Promise<{ index: number, address: Address }[]>
  hasMany (addresses: readonly Address[]): Promise<boolean[]>
  put (chunks: readonly Chunk[]): Promise<unknown>
}

/** What a {@link Healer} works with. */
export interface HealerNeeds<P extends StreamPeer> {
  readonly overlay: Overlay<P>
  readonly chunks: LostChunks
  readonly clock: Clock
  readonly streamer: {
    fetch (address: Address, options: {
      readonly candidates: Iterable<StreamPeer>
      readonly accept: (address: Address, data: Uint8Array) => Promise<boolean>
      readonly signal: AbortSignal
    }): Promise<Uint8Array>
  }
}

/**
 * Brings back chunks that were here and are lost: deleted to make room while they were
 * somebody else's concern, or damaged on disk.
 *
 * What a peer offered once it does not offer again, so syncing alone would never bring
 * them back when the depth falls.
 */
export class Healer<P extends StreamPeer> {
  readonly #needs: HealerNeeds<P>
  readonly #retry: number
  readonly #again: () => void
  /** Cancels the next look at what nobody had. */
  #next: (() => void) | undefined
  /** Per bin how many losses were looked into, and since when some could not be fetched. */
  readonly #seen = new Map<number, { lost: number, retryAt: number }>()
  #stop: AbortController | undefined
  /** Something changed while it was at it. */
  #missed = false
  #depth = Infinity

  /**
   * @param retry - milliseconds before what nobody had is looked for again.
   * @param again - hears when it is time to {@link Healer.look} again, if nothing else happens.
   */
  constructor (needs: HealerNeeds<P>, retry: number, again: () => void) {
    this.#needs = needs
    this.#retry = retry
    this.#again = again
  }

  /** Looks whether there is something to heal, and does it. Returns at once. */
  look (): void {
    const { clock, overlay } = this.#needs
    // What was looked into above the depth may have been lost again below it.
    for (let bin = overlay.depth; bin < Math.min(this.#depth, MAX_BIN + 1); bin++) this.#seen.delete(bin)
    this.#depth = overlay.depth
    if (this.#stop !== undefined) {
      this.#missed = true
      return
    }
    this.#missed = false
    const bins = Array.from({ length: MAX_BIN + 1 }, (_, bin) => bin).filter(bin => bin >= overlay.depth && this.#sick(bin, clock.now()))
    if (bins.length === 0) return
    const stop = new AbortController()
    this.#stop = stop
    this.#heal(bins, stop.signal).then(whole => { this.#done(stop, whole) }, () => { this.#done(stop, false) })
  }

  /** Gives up what it is at. */
  stop (): void {
    this.#stop?.abort(new Error('healing was stopped'))
    this.#stop = undefined
    this.#next?.()
    this.#next = undefined
  }

  /** More may be to be done by now, and what nobody had somebody may have later. */
  #done (stop: AbortController, whole: boolean): void {
    if (this.#stop !== stop) return
    this.#stop = undefined
    this.#next?.()
    this.#next = whole ? undefined : this.#needs.clock.after(this.#retry, this.#again)
    if (this.#missed) this.#again()
  }

  #sick (bin: number, now: number): boolean {
    const lost = this.#needs.chunks.lost(bin)
    const seen = this.#seen.get(bin)
    return lost > 0 && (seen === undefined || seen.lost !== lost || seen.retryAt <= now)
  }

  /** @returns whether all of it is here. */
  async #heal (bins: readonly number[], signal: AbortSignal): Promise<boolean> {
    const { chunks, clock } = this.#needs
    let all = true
    for (const bin of bins) {
      const lost = chunks.lost(bin)
      let whole = true
      let next = 1
      while (true) {
        const page = await chunks.lostEntries(bin, next, undefined, PAGE)
        if (page.length === 0) break
        next = page.at(-1)!.index + 1
        const here = await chunks.hasMany(page.map(({ address }) => address))
        const gone = page.filter((_, i) => !here[i]!)
        while (gone.length > 0) {
          const got = await Promise.all(gone.splice(0, AT_ONCE).map(({ address }) => this.#fetch(address, signal)))
          signal.throwIfAborted()
          whole &&= got.every(Boolean)
        }
      }
      this.#seen.set(bin, { lost, retryAt: whole ? Infinity : clock.now() + this.#retry })
      all &&= whole
    }
    return all
  }

  async #fetch (address: Address, signal: AbortSignal): Promise<boolean> {
    const { chunks, overlay, streamer } = this.#needs
    const candidates = Array.from(overlay.peers(address), ([peer]) => peer).slice(0, ASKED)
    let stored = false
    const accept = async (_: Address, data: Uint8Array): Promise<boolean> => {
      try {
        await chunks.put([{ address, data }])
        return stored = true
      } catch (error) {
        // Where our own disk fails, nobody is to be blamed.
        return (error as { code?: unknown }).code !== 'CHUNK_STORE_INVALID'
      }
    }
    return candidates.length > 0 && streamer.fetch(address, { candidates, accept, signal }).then(() => stored, () => false)
  }
}
