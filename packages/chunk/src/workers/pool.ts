import type { Address } from '@skep/interface'
import { sameBytes } from '../bytes.ts'
import type { Chunk } from '../chunk.ts'
import { MAX_CHUNK_DATA, SEGMENT_SIZE, SPAN_SIZE } from '../constants.ts'
import { hasher } from '../fastest.ts'
import { checkLength } from '../hasher.ts'
import { compileKernel, zeroTable } from '../kernel.ts'
import type { SplitOptions } from '../split.ts'
import { BATCH, GivenBatch, type Batch } from './batch.ts'
import { Lane } from './lane.ts'
import { SCRIPT } from './script.ts'
import { builtin, spawnWorker } from './spawn.ts'
import type { HashWorker, WorkerEvents } from './spawn.ts'
import { splitInBatches } from './split.ts'

/** Workers at most, unless told otherwise, however many cores there are. */
const MOST_WORKERS = 8

/** How a pool works. */
export interface HashPoolOptions {
  /** How many workers to start, when there is work for them. Defaults to the cores there are, at most 8; with fewer than 2 none. */
  readonly workers?: number | undefined

  /** Chunks that must come together for the workers to be troubled. Defaults to a batch, 64. */
  readonly threshold?: number | undefined

  /** Starts a worker that runs the script, for a page whose policy forbids blobs. Defaults to `spawnWorker`. */
  readonly spawn?: ((script: string, events: WorkerEvents) => HashWorker) | undefined
}

/**
 * Hashes chunks on several cores.
 *
 * Workers start with the first work that is worth it, and do not keep a process
 * alive while they are idle. Where there can be none, or when one fails, its share is
 * hashed inline: the pool always answers, only more slowly. At most two batches are
 * in a worker at a time; more callers than that wait their turn.
 *
 * @example
 * ```ts
 * import { HashPool } from '@skep/chunk/workers'
 *
 * const pool = new HashPool()
 * for await (const { address } of pool.split([new Uint8Array(1_000_000)])) address.length // 32
 * await pool.close()
 * ```
 */
export class HashPool {
  readonly #threshold: number
  readonly #workers: number
  readonly #spawn: (script: string, events: WorkerEvents) => HashWorker
  readonly #waiting: (() => void)[] = []
  #lanes: Lane[] | undefined
  #closed = false

  /** @throws RangeError - if an option is out of range. */
  constructor (options: HashPoolOptions = {}) {
    const { workers = defaultWorkers(), threshold = BATCH, spawn = spawnWorker } = options
    if (!Number.isSafeInteger(workers) || workers < 0) throw new RangeError(`${workers} workers`)
    if (!Number.isSafeInteger(threshold) || threshold < 1) throw new RangeError(`a threshold of ${threshold}`)
    this.#workers = workers
    this.#threshold = threshold
    this.#spawn = spawn
  }

  /** How many workers are running. */
  get running (): number {
    return this.#lanes?.filter(lane => lane.alive).length ?? 0
  }

  /**
   * Computes the addresses of content chunks, span first, in their order. The chunks
   * must not change until then.
   *
   * @throws RangeError - if one of them is no chunk for its length.
   */
  async addresses (chunks: readonly Uint8Array[], options: { signal?: AbortSignal | undefined } = {}): Promise<Address[]> {
    options.signal?.throwIfAborted()
    for (const data of chunks) checkLength(data)
    const batches = Array.from({ length: Math.ceil(chunks.length / BATCH) }, (_, i) => new GivenBatch(chunks.slice(i * BATCH, (i + 1) * BATCH)))
    const small = chunks.length < this.#threshold
    const out: Promise<Uint8Array>[] = []
    for (const batch of batches) {
      options.signal?.throwIfAborted()
      if (small) out.push(this.#inline(batch))
      else out.push((await this.#begin(batch)).addresses)
    }
    const addresses = await Promise.all(out)
    options.signal?.throwIfAborted()
    return addresses.flatMap(each => Array.from({ length: each.length / SEGMENT_SIZE }, (_, i) => each.slice(i * SEGMENT_SIZE, (i + 1) * SEGMENT_SIZE)))
  }

  /** Tells of each chunk whether its data is the content chunk at its address. Never throws for what a chunk is. */
  async verify (chunks: readonly Chunk[], options: { signal?: AbortSignal | undefined } = {}): Promise<boolean[]> {
    const fitting = chunks.filter(({ data }) => data.length >= SPAN_SIZE && data.length <= MAX_CHUNK_DATA)
    const addresses = await this.addresses(fitting.map(({ data }) => data), options)
    const found = new Map(fitting.map((chunk, i) => [chunk, addresses[i]!]))
    return chunks.map(chunk => {
      const address = found.get(chunk)
      return address !== undefined && sameBytes(address, chunk.address)
    })
  }

  /**
   * Cuts a stream of bytes into the chunks of a file, as `split` of `@skep/chunk` does,
   * with the data chunks hashed by the workers.
   *
   * Reads ahead by two batches for each worker, and gives chunks by the batch.
   */
  split (source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options: Omit<SplitOptions, 'hasher'> = {}): AsyncGenerator<Chunk, void, undefined> {
    const hash = async (batch: Batch): Promise<Uint8Array> =>
      batch.length < this.#threshold ? await this.#inline(batch) : await (await this.#begin(batch)).addresses
    return splitInBatches(source, hash, { ...options, batch: BATCH, ahead: 2 * Math.max(1, this.#workers) })
  }

  /** Ends the workers once what is in them is done. The pool goes on inline. */
  async close (): Promise<void> {
    this.#closed = true
    const lanes = this.#lanes ?? []
    while (lanes.some(lane => lane.load > 0)) await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    this.#lanes = []
    this.#changed()
    await Promise.all(lanes.map(lane => lane.end()))
  }

  async #inline (batch: Batch): Promise<Uint8Array> {
    const out = new Uint8Array(batch.length * SEGMENT_SIZE)
    let at = 0
    for (const data of batch) {
      out.set(hasher.address(data), at)
      at += SEGMENT_SIZE
    }
    return out
  }

  /** Waits until a batch is in the worker with the least to do, or is hashed here because there is none. */
  async #begin (batch: Batch): Promise<{ addresses: Promise<Uint8Array> }> {
    for (;;) {
      if (!this.#closed) this.#lanes ??= this.#start()
      const alive = this.#closed ? [] : this.#lanes!.filter(lane => lane.alive)
      if (alive.length === 0) return { addresses: this.#inline(batch) }
      const free = alive.filter(lane => lane.free).sort((a, b) => a.load - b.load)[0]
      if (free !== undefined) {
        return { addresses: free.hash(batch).then(addresses => addresses ?? this.#inline(batch)) }
      }
      await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    }
  }

  #start (): Lane[] {
    // One worker is slower than none: the copying costs more than the thread gains.
    if (this.#workers < 2) return []
    const module = compileKernel('simd') ?? compileKernel('scalar')
    if (module === undefined) return []
    const zeros = zeroTable()
    const lanes: Lane[] = []
    try {
      for (let i = 0; i < this.#workers; i++) {
        lanes.push(new Lane(events => this.#spawn(SCRIPT, events), module, zeros, () => { this.#changed() }))
      }
    } catch {
      // As many as could be started.
    }
    return lanes
  }

  #changed (): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

/** The cores there are: the browser's word, or Node's. */
function defaultWorkers (): number {
  const cores = globalThis.navigator?.hardwareConcurrency ?? builtin<{ availableParallelism (): number }>('node:os')?.availableParallelism() ?? 1
  return Math.min(cores, MOST_WORKERS)
}
