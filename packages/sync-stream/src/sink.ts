import type { Chunk } from '@skep/chunk'
import type { Address } from '@skep/interface'
import { proximity } from '@skep/pot'
import { StreamerError, type BatchDone, type Item, type Sink } from '@skep/streamer'
import { LEGACY_NEAR } from './bins.ts'
import { MAX_BIN } from './key.ts'

/** Begins the reason for which a chunk is declined; its bin follows. */
const BIN = 'bin '

/** What taking chunks needs of the store. */
export interface TakenChunks {
  hasMany (addresses: readonly Address[]): Promise<boolean[]>
  put (chunks: readonly Chunk[]): Promise<unknown>
}

/** What the sinks of all peers work with. */
export interface BinSinkNeeds {
  readonly chunks: TakenChunks
  /** Whether chunks of a bin of the peer are to be taken, as the depth is now. */
  readonly ours: (peer: Address, bin: number) => boolean
  /** Hears of each batch. */
  readonly done: (batch: BatchDone) => void
}

/** Takes the chunks of one bin of a peer: only what belongs there, and is not here. */
export class BinSink implements Sink {
  readonly #needs: BinSinkNeeds
  readonly #peer: Address
  readonly #bin: number

  /** @param peer - the overlay address whose bin it is. */
  constructor (needs: BinSinkNeeds, peer: Address, bin: number) {
    this.#needs = needs
    this.#peer = peer
    this.#bin = bin
  }

  /**
   * Wants what is not here. What is not ours at the depth of now is declined by its bin: an old
   * peer's highest bin holds several, and a depth that rises is followed only after a moment.
   */
  async need (ids: Uint8Array[], { signal }: { readonly signal: AbortSignal }): Promise<(boolean | string)[]> {
    signal.throwIfAborted()
    const here = await this.#needs.chunks.hasMany(ids)
    // Nearly all are of one bin, and the answer is the same for all of a bin.
    let asked = -1
    let ours = false
    return ids.map((id, i) => {
      if (here[i]!) return false
      const bin = proximity(this.#peer, id, { max: MAX_BIN })
      if (!belongs(bin, this.#bin)) return false
      if (bin !== asked) ours = this.#needs.ours(this.#peer, asked = bin)
      return ours ? true : `${BIN}${bin}`
    })
  }

  declines (reason: string): boolean {
    return reason.startsWith(BIN) && !this.#needs.ours(this.#peer, Number(reason.slice(BIN.length)))
  }

  /**
   * Resolves when the chunk is durable; rejects when no validator accepts it.
   *
   * @throws StreamerError - `STREAMER_SINK_FAILED` when our own store is at fault.
   */
  async put (id: Uint8Array, data: Uint8Array): Promise<void> {
    try {
      await this.#needs.chunks.put([{ address: id, data }])
    } catch (cause) {
      if ((cause as { code?: unknown }).code === 'CHUNK_STORE_INVALID') throw cause
      throw new StreamerError('STREAMER_SINK_FAILED', 'the chunk could not be stored', { cause })
    }
  }

  /** As {@link BinSink.put}, with one write for all, unless one of them is at fault. */
  async putMany (items: readonly Item[]): Promise<(Error | undefined)[]> {
    try {
      await this.#needs.chunks.put(items.map(({ id, data }) => ({ address: id, data })))
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
    this.#needs.done(batch)
  }

  close (): void {}
}

/** Whether the peer may offer it here: an offer outside the bin is a way to make us store what is nobody's concern. */
function belongs (po: number, bin: number): boolean {
  return po === bin || (bin === MAX_BIN && po >= LEGACY_NEAR)
}
