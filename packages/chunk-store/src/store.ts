import { fullForm, kindOf, type Chunk, type Kind } from '@skep/chunk'
import type { Address, Clock, Random, Store } from '@skep/interface'
import { keyOf, proximity } from '@skep/pot'
import { Absent } from './absent.ts'
import { ADDRESS_SIZE } from './bytes.ts'
import { Committer } from './committer.ts'
import { BINS, type Counters } from './counters.ts'
import { ChunkStoreError } from './errors.ts'
import { pending, putJob, type Pending } from './jobs.ts'
import { addressKeys, quarantineRange } from './keys.ts'
import { closeRecords, openRecords, settleBodies, type Epoch } from './opening.ts'
import { DEFAULTS, holdsTrue, type ChunkStoreOptions, type PutOptions, type ReadOptions } from './options.ts'
import type { Plan, Arrival } from './plan.ts'
import { Pages } from './pages.ts'
import { walkPlaces, walkPlacesBack } from './places.ts'
import { Reader } from './reader.ts'
import { decodeEntry, readPlace, type PlaceState } from './records.ts'
import { Signals } from './signals.ts'
import { Tails } from './tails.ts'
import { findFaults, type Fault, type Finding } from './verify.ts'
import { Writer } from './writer.ts'

/** The signal of losses, after those of the bins. */
const LOST = BINS

/** A chunk's place in the sequence of its bin. */
export interface IndexEntry {
  readonly index: number
  readonly address: Address
  readonly kind: Kind
}

/** What a {@link ChunkStore} works with. */
export interface ChunkStoreNeeds {
  /** Where the chunks lie; shared with others, and closed by whoever opened it. */
  readonly store: Store
  /**
   * Where the bodies of chunks lie; by default in `store` with the rest. On LevelDB a Store of
   * their own makes writing cheaper by a quarter: it need not be merged, for bodies only ever
   * come at the end. Always the same one: the two know each other.
   */
  readonly bodies?: Store
  /** The address that bins are counted from. */
  readonly base: Address
  readonly clock: Clock
  readonly random: Random
}

/**
 * Chunks on a Store, with one dense sequence per proximity bin.
 *
 * A put resolves when its chunks are as safe as `durability` says; chunk, index and
 * counters land in one batch (the bodies before it where they have a Store of their own),
 * so nothing is ever half there. Indices begin at 1 and are
 * never given out twice. Only one ChunkStore may be open on a Store.
 *
 * @example
 * ```ts
 * import { makeChunk } from '@skep/chunk'
 * import { ChunkStore } from '@skep/chunk-store'
 * import { systemClock, systemRandom } from '@skep/runtime'
 * import { memoryStore } from '@skep/store-memory'
 *
 * const store = memoryStore()
 * const chunks = await ChunkStore.open({ store, base: new Uint8Array(32), clock: systemClock, random: systemRandom })
 * const chunk = makeChunk(new TextEncoder().encode('hello'))
 * await chunks.put([chunk]) // [ 'stored' ]
 * ```
 */
export class ChunkStore {
  /** Drawn when the store was created: what an index of a former life meant is void. */
  readonly epoch: Epoch
  readonly base: Address
  readonly #absent = new Absent()
  readonly #committer: Committer
  readonly #options: Required<ChunkStoreOptions>
  readonly #pages = new Pages()
  readonly #reader: Reader
  readonly #signals = new Signals(BINS + 1)
  readonly #store: Store
  readonly #tails = new Tails()
  readonly #bodies: Store
  readonly #writer: Writer
  #closing: Promise<void> | undefined
  /** Damaged bodies that are kept. */
  #quarantined = 0

  /**
   * Opens the chunks in `store`, and creates what describes them where there is none.
   *
   * @throws ChunkStoreError - `CHUNK_STORE_FOREIGN`, `CHUNK_STORE_BODIES`, `CHUNK_STORE_VERSION`, `CHUNK_STORE_CORRUPT`.
   * @throws RangeError - if the base is no address.
   */
  static async open (needs: ChunkStoreNeeds, options: ChunkStoreOptions = {}): Promise<ChunkStore> {
    checkAddress(needs.base)
    const all = { ...DEFAULTS, ...options }
    const { store, bodies = store } = needs
    const { epoch, counters } = await openRecords({ ...needs, bodies }, all.durability === 'fsync' ? '' : all.boot)
    const chunks = new ChunkStore({ ...needs, bodies }, epoch, counters, all)
    if (bodies !== store) await chunks.#forgetAfter(await settleBodies(store, bodies, counters))
    for await (const _ of needs.store.range({ ...quarantineRange(), limit: all.maxQuarantine })) chunks.#quarantined++
    return chunks
  }

  private constructor ({ store, bodies, base, clock }: Required<ChunkStoreNeeds>, epoch: Epoch, counters: Counters, options: Required<ChunkStoreOptions>) {
    this.epoch = epoch
    this.base = base.slice()
    this.#store = store
    this.#bodies = bodies
    this.#options = options
    this.#committer = new Committer({ store, bodies, clock, counters }, options, {
      committed: plan => this.#committed(plan),
      failed: () => {
        this.#absent.clear()
        this.#pages.clear()
        this.#tails.clear()
      },
      isAbsent: name => this.#absent.has(name),
      takeTouched: () => this.#reader.takeTouched()
    })
    this.#writer = new Writer(jobs => this.#committer.write(jobs), options)
    this.#reader = new Reader(store, bodies, {
      isAbsent: name => this.#absent.has(name),
      worthTouching: () => this.size > options.capacity / 2,
      lostOf: () => this.#committer.counters.next - this.size / 4,
      touched: () => this.#later(pending([], () => {})),
      corrupt: (address, why, body) => this.#quarantine(address, why, body)
    })
  }

  /** Chunks that are here. */
  get size (): number {
    return this.#committer.counters.size
  }

  /**
   * Stores chunks. Puts made at the same time share a batch; a chunk that is here already
   * is `present`, and nothing is written for it.
   *
   * @throws ChunkStoreError - `CHUNK_STORE_INVALID` for a chunk no validator accepts where
   *   no kind is given, `CHUNK_STORE_FULL`, `CHUNK_STORE_OVERLOADED`, `CHUNK_STORE_IO`,
   *   `CHUNK_STORE_CLOSED`. A put of at most `maxBatch` chunks is all or nothing.
   */
  async put (chunks: readonly Chunk[], options: PutOptions = {}): Promise<('stored' | 'present')[]> {
    this.#writer.check()
    const arrivals = chunks.map(chunk => this.#arrival(chunk, options))
    // What comes from strangers may have zeros too few at its end.
    if (options.kind === undefined) chunks = chunks.map((chunk, i) => arrivals[i]!.kind === 'content' ? inFull(chunk) : chunk)
    const jobs: Pending<('stored' | 'present')[]>[] = []
    for (let at = 0; at < chunks.length; at += this.#options.maxBatch) {
      jobs.push(putJob(chunks.slice(at, at + this.#options.maxBatch), arrivals.slice(at, at + this.#options.maxBatch)))
    }
    this.#writer.push(jobs.map(({ job }) => job))
    return (await Promise.all(jobs.map(({ outcome }) => outcome))).flat()
  }

  /**
   * Reads a chunk's data; `undefined` when it is not here. What is damaged is not here: it is
   * moved to quarantine and reported to `onCorrupt`.
   */
  async get (address: Address, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    return (await this.getMany([address], options))[0]
  }

  /** Reads the data of many chunks, in order; much cheaper than one by one. */
  async getMany (addresses: readonly Address[], { verify = false }: ReadOptions = {}): Promise<(Uint8Array | undefined)[]> {
    this.#writer.check()
    for (const address of addresses) checkAddress(address)
    const found = await this.#reader.read(addresses)
    return found.map((body, i) => {
      if (body === undefined) return undefined
      if (!verify || holdsTrue(this.#options.validators, body.kind, addresses[i]!, body.data)) return body.data
      this.#quarantine(addresses[i]!, 'invalid', body.data)
      return undefined
    })
  }

  async has (address: Address): Promise<boolean> {
    return (await this.hasMany([address]))[0]!
  }

  /** Says for many addresses whether the chunk is here. */
  async hasMany (addresses: readonly Address[]): Promise<boolean[]> {
    this.#writer.check()
    for (const address of addresses) checkAddress(address)
    return this.#absent.look(addresses.map(keyOf), async unsure => {
      const records = await this.#store.getMany(addressKeys(unsure.map(i => addresses[i]!)))
      return records.map(record => record !== undefined && decodeEntry(record) !== undefined)
    })
  }

  /** Deletes chunks, pinned ones too; their places in the sequence stay as tombstones. Returns how many were here. */
  async delete (addresses: readonly Address[]): Promise<number> {
    return this.#now(addresses, plan => addresses.filter(address => plan.remove(address, 'deleted')).length)
  }

  /** Pins chunks, so that they are never deleted to make room, or lets them go. Returns how many are here. */
  async pin (addresses: readonly Address[], pinned: boolean = true): Promise<number> {
    return this.#now(addresses, plan => addresses.filter(address => plan.pin(address, pinned)).length)
  }

  /** The last index given out in the bin; 0 when there is none yet. */
  last (bin: number): number {
    checkBin(bin)
    return this.#committer.counters.last[bin]!
  }

  /** An index of the bin after which there is no chunk of the kind; not always the lowest such. Looking beyond it is in vain. */
  lastOf (bin: number, kind: Kind): number {
    checkBin(bin)
    const { last, other } = this.#committer.counters
    return kind === 'content' ? last[bin]! : other[bin]!
  }

  /**
   * Lists chunks of a bin from index `from` to `to` (both included; to the end when
   * `undefined`), at most `limit`, in order of index. Tombstones are passed over.
   */
  async entries (bin: number, from: number, to: number | undefined, limit: number): Promise<IndexEntry[]> {
    this.#writer.check()
    checkBin(bin)
    const kept = this.#tails.read(bin, from, Math.min(to ?? Infinity, this.last(bin)), limit)
    if (kept !== undefined) return kept
    // A page that reaches as far as it may is the same for all who ask, for nothing comes in between.
    if (to === undefined || from + limit - 1 > Math.min(to, this.last(bin))) return this.#places(bin, from, to, limit, 'live')
    const page = await this.#pages.read(bin, from, limit, () => this.#places(bin, from, undefined, limit, 'live'))
    return page.filter(({ index }) => index <= to)
  }

  /** The chunks of a bin from index `from` to the last, if they came so lately that no disk need be asked; else `undefined`. */
  lately (bin: number, from: number): readonly IndexEntry[] | undefined {
    checkBin(bin)
    return this.#tails.read(bin, from, this.last(bin), Infinity)
  }

  /**
   * Lists, as {@link entries} does, the places of chunks that went without anybody's wish:
   * deleted to make room, or damaged. Some may have come again since, at another place.
   */
  async lostEntries (bin: number, from: number, to: number | undefined, limit: number): Promise<IndexEntry[]> {
    return this.#places(bin, from, to, limit, 'lost')
  }

  /** How many chunks of the bin were ever lost so. */
  lost (bin: number): number {
    checkBin(bin)
    return this.#committer.counters.lost[bin]!
  }

  /** Calls `listener` in the tick in which a loss was committed, whatever the bin, once a batch. Returns the unsubscribe function. */
  onLost (listener: () => void): () => void {
    return this.#signals.on(LOST, listener)
  }

  /** Calls `listener` in the tick in which new chunks of the bin were committed, once a batch. Returns the unsubscribe function. */
  onBin (bin: number, listener: () => void): () => void {
    checkBin(bin)
    return this.#signals.on(bin, listener)
  }

  /** Chunks that are here, per bin from 0 to 16. */
  counts (): number[] {
    return [...this.#committer.counters.live]
  }

  /**
   * Walks the whole store and lists what is not as it should be, reading and hashing every
   * chunk. Puts meanwhile are no faults, but may hide or feign some; at rest it is exact.
   */
  async * verify (): AsyncGenerator<Fault> {
    this.#writer.check()
    for await (const { fault } of this.#findings()) yield fault
  }

  /**
   * Walks the store as {@link verify} does and mends what it finds, fault by fault, each in
   * one batch. Nothing may be put meanwhile. Returns what it found; a second walk finds nothing.
   */
  async repair (): Promise<Fault[]> {
    this.#writer.check()
    const faults: Fault[] = []
    // A remedy can bring out another fault, a wrong count for example, but never the same again.
    for (let found = 1; found > 0;) {
      found = 0
      for await (const { fault, addresses, mend } of this.#findings()) {
        found++
        faults.push(fault)
        await this.#now(addresses, mend)
      }
    }
    return faults
  }

  /**
   * Writes what was put, down to the disk, and takes nothing more. The Store stays open.
   * Idempotent.
   */
  async close (): Promise<void> {
    this.#closing ??= (async () => {
      await this.#writer.close()
      this.#signals.clear()
      // Where this cannot be written the next opening takes the worst for granted.
      await closeRecords(this.#store, this.#bodies, this.#options.boot).catch(() => {})
    })()
    return this.#closing
  }

  #findings (): AsyncGenerator<Finding> {
    return findFaults(this.#store, this.#bodies, this.#committer.counters, this.#options.validators)
  }

  /** Takes the chunks away whose body came after number `seq`: a power cut took it, and left what points at it. */
  async #forgetAfter (seq: number): Promise<void> {
    const gone: Address[] = []
    for (let bin = 0; bin < BINS; bin++) {
      await walkPlacesBack(this.#store, bin, (record, at) => {
        const place = readPlace(record, at)
        if (place?.state === 'live' && place.seq > seq) gone.push(place.address)
        return place === undefined || place.seq > seq
      })
    }
    if (gone.length > 0) await this.#now(gone, plan => { for (const address of gone) plan.remove(address, 'lost') })
  }

  async #places (bin: number, from: number, to: number | undefined, limit: number, state: PlaceState): Promise<IndexEntry[]> {
    this.#writer.check()
    checkBin(bin)
    const found: IndexEntry[] = []
    await walkPlaces(this.#store, bin, from, to, limit, (index, { record }, at) => {
      const place = readPlace(record, at)
      if (place?.state !== state) return false
      found.push({ index, address: place.address, kind: place.kind })
      if (state === 'live') this.#reader.remember(keyOf(place.address), place.seq)
      return true
    })
    return found
  }

  #arrival ({ address, data }: Chunk, { kind = kindOf(address, data, this.#options.validators), pinned = false, insured }: PutOptions): Arrival {
    checkAddress(address)
    if (kind === undefined) throw new ChunkStoreError('CHUNK_STORE_INVALID', 'the data is not what its address says')
    const bin = proximity(this.base, address, { max: BINS - 1 })
    return insured === undefined ? { kind, bin, pinned } : { kind, bin, pinned, insured }
  }

  async #now<T> (addresses: readonly Address[], act: (plan: Plan) => T): Promise<T> {
    for (const address of addresses) checkAddress(address)
    const { job, outcome } = pending(addresses, act)
    this.#writer.push([job])
    return outcome
  }

  /** Queues what nobody waits for. A failure shows at the next put. */
  #later ({ job, outcome }: Pending<unknown>): void {
    outcome.catch(() => {})
    try {
      this.#writer.push([job])
    } catch {
      job.fail(new Error('not queued'))
    }
  }

  #quarantine (address: Address, why: 'missing' | 'checksum' | 'invalid', body: Uint8Array | undefined): void {
    const { job, outcome } = pending([address], plan => {
      const entry = plan.entry(keyOf(address))
      const kept = this.#quarantined < this.#options.maxQuarantine
      plan.quarantine(address, kept ? body : undefined)
      if (entry !== undefined && kept && body !== undefined) this.#quarantined++
      return entry
    })
    this.#later({ job, outcome: outcome.then(entry => {
      if (entry !== undefined) this.#options.onCorrupt({ address, kind: entry.kind, bin: entry.bin, why })
    }) })
  }

  #committed (plan: Plan): void {
    if (plan.changesPlaces) {
      this.#absent.removed()
      this.#pages.clear()
      this.#tails.clear()
    }
    for (const { name, seq, bin, index, address, kind } of plan.arrived) {
      this.#absent.added(name)
      this.#reader.remember(name, seq)
      if (!plan.changesPlaces) this.#tails.add(bin, { index, address, kind })
    }
    for (const bin of plan.grown) this.#signals.emit(bin)
    if (plan.losesChunks) this.#signals.emit(LOST)
  }
}

function inFull (chunk: Chunk): Chunk {
  const data = fullForm(chunk.data)
  return data === chunk.data ? chunk : { address: chunk.address, data }
}

function checkAddress (address: Address): void {
  if (address.length !== ADDRESS_SIZE) throw new RangeError(`an address is ${ADDRESS_SIZE} bytes, not ${address.length}`)
}

function checkBin (bin: number): void {
  if (!Number.isInteger(bin) || bin < 0 || bin >= BINS) throw new RangeError(`bins are 0 to ${BINS - 1}, not ${bin}`)
}
