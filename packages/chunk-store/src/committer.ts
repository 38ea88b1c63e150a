import type { Address, Clock, Store } from '@skep/interface'
import { nameOf } from './bytes.ts'
import { Counters } from './counters.ts'
import { ChunkStoreError } from './errors.ts'
import type { Job } from './jobs.ts'
import { addressKey, COUNTERS_KEY } from './keys.ts'
import type { ChunkStoreOptions } from './options.ts'
import { Plan } from './plan.ts'
import { decodeEntry, type Entry } from './records.ts'
import { chooseVictims } from './victims.ts'

/** What the committer asks and tells. */
export interface CommitterHooks {
  /** Hands over the chunks that were asked for since the last time. */
  takeTouched (): Address[]
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
  readonly #clock: Clock
  readonly #options: Required<ChunkStoreOptions>
  readonly #hooks: CommitterHooks
  /** Whether a batch failed, and may or may not have reached the disk. */
  #doubtful = false

  constructor (needs: { store: Store, clock: Clock, counters: Counters }, options: Required<ChunkStoreOptions>, hooks: CommitterHooks) {
    this.#store = needs.store
    this.#clock = needs.clock
    this.counters = needs.counters
    this.#options = options
    this.#hooks = hooks
  }

  /** Writes `jobs` as one batch and settles each. Never rejects. */
  async write (jobs: readonly Job[]): Promise<void> {
    try {
      if (this.#doubtful) await this.#recover()
      const touched = this.#hooks.takeTouched()
      const plan = new Plan(this.counters.clone(), await this.#lookUp(jobs, touched))
      for (const address of touched) plan.touch(address)
      const applied = await this.#apply(jobs, plan)
      const operations = plan.operations()
      if (operations.length > 0) {
        this.#doubtful = true
        await this.#store.batch(operations, { durable: this.#options.durability === 'fsync' })
        this.#doubtful = false
        this.counters = plan.counters
      }
      for (const job of applied) job.done()
      this.#hooks.committed(plan)
    } catch (cause) {
      const error = new ChunkStoreError('CHUNK_STORE_IO', 'the store under the chunks failed', { cause })
      for (const job of jobs) job.fail(error)
    }
  }

  /** Enters the jobs in the plan, makes room where they need it, and fails those that find none. */
  async #apply (jobs: readonly Job[], plan: Plan): Promise<Job[]> {
    const { capacity, depth, approve } = this.#options
    const needs = jobs.map(job => job.newcomers(plan))
    const wanted = plan.counters.size + needs.reduce((sum, n) => sum + n, 0) - capacity
    const rules = { depth: wanted > 0 ? depth() : 0, now: this.#clock.wall(), approve }
    const victims = wanted > 0 ? await chooseVictims(this.#store, plan, wanted, rules) : []
    const applied: Job[] = []
    for (const [i, job] of jobs.entries()) {
      if (needs[i]! > 0 && plan.counters.size + needs[i]! > capacity + victims.length) {
        job.fail(new ChunkStoreError('CHUNK_STORE_FULL', `${capacity} chunks are here, and too few may be deleted`))
        continue
      }
      job.apply(plan)
      applied.push(job)
    }
    for (const address of victims) {
      if (plan.counters.size <= capacity) break
      if (plan.remove(address)) this.evicted++
    }
    return applied
  }

  async #lookUp (jobs: readonly Job[], touched: readonly Address[]): Promise<Map<string, Entry | undefined>> {
    const addresses = new Map(touched.map(address => [nameOf(address), address]))
    for (const job of jobs) for (const address of job.addresses) addresses.set(nameOf(address), address)
    const records = await this.#store.getMany(Array.from(addresses.values(), addressKey))
    const entries = new Map<string, Entry | undefined>()
    for (const [i, name] of [...addresses.keys()].entries()) {
      const record = records[i]
      entries.set(name, record === undefined ? undefined : decodeEntry(record))
    }
    return entries
  }

  /** Reads again what stands on disk, so that no index is given out twice after a failed write. */
  async #recover (): Promise<void> {
    const record = await this.#store.get(COUNTERS_KEY)
    this.counters = (record === undefined ? undefined : Counters.decode(record)) ?? this.counters
    this.#doubtful = false
  }
}
