import type { BatchOptions, Clock, Operation, RangeOptions, Store } from '@skep/interface'
import type { SeededRandom } from '@skep/sim'
import { memoryStore, type MemoryStore } from '@skep/store-memory'

/** What dies: the process, which loses nothing that was written, or the machine, which loses what was not synced. */
export type Crash = 'process' | 'machine'

/** Batches until the crash; it comes before the batch is answered, with the batch written or not. */
interface Fuse { batches: number, readonly written: boolean, readonly blown: () => void }

/** A disk that takes its time for each batch, one after the other, and can be crashed at any of them. */
export class CrashDisk implements Store {
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #synced: Operation[][]
  readonly #unsynced: Operation[][] = []
  readonly #memory: MemoryStore = memoryStore()
  #turn: Promise<void>
  #dead = false
  #fuse: Fuse | undefined

  constructor (clock: Clock, random: SeededRandom, batches: Operation[][] = []) {
    this.#clock = clock
    this.#random = random
    this.#synced = batches.slice()
    this.#turn = this.#memory.batch(batches.flat())
  }

  /** Crashes all of `disks` at the `batches`th batch from now on, on whichever it falls. Resolves when they have. */
  static async arm (disks: readonly CrashDisk[], batches: number, written: boolean): Promise<void> {
    return new Promise(resolve => {
      const blown = (): void => {
        for (const disk of disks) disk.#dead = true
        resolve()
      }
      const fuse = { batches, written, blown }
      for (const disk of disks) disk.#fuse = fuse
    })
  }

  /** What a new process finds. A machine had written some of the unsynced batches by itself, the first ones. */
  crash (kind: Crash): CrashDisk {
    this.#dead = true
    const kept = kind === 'process' ? this.#unsynced.length : this.#random.integer(this.#unsynced.length + 1)
    return new CrashDisk(this.#clock, this.#random, [...this.#synced, ...this.#unsynced.slice(0, kept)])
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
    // A Store keeps its own copies.
    const operations = structuredClone(given)
    const turn = this.#turn.then(async () => { await this.#write(operations, options) })
    this.#turn = turn
    await turn
  }

  async * range (options: RangeOptions = {}): AsyncGenerator<[Uint8Array, Uint8Array]> {
    await this.#alive()
    yield * this.#memory.range(options)
  }

  async close (): Promise<void> {}

  async #write (operations: Operation[], { durable = false }: BatchOptions): Promise<void> {
    await new Promise<void>(resolve => { this.#clock.after(this.#random.integer(4), resolve) })
    await this.#alive()
    if (this.#fuse !== undefined && --this.#fuse.batches <= 0) {
      if (this.#fuse.written) this.#unsynced.push(operations)
      this.#fuse.blown()
      await this.#alive()
    }
    await this.#memory.batch(operations)
    this.#unsynced.push(operations)
    if (durable) this.#synced.push(...this.#unsynced.splice(0))
  }

  /** Whatever a dead process does is never answered. */
  async #alive (): Promise<void> {
    if (this.#dead) await new Promise(() => {})
  }
}
