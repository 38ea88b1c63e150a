import { MAX_CHUNK_DATA } from '@skep/chunk'
import type { Address, Clock, Store } from '@skep/interface'
import { keyOf } from '@skep/pot'
import { Counters } from './counters.ts'
import { ChunkStoreError } from './errors.ts'
import { newcomers, type Job } from './jobs.ts'
import { addressKeys, COUNTERS_KEY, dataKey } from './keys.ts'
import { syncBodies } from './opening.ts'
import type { ChunkStoreOptions } from './options.ts'
import { findPages } from './places.ts'
import { Plan } from './plan.ts'
import { decodeEntry, HEADER_SIZE, type Entry } from './records.ts'
import { Slab } from './slab.ts'
import { chooseVictims } from './victims.ts'

/** Chunks that a batch deletes beyond what it needs, at most, while the store is over a capacity that was lowered. */
const SHRINK = 1_024

/**
 * Chunks that a batch deletes beyond what it needs while the store is full: looking for those to go costs as much as storing some
 * dozens. In a store of fewer than 64,000 a thousandth of its capacity.
 */
const AHEAD = 64
const PART_AHEAD = 1_000

/** Bytes of keys and records of a chunk beside its body, of one that is not insured and alone in its page, each filled up to whole words. */
const RECORDS = 132

/** Notes of deleted bodies that may wait for the next body to be written. */
const MOST_NOTED = 4_096

/** What the committer asks and tells. */
export interface CommitterHooks {
  /** Hands over the chunks that were asked for since the last time. */
  takeTouched (): Address[]
  /** Whether it is certain that an address is not here. */
  isAbsent (name: string): boolean
  /** A write failed: what was certain is so no more. */
  failed (): void
  /** The plan was written, in this very tick. */
  committed (plan: Plan): void
}

/** Turns jobs into one batch, writes it, and only then believes it. */
export class Committer {
  /** As they stand on disk. */
  counters: Counters
  /** Chunks deleted to make room. */
  evicted = 0
  readonly #store: Store
  readonly #bodies: Store
  readonly #clock: Clock
  readonly #options: Required<ChunkStoreOptions>
  readonly #hooks: CommitterHooks
  readonly #slab: Slab
  /** Whether a batch failed, and may or may not have reached the disk. */
  #doubtful = false
  /** Bodies to be deleted from the Store of bodies. */
  #dead: number[] = []
  /** Bodies that were, and are noted still. */
  #buried: number[] = []

  constructor (needs: { store: Store, bodies: Store, clock: Clock, counters: Counters }, options: Required<ChunkStoreOptions>, hooks: CommitterHooks) {
    this.#store = needs.store
    this.#bodies = needs.bodies
    this.#clock = needs.clock
    this.counters = needs.counters
    this.#options = options
    this.#hooks = hooks
    this.#slab = new Slab(options.maxBatch * (HEADER_SIZE + MAX_CHUNK_DATA + RECORDS))
  }

  /** Writes `jobs` as one batch and settles each. Never rejects. */
  async write (jobs: readonly Job[]): Promise<void> {
    try {
      if (this.#doubtful) await this.#recover()
      const touched = this.#hooks.takeTouched()
      const plan = new Plan(this.counters.clone(), await this.#lookUp(jobs, touched), this.#slab, this.#bodies !== this.#store)
      for (const address of touched) plan.touch(address)
      const applied = await this.#apply(jobs, plan)
      // What was deleted is as safe as the bodies that are written after it, before the note goes.
      const isMany = this.#buried.length >= MOST_NOTED
      const unmarked = plan.bodies.length > 0 || isMany ? this.#buried : []
      for (const seq of unmarked) plan.unmark(seq)
      const operations = plan.operations(await findPages(this.#store, plan.changes))
      if (operations.length > 0) {
        const options = { durable: this.#options.durability === 'fsync' }
        this.#doubtful = true
        // A body is there before anything points at it.
        if (plan.bodies.length > 0) await this.#bodies.batch(plan.bodies, options)
        else if (isMany && options.durable) await syncBodies(this.#bodies)
        await this.#store.batch(operations, options)
        this.#doubtful = false
        if (unmarked.length > 0) this.#buried = []
        this.counters = plan.counters
      }
      for (const job of applied) job.done()
      this.#hooks.committed(plan)
      this.#dead.push(...plan.dead)
      if (this.#dead.length > 0) await this.#bury()
    } catch (cause) {
      this.#hooks.failed()
      const error = new ChunkStoreError('CHUNK_STORE_IO', 'the store under the chunks failed', { cause })
      for (const job of jobs) job.fail(error)
    } finally {
      this.#slab.reset()
    }
  }

  /** Deletes bodies that nothing points at any more. What fails is tried again with the next batch, and when the store is opened. */
  async #bury (): Promise<void> {
    try {
      await this.#bodies.batch(this.#dead.map(seq => ({ type: 'del', key: dataKey(seq) })))
      this.#buried.push(...this.#dead)
      this.#dead = []
    } catch {}
  }

  /** Enters the jobs in the plan, makes room where they need it, and fails those that find none. */
  async #apply (jobs: readonly Job[], plan: Plan): Promise<Job[]> {
    const { depth, approve } = this.#options
    // A store that was larger once shrinks by and by, not all in one batch.
    const capacity = Math.max(this.#options.capacity, plan.counters.size - SHRINK)
    const most = jobs.reduce((sum, { adds, names }) => adds ? sum + names.length : sum, 0)
    if (plan.counters.size + most <= capacity) {
      for (const job of jobs) job.apply(plan)
      return [...jobs]
    }
    const needs = jobs.map(job => newcomers(job, plan))
    const wanted = plan.counters.size + needs.reduce((sum, n) => sum + n, 0) - capacity
    const rules = { depth: wanted > 0 ? depth() : 0, now: this.#clock.wall(), approve }
    const ahead = Math.min(AHEAD, Math.floor(this.#options.capacity / PART_AHEAD))
    const victims = wanted > 0 ? await chooseVictims(this.#store, plan, wanted + ahead, rules) : []
    const applied: Job[] = []
    for (const [i, job] of jobs.entries()) {
      if (needs[i]! > 0 && plan.counters.size + needs[i]! > capacity + victims.length) {
        job.fail(new ChunkStoreError('CHUNK_STORE_FULL', `${capacity} chunks are here, and too few may be deleted`))
        continue
      }
      job.apply(plan)
      applied.push(job)
    }
    for (const { address, page } of victims) {
      if (plan.counters.size <= capacity - ahead) break
      if (plan.remove(address, 'lost', page)) this.evicted++
    }
    return applied
  }

  async #lookUp (jobs: readonly Job[], touched: readonly Address[]): Promise<Map<string, Entry | undefined>> {
    const asked: Address[] = []
    const unsure: string[] = []
    const entries = new Map<string, Entry | undefined>()
    const add = (name: string, address: Address): void => {
      if (entries.has(name)) return
      entries.set(name, undefined)
      if (this.#hooks.isAbsent(name)) return
      asked.push(address)
      unsure.push(name)
    }
    for (const { addresses, names } of jobs) for (let i = 0; i < names.length; i++) add(names[i]!, addresses[i]!)
    for (const address of touched) add(keyOf(address), address)
    const records = asked.length === 0 ? [] : await this.#store.getMany(addressKeys(asked))
    for (const [i, record] of records.entries()) if (record !== undefined) entries.set(unsure[i]!, decodeEntry(record))
    return entries
  }

  /** Reads again what stands on disk, so that no index is given out twice after a failed write. */
  async #recover (): Promise<void> {
    const record = await this.#store.get(COUNTERS_KEY)
    this.counters = (record === undefined ? undefined : Counters.decode(record)) ?? this.counters
    this.#doubtful = false
  }
}
