import type { Status } from '../types.ts'

/** What one node has moved since the job began. */
export interface Totals {
  readonly received: number
  readonly duplicates: number
}

/**
 * Adds up counters that begin again with every process.
 *
 * What a process moved between the last look and its death is lost; the counters are for people.
 */
export class Tally {
  #before: Totals = { received: 0, duplicates: 0 }
  #now: Totals = { received: 0, duplicates: 0 }
  #incarnation = 0

  /** @param incarnation - which process of the node said so. */
  note (transfers: Status['transfers'], incarnation: number): void {
    if (incarnation !== this.#incarnation) this.#before = this.totals
    this.#incarnation = incarnation
    this.#now = { received: transfers.bodiesReceived, duplicates: transfers.duplicates }
  }

  get totals (): Totals {
    return { received: this.#before.received + this.#now.received, duplicates: this.#before.duplicates + this.#now.duplicates }
  }
}
