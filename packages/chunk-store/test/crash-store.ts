import type { BatchOptions, Operation, RangeOptions, Store } from '@skep/interface'
import { memoryStore, type MemoryStore } from '@skep/store-memory'

/** What dies: the process, which loses nothing that was written, or the machine, which loses what was not synced. */
export type Crash = 'process' | 'machine'

/** Batches until the crash; it comes before the batch is answered, with the batch written or not. */
interface Fuse { batches: number, readonly written: boolean, readonly blown: () => void }

/**
 * A disk that can be crashed: it knows which batches were synced, and holds a batch back
 * so that a crash can fall before, between and after writing and answering.
 */
export class CrashStore implements Store {
  readonly #synced: Operation[][]
  readonly #unsynced: Operation[][] = []
  readonly #memory: MemoryStore = memoryStore()
  #ready: Promise<void>
  #dead = false
  #fuse: Fuse | undefined

  constructor (batches: Operation[][] = []) {
    this.#synced = batches.slice()
    this.#ready = this.#memory.batch(batches.flat())
  }

  /** Crashes all of `disks` at the `batches`th batch from now on, on whichever it falls. Resolves when they have. */
  static async arm (disks: readonly CrashStore[], batches: number, written: boolean): Promise<void> {
    return new Promise(resolve => {
      const blown = (): void => {
        for (const disk of disks) disk.#dead = true
        resolve()
      }
      const fuse = { batches, written, blown }
      for (const disk of disks) disk.#fuse = fuse
    })
  }

  /** What a new process finds. `keep` says how many of the unsynced batches the machine had written by itself. */
  crash (kind: Crash, keep: (unsynced: number) => number): CrashStore {
    this.#dead = true
    const kept = kind === 'process' ? this.#unsynced.length : keep(this.#unsynced.length)
    return new CrashStore([...this.#synced, ...this.#unsynced.slice(0, kept)])
  }

  async get (key: Uint8Array): Promise<Uint8Array | undefined> {
    await this.#alive()
    return this.#memory.get(key)
  }

  async getMany (keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    await this.#alive()
    return this.#memory.getMany(keys)
  }

  async batch (given: Operation[], options: BatchOptions = {}): Promise<void> {
    await this.#alive()
    // A Store keeps its own copies.
    const operations = structuredClone(given)
    if (this.#fuse !== undefined && --this.#fuse.batches <= 0) {
      if (this.#fuse.written) this.#unsynced.push(operations)
      this.#fuse.blown()
      return new Promise(() => {})
    }
    await this.#memory.batch(operations)
    this.#unsynced.push(operations)
    if (options.durable === true) this.#synced.push(...this.#unsynced.splice(0))
  }

  async * range (options: RangeOptions = {}): AsyncGenerator<[Uint8Array, Uint8Array]> {
    await this.#alive()
    yield * this.#memory.range(options)
  }

  async close (): Promise<void> {}

  /** Whatever a dead process does is never answered. */
  async #alive (): Promise<void> {
    await this.#ready
    if (this.#dead) await new Promise(() => {})
  }
}
