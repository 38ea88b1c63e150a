import type { Address } from '@skep/interface'
import type { Arrival, Plan } from './plan.ts'
import type { Chunk } from '@skep/chunk'
import { keyOf } from '@skep/pot'

/** Something that waits to be written. */
export interface Job {
  /** Every address it asks the plan about, and their names. */
  readonly addresses: readonly Address[]
  readonly names: readonly string[]
  /** Whether it may add chunks. */
  readonly adds: boolean
  /** Enters itself in the plan. Called once. */
  apply (plan: Plan): void
  /** Its batch was written. */
  done (): void
  fail (error: Error): void
}

/** A job and the promise of its outcome. */
export interface Pending<T> {
  readonly job: Job
  readonly outcome: Promise<T>
}

/** Counts the chunks that a job would add. */
export function newcomers ({ adds, names }: Job, plan: Plan): number {
  return adds ? new Set(names.filter(name => plan.entry(name) === undefined)).size : 0
}

/** Makes the job of putting chunks. */
export function putJob (chunks: readonly Chunk[], arrivals: readonly Arrival[]): Pending<('stored' | 'present')[]> {
  const addresses = chunks.map(({ address }) => address)
  const names = addresses.map(keyOf)
  return make(addresses, names, true, plan => chunks.map((chunk, i) => plan.add(chunk, names[i]!, arrivals[i]!) ? 'stored' : 'present'))
}

/** Makes a job out of what it does to the plan; `act` returns the outcome. It adds no chunks. */
export function pending<T> (addresses: readonly Address[], act: (plan: Plan) => T): Pending<T> {
  return make(addresses, addresses.map(keyOf), false, act)
}

function make<T> (addresses: readonly Address[], names: readonly string[], adds: boolean, act: (plan: Plan) => T): Pending<T> {
  let job: Job | undefined
  const outcome = new Promise<T>((resolve, reject) => {
    let result: T
    job = {
      addresses,
      names,
      adds,
      apply (plan) { result = act(plan) },
      done () { resolve(result) },
      fail: reject
    }
  })
  return { job: job!, outcome }
}
