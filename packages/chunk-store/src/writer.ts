import { ChunkStoreError } from './errors.ts'
import type { Job } from './jobs.ts'

/**
 * The queue before the disk: what comes while a batch is written goes into the next one
 * together.
 */
export class Writer {
  readonly #write: (jobs: Job[]) => Promise<void>
  readonly #limits: { readonly maxQueued: number, readonly maxBatch: number }
  #queue: Job[] = []
  #queued = 0
  #running: Promise<void> | undefined
  #closed = false

  /** @param write - writes jobs as one batch and settles each; never rejects. */
  constructor (write: (jobs: Job[]) => Promise<void>, limits: { readonly maxQueued: number, readonly maxBatch: number }) {
    this.#write = write
    this.#limits = limits
  }

  /** @throws ChunkStoreError - `CHUNK_STORE_CLOSED`, `CHUNK_STORE_OVERLOADED`. Nothing of `jobs` is taken then. */
  push (jobs: readonly Job[]): void {
    this.check()
    const chunks = jobs.reduce((sum, { addresses }) => sum + addresses.length, 0)
    if (this.#queued > 0 && this.#queued + chunks > this.#limits.maxQueued) {
      throw new ChunkStoreError('CHUNK_STORE_OVERLOADED', `${this.#queued} chunks wait to be written already`)
    }
    this.#queue.push(...jobs)
    this.#queued += chunks
    this.#running ??= this.#run()
  }

  /** @throws ChunkStoreError - `CHUNK_STORE_CLOSED`. */
  check (): void {
    if (this.#closed) throw new ChunkStoreError('CHUNK_STORE_CLOSED', 'the chunk store is closed')
  }

  /** Takes nothing more, and resolves when all that was taken is written. */
  async close (): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run (): Promise<void> {
    // Puts made in the same tick share a batch.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      let chunks = 0
      let count = 0
      for (const { addresses } of this.#queue) {
        if (count > 0 && chunks + addresses.length > this.#limits.maxBatch) break
        chunks += addresses.length
        count++
      }
      const jobs = this.#queue.splice(0, count)
      await this.#write(jobs)
      this.#queued -= chunks
    }
    this.#running = undefined
  }
}
