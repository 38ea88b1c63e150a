import type { Kind } from '@skep/chunk'
import type { Address } from '@skep/interface'
import type { Batch, Source } from '@skep/streamer'

/** A chunk in its place of a bin. */
export interface ServedEntry {
  readonly index: number
  readonly address: Address
  readonly kind: Kind
}

/** What serving a bin needs of the chunks. */
export interface ServedChunks {
  readonly epoch: string
  last (bin: number): number
  /** An index of the bin after which there is no chunk of the kind. */
  lastOf (bin: number, kind: Kind): number
  entries (bin: number, from: number, to: number | undefined, limit: number): Promise<ServedEntry[]>
  /** All entries from `from` on, where they are at hand. */
  lately? (bin: number, from: number): readonly ServedEntry[] | undefined
  getMany (addresses: readonly Address[]): Promise<(Uint8Array | undefined)[]>
  onBin (bin: number, listener: () => void): () => void
}

/** Which chunks of a bin a stream is of. */
export interface Served {
  readonly kinds: readonly Kind[]
  /** Whether the peer may have it. */
  readonly serves: (entry: ServedEntry) => boolean
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
  readonly #served: Served
  /** Ends each wait of an open batch. */
  #waiting: ((reason: Error) => void)[] = []
  #closed: Error | undefined

  constructor (chunks: ServedChunks, bin: number, limits: SourceLimits, served: Served) {
    this.#chunks = chunks
    this.#bin = bin
    this.#limits = limits
    this.#served = served
  }

  async cursor (): Promise<{ epoch: string, last: number }> {
    return { epoch: this.#chunks.epoch, last: this.#chunks.last(this.#bin) }
  }

  /**
   * Lists the next hashes from index `from` on. Waits while the bin does not reach there.
   * What it says it covered holds nothing but these hashes, tombstones, and other kinds.
   */
  async batch (from: number, to: number | undefined, { limit, signal }: { readonly limit: number, readonly signal: AbortSignal }): Promise<Batch> {
    const most = Math.min(limit, this.#limits.batch)
    const furthest = from + this.#limits.skip - 1
    const ids: Uint8Array[] = []
    let next = Math.max(from, 1)
    while (true) {
      await this.#reaches(next, signal)
      const end = Math.min(to ?? Infinity, this.#chunks.last(this.#bin))
      const wanted = most - ids.length
      // Content is what there is most of; the streams of other kinds need not look through it.
      const some = this.#served.kinds.some(kind => this.#chunks.lastOf(this.#bin, kind) >= next)
      const entries = some ? await this.#chunks.entries(this.#bin, next, end, wanted) : []
      signal.throwIfAborted()
      for (const entry of entries) if (this.#served.serves(entry)) ids.push(entry.address)
      next = entries.length === wanted ? entries.at(-1)!.index + 1 : end + 1
      // Full, at the end of what was asked for, or at the end of what there is.
      if (ids.length === most || next > (to ?? Infinity) || (next > end && ids.length > 0)) {
        return { from, to: ids.length > 0 ? next - 1 : Math.min(next - 1, furthest), ids }
      }
      // Nothing but places that are none of the stream's: an answer passes over so many of them.
      if (ids.length === 0 && next > furthest) return { from, to: furthest, ids }
    }
  }

  /** Looks after each commit whether there is an entry of the stream's kinds. */
  onMore (from: number, more: () => void): () => void {
    const reached = (): boolean => this.#served.kinds.some(kind => this.#chunks.lastOf(this.#bin, kind) >= from)
    if (reached()) {
      more()
      return () => {}
    }
    const stop = this.#chunks.onBin(this.#bin, () => {
      if (!reached()) return
      stop()
      more()
    })
    return stop
  }

  peek (from: number): Batch | undefined {
    const entries = this.#chunks.lately?.(this.#bin, from)
    const last = entries?.at(-1)
    if (entries === undefined || last === undefined) return undefined
    const ids: Uint8Array[] = []
    for (const entry of entries) if (this.#served.serves(entry)) ids.push(entry.address)
    return { from, to: last.index, ids }
  }

  async read (ids: Uint8Array[], { signal }: { readonly signal: AbortSignal }): Promise<(Uint8Array | undefined)[]> {
    signal.throwIfAborted()
    return this.#chunks.getMany(ids)
  }

  close (): void {
    this.#closed ??= new Error('the source was closed')
    for (const end of this.#waiting) end(this.#closed)
  }

  /** Resolves when the bin has an entry at `index`, looking after each commit. */
  async #reaches (index: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#closed !== undefined) throw this.#closed
    if (this.#chunks.last(this.#bin) >= index) return
    await new Promise<void>((resolve, reject) => {
      const release = (): void => {
        stop()
        this.#waiting = this.#waiting.filter(other => other !== end)
        signal.removeEventListener('abort', aborted)
      }
      const end = (reason: Error): void => {
        release()
        reject(reason)
      }
      const aborted = (): void => end(signal.reason as Error)
      const stop = this.#chunks.onBin(this.#bin, () => {
        if (this.#chunks.last(this.#bin) < index) return
        release()
        resolve()
      })
      this.#waiting.push(end)
      signal.addEventListener('abort', aborted)
    })
  }
}

/** Serves a bin to everybody whom it is served in the same way: nobody's end closes it, what runs for one ends with its signal. */
export function shared (source: BinSource): Source {
  return {
    cursor: () => source.cursor(),
    batch: (from, to, options) => source.batch(from, to, options),
    onMore: (from, more) => source.onMore(from, more),
    peek: from => source.peek(from),
    read: (ids, options) => source.read(ids, options),
    close: () => {}
  }
}
