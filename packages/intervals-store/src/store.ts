import type { Operation, Store } from '@skep/interface'
import { IntervalsError } from './errors.ts'
import { Intervals, type Index } from './intervals.ts'
import { keyRange, parseKey, recordKey, type StreamId } from './key.ts'
import { readLegacy, writeLegacy, type LegacyStream } from './legacy.ts'
import { decodeRecord, encodeRecord, type Mark, type StreamRecord } from './record.ts'

/** A range to be recorded as covered. */
export interface Seal {
  readonly id: StreamId
  readonly from: Index
  readonly to: Index
  /** Passed over on purpose, for this reason; counts as declined and not as covered. */
  readonly declined?: string
  /** What lies at an index of this range, to recognise the peer's store by. Replaces the earlier mark. */
  readonly mark?: { readonly index: Index, readonly id: Uint8Array }
}

export interface IntervalsStoreOptions {
  /** Asks the store to survive a power cut with each write. Defaults to false: the order of writes alone is kept. */
  readonly durable?: boolean
  /** How many records are kept in memory. Defaults to 4,096. */
  readonly maxCached?: number
  /** Hears of a record that could not be read; it counts as absent. */
  readonly onCorrupt?: (id: StreamId, error: IntervalsError) => void
}

interface Change {
  readonly id: StreamId
  readonly apply: (record: StreamRecord) => StreamRecord | undefined
}

/**
 * Keeps, in a {@link Store}, what of each peer's streams is covered.
 *
 * Seal a range only after all it stands for is durable. Seals that arrive while a
 * write is under way are written together, in one batch, in the order of the calls.
 * A record that cannot be read counts as "nothing covered" and is reported.
 *
 * @example
 * ```ts
 * import { IntervalsStore } from '@skep/intervals-store'
 * import { memoryStore } from '@skep/store-memory'
 *
 * const intervals = new IntervalsStore(memoryStore())
 * const id = { peer: 'c0ffee', stream: 'SYNC|3', epoch: '00112233' }
 * await intervals.seal([{ id, from: 0, to: 99 }])
 * const covered = await intervals.get(id)
 * covered.next() // { from: 100n, to: undefined }
 * ```
 */
export class IntervalsStore {
  readonly #store: Store
  readonly #durable: boolean
  readonly #maxCached: number
  readonly #onCorrupt: (id: StreamId, error: IntervalsError) => void
  readonly #cache = new Map<string, StreamRecord>()
  #queue: { changes: Change[], done: Promise<void> } | undefined
  #running: Promise<void> = Promise.resolve()

  constructor (store: Store, options: IntervalsStoreOptions = {}) {
    this.#store = store
    this.#durable = options.durable ?? false
    this.#maxCached = options.maxCached ?? 4_096
    this.#onCorrupt = options.onCorrupt ?? (() => {})
  }

  /** What is covered; a copy. Empty when nothing is known. Sees every seal that has resolved. */
  async get (id: StreamId): Promise<Intervals> {
    return (await this.#read([id]))[0]!.covered.clone()
  }

  /** All that is known of a stream: covered, declined by reason, and the mark; a copy. */
  async record (id: StreamId): Promise<StreamRecord> {
    return copy((await this.#read([id]))[0]!)
  }

  /**
   * Records ranges as covered, all or none of them. Resolves when they are written.
   *
   * @throws RangeError - if an entry is no range; nothing is written then.
   */
  async seal (entries: readonly Seal[]): Promise<void> {
    for (const { from, to } of entries) new Intervals().add(from, to)
    await this.#change(entries.map(({ id, from, to, declined, mark }) => ({
      id,
      apply (record) {
        const next = copy(record)
        if (declined === undefined) {
          next.covered.add(from, to)
          for (const intervals of next.declined.values()) intervals.subtract(from, to)
        } else {
          const intervals = next.declined.get(declined) ?? new Intervals()
          for (const [a, b] of next.covered.gaps(from, to)) intervals.add(a, b)
          next.declined.set(declined, intervals)
        }
        for (const [reason, intervals] of next.declined) if (intervals.length === 0) next.declined.delete(reason)
        if (mark !== undefined) next.mark = { index: BigInt(mark.index), id: mark.id.slice() }
        return next
      }
    })))
  }

  /** Forgets what was declined for `reason`, so that it counts as a gap again. Resolves when that is written. */
  async reopen (id: StreamId, reason: string): Promise<void> {
    await this.#change([{
      id,
      apply (record) {
        const next = copy(record)
        next.declined.delete(reason)
        return next
      }
    }])
  }

  /** Forgets a stream. Resolves when that is written. */
  async reset (id: StreamId): Promise<void> {
    await this.#change([{ id, apply: () => undefined }])
  }

  /** Every stream of a peer, or of all, in order of key; a record that cannot be read is left out and reported. */
  async list (peer?: string): Promise<{ readonly id: StreamId, readonly intervals: Intervals }[]> {
    await this.#running
    const found: { id: StreamId, intervals: Intervals }[] = []
    for await (const [key, value] of this.#store.range(keyRange(peer))) {
      const id = parseKey(key)
      if (id === undefined) continue
      const record = this.#decode(id, key, value)
      if (record !== undefined) found.push({ id, intervals: record.covered })
    }
    return found
  }

  /**
   * Records as covered what the original's state store has of a stream, live or not, for one who
   * goes on with the original's chunks. Text that cannot be read counts as nothing, and is
   * reported. @returns what was taken over.
   */
  async importLegacy (from: Pick<Store, 'get'>, stream: Omit<LegacyStream, 'live'>, id: StreamId): Promise<Intervals> {
    const found = new Intervals()
    for (const live of [false, true]) {
      try {
        const half = await readLegacy(from, { ...stream, live })
        if (half !== undefined) found.merge(half)
      } catch (error) {
        if ((error as { code?: string }).code !== 'INTERVALS_TEXT') throw error
        this.#onCorrupt(id, error as IntervalsError)
      }
    }
    await this.seal([...found].map(([from, to]) => ({ id, from, to })))
    return found
  }

  /** Writes what is covered of a stream into a state store of the original, as history of it. What was declined is not covered. */
  async exportLegacy (to: Pick<Store, 'batch'>, stream: Omit<LegacyStream, 'live'>, id: StreamId): Promise<void> {
    await writeLegacy(to, { ...stream, live: false }, await this.get(id), { durable: this.#durable })
  }

  /** Puts changes in line; those that wait are written together. */
  async #change (changes: Change[]): Promise<void> {
    if (changes.length === 0) return
    if (this.#queue === undefined) {
      const queue = { changes: [] as Change[], done: Promise.resolve() }
      queue.done = this.#running.then(async () => {
        this.#queue = undefined
        await this.#write(queue.changes)
      })
      this.#queue = queue
      this.#running = queue.done.catch(() => {})
    }
    this.#queue.changes.push(...changes)
    await this.#queue.done
  }

  async #write (changes: readonly Change[]): Promise<void> {
    const ids = new Map(changes.map(({ id }) => [name(id), id]))
    const records = await this.#read([...ids.values()])
    const next = new Map<string, StreamRecord | undefined>([...ids.keys()].map((key, i) => [key, records[i]!]))
    for (const { id, apply } of changes) {
      const key = name(id)
      next.set(key, apply(next.get(key) ?? EMPTY))
    }
    const operations = [...next].map(([key, record]): Operation => {
      const storeKey = recordKey(ids.get(key)!)
      return record === undefined
        ? { type: 'del', key: storeKey }
        : { type: 'put', key: storeKey, value: encodeRecord(storeKey, record) }
    })
    await this.#store.batch(operations, { durable: this.#durable })
    for (const [key, record] of next) this.#remember(key, record ?? EMPTY)
  }

  async #read (ids: readonly StreamId[]): Promise<StreamRecord[]> {
    const missing = ids.filter(id => !this.#cache.has(name(id)))
    const found = new Map<string, StreamRecord>()
    if (missing.length > 0) {
      const keys = missing.map(recordKey)
      const values = await this.#store.getMany(keys)
      for (const [i, id] of missing.entries()) {
        const value = values[i]
        const record = value === undefined ? undefined : this.#decode(id, keys[i]!, value)
        found.set(name(id), record ?? EMPTY)
      }
    }
    return ids.map(id => {
      const key = name(id)
      // A write that ended meanwhile knows better than what was read before it.
      const record = this.#cache.get(key) ?? found.get(key)!
      this.#remember(key, record)
      return record
    })
  }

  #decode (id: StreamId, key: Uint8Array, value: Uint8Array): StreamRecord | undefined {
    try {
      return decodeRecord(key, value)
    } catch (error) {
      this.#onCorrupt(id, error as IntervalsError)
      return undefined
    }
  }

  #remember (key: string, record: StreamRecord): void {
    this.#cache.delete(key)
    this.#cache.set(key, record)
    if (this.#cache.size <= this.#maxCached) return
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest)
      return
    }
  }
}

function name ({ peer, stream, epoch }: StreamId): string {
  return `${peer.length}.${stream.length}.${peer}${stream}${epoch}`
}

/** What is kept of a stream of which nothing is known; nobody changes a record that is kept. */
const EMPTY: StreamRecord = { covered: new Intervals(), declined: new Map(), mark: undefined }

function copy ({ covered, declined, mark }: StreamRecord): { covered: Intervals, declined: Map<string, Intervals>, mark: Mark | undefined } {
  return {
    covered: covered.clone(),
    declined: new Map([...declined].map(([reason, intervals]) => [reason, intervals.clone()])),
    mark
  }
}
