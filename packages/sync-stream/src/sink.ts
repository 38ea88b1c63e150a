import type { Chunk } from '@skep/chunk'
import type { Address } from '@skep/interface'
import { proximity } from '@skep/pot'
import { StreamerError, type BatchDone, type Item, type Sink } from '@skep/streamer'
import { LEGACY_NEAR } from './bins.ts'
import { MAX_BIN } from './key.ts'

/** What taking chunks needs of the store. */
export interface TakenChunks {
  hasMany (addresses: readonly Address[]): Promise<boolean[]>
  put (chunks: readonly Chunk[]): Promise<unknown>
}

/** Takes the chunks of one bin of a peer: only what belongs there, and is not here. */
export class BinSink implements Sink {
  readonly #chunks: TakenChunks
  readonly #peer: Address
  readonly #bin: number
  readonly #done: (batch: BatchDone) => void

  /**
   * @param peer - the overlay address whose bin it is.
   * @param done - hears of each batch.
   */
  constructor (chunks: TakenChunks, peer: Address, bin: number, done: (batch: BatchDone) => void) {
    this.#chunks = chunks
    this.#peer = peer
    this.#bin = bin
    this.#done = done
  }

  async need (ids: Uint8Array[], { signal }: { readonly signal: AbortSignal }): Promise<boolean[]> {
    signal.throwIfAborted()
    const here = await this.#chunks.hasMany(ids)
    return ids.map((id, i) => !here[i]! && this.#belongs(id))
  }

  /**
   * Resolves when the chunk is durable; rejects when no validator accepts it.
   *
   * @throws StreamerError - `STREAMER_SINK_FAILED` when our own store is at fault.
   */
  async put (id: Uint8Array, data: Uint8Array): Promise<void> {
    try {
      await this.#chunks.put([{ address: id, data }])
    } catch (cause) {
      if ((cause as { code?: unknown }).code === 'CHUNK_STORE_INVALID') throw cause
      throw new StreamerError('STREAMER_SINK_FAILED', 'the chunk could not be stored', { cause })
    }
  }

  /** As {@link BinSink.put}, with one write for all, unless one of them is at fault. */
  async putMany (items: readonly Item[]): Promise<(Error | undefined)[]> {
    try {
      await this.#chunks.put(items.map(({ id, data }) => ({ address: id, data })))
      return items.map(() => undefined)
    } catch {
      return await Promise.all(items.map(async ({ id, data }) => {
        try {
          await this.put(id, data)
          return undefined
        } catch (error) {
          return error as Error
        }
      }))
    }
  }

  async done (batch: BatchDone): Promise<void> {
    this.#done(batch)
  }

  close (): void {}

  /** Whether the peer may offer it here: an offer outside the bin is a way to make us store what is nobody's concern. */
  #belongs (id: Address): boolean {
    const po = proximity(this.#peer, id, { max: MAX_BIN })
    return po === this.#bin || (this.#bin === MAX_BIN && po >= LEGACY_NEAR)
  }
}
