import { MAX_CHUNK_DATA, SEGMENT_SIZE } from '../constants.ts'
import { BATCH, type Batch } from './batch.ts'
import type { HashWorker, WorkerEvents } from './spawn.ts'

/** Batches in a worker at a time: one it hashes, and one it goes on with at once. */
const DEPTH = 2

/** The buffers of a batch, which travel there and back. */
interface Buffers {
  readonly data: Uint8Array<ArrayBuffer>
  readonly addresses: Uint8Array<ArrayBuffer>
}

interface Job {
  readonly count: number
  done (addresses: Uint8Array | undefined): void
}

/** One worker with the batches that are in it. */
export class Lane {
  readonly #worker: HashWorker
  readonly #jobs = new Map<number, Job>()
  readonly #spare: Buffers[] = []
  #next = 0
  #alive = true

  /**
   * @param changed - called when a batch has come back, or none ever will.
   * @throws Error - if the worker cannot be started.
   */
  constructor (spawn: (events: WorkerEvents) => HashWorker, module: WebAssembly.Module, zeros: Uint8Array, changed: () => void) {
    this.#worker = spawn({
      message: message => {
        this.#finish(message as Buffers & { id: number })
        changed()
      },
      failed: () => {
        this.#fail()
        changed()
      }
    })
    this.#worker.post({ module, zeros }, [])
  }

  get alive (): boolean { return this.#alive }

  /** How many batches are in the worker. */
  get load (): number { return this.#jobs.size }

  get free (): boolean { return this.#alive && this.#jobs.size < DEPTH }

  /**
   * Hashes a batch.
   *
   * @returns the addresses one after another; `undefined` if the worker has failed.
   */
  hash (batch: Batch): Promise<Uint8Array | undefined> {
    const { data, addresses } = this.#spare.pop() ?? {
      data: new Uint8Array(BATCH * MAX_CHUNK_DATA),
      addresses: new Uint8Array(BATCH * SEGMENT_SIZE)
    }
    const lengths = batch.pack(data)
    const id = this.#next++
    return new Promise(resolve => {
      this.#jobs.set(id, { count: batch.length, done: resolve })
      this.#worker.busy(true)
      this.#worker.post({ id, data, lengths, addresses }, [data.buffer, addresses.buffer])
    })
  }

  /** Ends the worker, with whatever is in it. */
  async end (): Promise<void> {
    this.#fail()
    await this.#worker.end()
  }

  #finish ({ id, data, addresses }: Buffers & { id: number }): void {
    const job = this.#jobs.get(id)
    if (job === undefined) return
    this.#jobs.delete(id)
    if (this.#jobs.size === 0) this.#worker.busy(false)
    const out = addresses.slice(0, job.count * SEGMENT_SIZE)
    this.#spare.push({ data, addresses })
    job.done(out)
  }

  #fail (): void {
    this.#alive = false
    const jobs = [...this.#jobs.values()]
    this.#jobs.clear()
    for (const job of jobs) job.done(undefined)
  }
}
