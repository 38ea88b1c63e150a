import type { Address } from '@skep/interface'
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
  /** Hashes in a batch at most. */
  readonly batch: number
  /** Indices that a batch without a hash may pass over. */
  readonly skip: number
}

/** Serves one bin: waits for chunks without polling, lists and reads many at once. */
export class BinSource implements Source {
  readonly #chunks: ServedChunks
  readonly #bin: number
  readonly #limits: SourceLimits
  readonly #closed = new AbortController()

  constructor (chunks: ServedChunks, bin: number, limits: SourceLimits) {
    this.#chunks = chunks
    this.#bin = bin
    this.#limits = limits
  }

  async cursor (): Promise<{ epoch: string, last: number }> {
    return { epoch: this.#chunks.epoch, last: this.#chunks.last(this.#bin) }
  }

  /**
   * Lists the next hashes from index `from` on. Waits while the bin does not reach there.
   * What it says it covered holds nothing but these hashes, and tombstones.
   */
  async batch (from: number, to: number | undefined, { limit, signal }: { limit: number, signal: AbortSignal }): Promise<{ from: number, to: number, ids: Uint8Array[] }> {
    const most = Math.min(limit, this.#limits.batch)
    let next = Math.max(from, 1)
    while (true) {
      await this.#reaches(next, signal)
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

  /** Resolves when the bin has an entry at `index`, looking after each commit. */
  async #reaches (index: number, signal: AbortSignal): Promise<void> {
    const closed = this.#closed.signal
    signal.throwIfAborted()
    closed.throwIfAborted()
    if (this.#chunks.last(this.#bin) >= index) return
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        stop()
        for (const each of [signal, closed]) each.removeEventListener('abort', gone)
        settle()
      }
      const gone = (): void => end(() => reject(signal.aborted ? signal.reason : closed.reason))
      const stop = this.#chunks.onBin(this.#bin, () => { if (this.#chunks.last(this.#bin) >= index) end(resolve) })
      for (const each of [signal, closed]) each.addEventListener('abort', gone)
    })
  }
}
