import type { Half, Pull } from './pull.ts'
import type { Timer } from './timers.ts'
import type { Outcome } from './type.ts'

/** One offer and what becomes of its items. */
export class BatchState {
  readonly pull: Pull
  readonly half: Half
  readonly from: number
  readonly to: number
  readonly ids: Uint8Array[]
  readonly keys: string[]
  readonly outcomes: (Outcome | undefined)[]
  /** Items that the sink is asked about; the others are known to be wanted, or here. */
  unsure: readonly number[] = []
  /** Items without an outcome. */
  open: number
  /** The sink has said what it needs. */
  decided = false
  /** The Wanted has gone out. */
  answered = false
  /** Its items have all their outcomes and the range is being recorded. */
  closing = false
  timer: Timer | undefined
  /** When an item last got its outcome. */
  progress = 0

  constructor (half: Half, from: number, to: number, ids: Uint8Array[], keys: string[]) {
    this.pull = half.pull
    this.half = half
    this.from = from
    this.to = to
    this.ids = ids
    this.keys = keys
    this.outcomes = ids.map(() => undefined)
    this.open = ids.length
  }

  /** Gives an item its outcome, once. */
  settle (i: number, outcome: Outcome): void {
    if (this.outcomes[i] !== undefined) return
    this.outcomes[i] = outcome
    this.open--
  }

  /** Whether every item is durable here. */
  get whole (): boolean {
    return this.outcomes.every(outcome => outcome === 'held' || outcome === 'delivered')
  }

  /**
   * What may be recorded as covered. With an item for every index the range is closed
   * around those that failed; otherwise nobody knows which index is whose, and nothing is.
   */
  ranges (): [from: number, to: number][] {
    if (this.whole) return [[this.from, this.to]]
    if (this.ids.length !== this.to - this.from + 1) return []
    const ranges: [number, number][] = []
    for (const [i, outcome] of this.outcomes.entries()) {
      if (outcome !== 'held' && outcome !== 'delivered') continue
      const index = this.from + i
      const last = ranges.at(-1)
      if (last !== undefined && last[1] === index - 1) last[1] = index
      else ranges.push([index, index])
    }
    return ranges
  }
}
