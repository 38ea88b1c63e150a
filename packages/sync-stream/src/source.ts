import type { Address, Clock } from '@skep/interface'
import type { Source } from '@skep/streamer'

/** What serving a bin needs of the chunks. */
export interface ServedChunks {
  readonly epoch: string
  last (bin: number): number
  entries (bin: number, from: number, to: number | undefined, limit: number): Promise<{ index: number, address: Address }[]>
  getMany (addresses: readonly Address[]): Promise<(Uint8Array | undefined)[]>
  onBin (bin: number, listener: () => void): () => void
}

/** How a bin is served. */
export interface SourceLimits {
  /** Milliseconds that a batch waits for more after its first chunk. */
  readonly collect: number
  /** Hashes in a batch at most. */
  readonly batch: number
  /** Indices that a batch without a hash may pass over. */
  readonly skip: number
}

/**
 * Serves one bin: waits for chunks without polling, collects for a moment, reads many
 * at once.
 */
export class BinSource implements Source {
  readonly #chunks: ServedChunks
  readonly #clock: Clock
  readonly #bin: number
  readonly #limits: SourceLimits
  readonly #closed = new AbortController()

  constructor (needs: { chunks: ServedChunks, clock: Clock }, bin: number, limits: SourceLimits) {
    this.#chunks = needs.chunks
    this.#clock = needs.clock
    this.#bin = bin
    this.#limits = limits
  }

  async cursor (): Promise<{ epoch: string, last: number }> {
    return { epoch: this.#chunks.epoch, last: this.#chunks.last(this.#bin) }
  }

  /**
   * Collects the next hashes from index `from` on. Waits while the bin does not reach
   * there. What it says it covered holds nothing but these hashes, and tombstones.
   */
  async batch (from: number, to: number | undefined, { limit, signal }: { limit: number, signal: AbortSignal }): Promise<{ from: number, to: number, ids: Uint8Array[] }> {
    const most = Math.min(limit, this.#limits.batch)
    let next = Math.max(from, 1)
    while (true) {
      await this.#reaches(next, signal)
      // While the end is open and the batch small, more may come within the moment.
      if ((to === undefined || to > this.#chunks.last(this.#bin)) && this.#chunks.last(this.#bin) < next + most - 1) {
        await this.#until(this.#limits.collect, () => this.#chunks.last(this.#bin) >= next + most - 1, signal)
      }
      const end = Math.min(to ?? Infinity, this.#chunks.last(this.#bin))
      const entries = await this.#chunks.entries(this.#bin, next, end, most)
      signal.throwIfAborted()
      const ids = entries.map(({ address }) => address)
      if (entries.length === most) return { from, to: entries.at(-1)!.index, ids }
      if (entries.length > 0) return { from, to: end, ids }
      const passed = Math.min(end, from + this.#limits.skip - 1)
      // Nothing but tombstones: a bounded range is answered with that, an open one goes on waiting.
      if (to !== undefined || passed < end) return { from, to: passed, ids }
      next = end + 1
    }
  }

  async read (ids: Uint8Array[], { signal }: { signal: AbortSignal }): Promise<(Uint8Array | undefined)[]> {
    signal.throwIfAborted()
    return this.#chunks.getMany(ids)
  }

  close (): void {
    this.#closed.abort(new Error('the source was closed'))
  }

  /** Resolves when the bin has an entry at `index`. */
  async #reaches (index: number, signal: AbortSignal): Promise<void> {
    await this.#until(undefined, () => this.#chunks.last(this.#bin) >= index, signal)
  }

  /** Resolves when `holds` does, looking after each commit in the bin, or after `ms`. */
  async #until (ms: number | undefined, holds: () => boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#closed.signal.throwIfAborted()
    if (holds()) return
    const closed = this.#closed.signal
    await new Promise<void>((resolve, reject) => {
      const release: (() => void)[] = []
      const end = (settle: () => void): void => {
        for (const fn of release) fn()
        settle()
      }
      const gone = (): void => end(() => reject(signal.aborted ? signal.reason : closed.reason))
      release.push(this.#chunks.onBin(this.#bin, () => { if (holds()) end(resolve) }))
      if (ms !== undefined) release.push(this.#clock.after(ms, () => end(resolve)))
      for (const each of [signal, closed]) {
        each.addEventListener('abort', gone)
        release.push(() => each.removeEventListener('abort', gone))
      }
    })
  }
}
