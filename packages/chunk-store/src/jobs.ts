import type { Address } from '@skep/interface'
import { nameOf } from './bytes.ts'
import type { Arrival, Plan } from './plan.ts'
import type { Chunk } from '@skep/chunk'

/** Something that waits to be written. */
export interface Job {
  /** Every address it asks the plan about. */
  readonly addresses: readonly Address[]
  /** Counts the chunks that would be new. */
  newcomers (plan: Plan): number
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

/** Makes the job of putting chunks. */
export function putJob (chunks: readonly Chunk[], arrivals: readonly Arrival[]): Pending<('stored' | 'present')[]> {
  return pending(chunks.map(({ address }) => address), plan => {
    return chunks.map((chunk, i) => plan.add(chunk, arrivals[i]!) ? 'stored' : 'present')
  }, plan => {
    const names = new Set<string>()
    for (const { address } of chunks) if (plan.entry(address) === undefined) names.add(nameOf(address))
    return names.size
  })
}

/** Makes a job out of what it does to the plan; `act` returns the outcome. */
export function pending<T> (addresses: readonly Address[], act: (plan: Plan) => T, newcomers: (plan: Plan) => number = () => 0): Pending<T> {
  let job: Job | undefined
  const outcome = new Promise<T>((resolve, reject) => {
    let result: T
    job = {
      addresses,
      newcomers,
      apply (plan) { result = act(plan) },
      done () { resolve(result) },
      fail: reject
    }
  })
  return { job: job!, outcome }
}
