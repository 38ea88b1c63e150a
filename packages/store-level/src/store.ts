import type { BatchOptions, Operation, RangeOptions, Store } from '@skep/interface'
import type { AbstractBatchOperation, AbstractIteratorOptions, AbstractLevel } from 'abstract-level'
import { accessError, LevelStoreError } from './errors.ts'

/** A level whose keys and values are bytes. */
export type ByteLevel = AbstractLevel<string | Uint8Array | Uint8Array<ArrayBuffer> | ArrayBuffer, Uint8Array, Uint8Array>

/** What differs between the levels. */
export interface LevelTraits {
  /** Whether an iterator stands still while others write. Without it a range is read at once. */
  readonly snapshots: boolean
  /** Whether a batch that is put together call by call is the cheaper one. */
  readonly chained: boolean
  /** Adds to the options of a batch what makes it durable. */
  readonly durable?: object
}

/** Entries per read of a range. */
const PAGE = 256

/** Bytes per read of a range: pages of chunks are cut by this, pages of index entries by {@link PAGE}. */
const PAGE_BYTES = 256 << 10

/**
 * A Store on a level database. {@link levelStore} opens one.
 *
 * Calls may be made at the same time; a reading sees every batch that had resolved
 * when it was made.
 */
export class LevelStore implements Store {
  readonly #level: ByteLevel
  readonly #traits: LevelTraits
  /** Calls that run, and that closing waits for. */
  readonly #running = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  /** @param level - open, and this store's own. */
  constructor (level: ByteLevel, traits: LevelTraits) {
    this.#level = level
    this.#traits = traits
  }

  /** @throws LevelStoreError - as every other method. */
  async get (key: Uint8Array): Promise<Uint8Array | undefined> {
    return plain(await this.#run(() => this.#level.get(key)))
  }

  async getMany (keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return (await this.#run(() => this.#level.getMany(keys))).map(plain)
  }

  /** @throws TypeError - if an operation is none; nothing is applied then. */
  async batch (operations: Operation[], { durable = false }: BatchOptions = {}): Promise<void> {
    for (const operation of operations) check(operation)
    const options = durable ? { ...this.#traits.durable } : {}
    const batch = operations as AbstractBatchOperation<ByteLevel, Uint8Array, Uint8Array>[]
    return this.#run(() => this.#traits.chained && batch.length > 0 ? this.#chain(operations, options) : this.#level.batch(batch, options))
  }

  async * range ({ gte, lt, limit, reverse = false }: RangeOptions = {}): AsyncGenerator<[key: Uint8Array, value: Uint8Array]> {
    const options: AbstractIteratorOptions<Uint8Array, Uint8Array> & { highWaterMarkBytes: number } = { reverse, highWaterMarkBytes: PAGE_BYTES }
    if (gte !== undefined) options.gte = gte
    if (lt !== undefined) options.lt = lt
    if (limit !== undefined) options.limit = limit
    this.#open()
    const iterator = this.#level.iterator(options)
    try {
      if (!this.#traits.snapshots) {
        for (const [key, value] of await this.#run(() => iterator.all())) yield [plain(key), plain(value)]
        return
      }
      while (true) {
        const page = await this.#run(() => iterator.nextv(PAGE))
        if (page.length === 0) return
        for (const [key, value] of page) yield [plain(key), plain(value)]
      }
    } finally {
      await iterator.close()
    }
  }

  async close (): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.allSettled(this.#running)
      await this.#level.close()
    })()
    return this.#closing
  }

  async #chain (operations: Operation[], options: object): Promise<void> {
    const batch = this.#level.batch()
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, operation.value)
      else batch.del(operation.key)
    }
    await batch.write(options)
  }

  async #run<T> (call: () => Promise<T>): Promise<T> {
    this.#open()
    const running = call()
    this.#running.add(running)
    try {
      return await running
    } catch (error) {
      throw accessError(error)
    } finally {
      this.#running.delete(running)
    }
  }

  #open (): void {
    if (this.#closing !== undefined) throw new LevelStoreError('STORE_CLOSED', 'the store is closed')
  }
}

/** classic-level answers with Buffers, whose `slice` shares memory instead of copying it. */
function plain<T extends Uint8Array | undefined> (bytes: T): T
function plain (bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes === undefined ? undefined : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function check (operation: Operation): void {
  const { type, key } = operation
  if (type !== 'put' && type !== 'del') throw new TypeError(`no operation is called ${String(type)}`)
  if (!(key instanceof Uint8Array)) throw new TypeError('a key is a Uint8Array')
  if (type === 'put' && !(operation.value instanceof Uint8Array)) throw new TypeError('a value is a Uint8Array')
}
