import { keyAt } from '@skep/pot'
import { ID_SIZE, type HandoverProof } from './messages.ts'
import type { PeerState } from './peer-state.ts'
import type { Half, Pull } from './pull.ts'
import { markOf, type Mark } from './recent-ids.ts'
import type { AskState } from './status.ts'
import type { Timer } from './timers.ts'
import type { Outcome } from './type.ts'

/** Items that did not come of which it is kept who was asked. */
const MAX_BLAMED = 4

/** A range that was declined, and why. */
export interface Declined {
  readonly from: number
  readonly to: number
  readonly reason: string
}

/** One offer and what becomes of its items. */
export class BatchState {
  readonly pull: Pull
  readonly half: Half
  readonly from: number
  readonly to: number
  /** How many items it has. */
  readonly count: number
  /** What the peer gave as proof; `undefined` for the empty one. */
  readonly proof: HandoverProof | undefined
  readonly outcomes: (Outcome | undefined)[]
  /** Items that the sink is asked about; the others are known to be wanted, or here. */
  unsure: readonly number[] = []
  /** Why items were declined, by their place. */
  readonly reasons = new Map<number, string>()
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

  /** The ids, one after the other. */
  readonly #ids: Uint8Array
  #list: readonly Uint8Array[] | undefined
  readonly #keys: string[] = []
  #blamed: Map<number, { readonly peer: string, readonly state: AskState }[]> | undefined

  /** @param ids - one after the other, as they came. */
  constructor (half: Half, from: number, to: number, ids: Uint8Array, proof?: HandoverProof) {
    this.pull = half.pull
    this.half = half
    this.from = from
    this.to = to
    this.#ids = ids
    this.count = ids.length / ID_SIZE
    this.proof = proof
    this.outcomes = new Array<undefined>(this.count).fill(undefined)
    this.open = this.count
  }

  /** An item's id. Each is made when it is asked for: of most of what many peers offer none ever is. */
  id (i: number): Uint8Array {
    return this.#ids.subarray(i * ID_SIZE, (i + 1) * ID_SIZE)
  }

  /** All of them. */
  get ids (): readonly Uint8Array[] {
    return this.#list ??= Array.from({ length: this.count }, (_, i) => this.id(i))
  }

  /** An item's id as a text, made when it is first asked for: of what is here already it never is. */
  key (i: number): string {
    return this.#keys[i] ??= keyAt(this.#ids, i * ID_SIZE)
  }

  mark (i: number): Mark {
    return markOf(this.#ids, i * ID_SIZE)
  }

  /** Gives an item its outcome, once. */
  settle (i: number, outcome: Outcome): void {
    if (this.outcomes[i] !== undefined) return
    this.outcomes[i] = outcome
    this.open--
  }

  /** Notes who was asked for an item that did not come, of a few of them. */
  blame (i: number, asked: Iterable<readonly [PeerState, AskState]>): void {
    this.#blamed ??= new Map()
    if (this.#blamed.size < MAX_BLAMED) this.#blamed.set(i, Array.from(asked, ([{ overlay }, state]) => ({ peer: overlay, state })))
  }

  /** Who was asked for items that did not come, by their place. */
  get blamed (): Iterable<readonly [i: number, asked: readonly { readonly peer: string, readonly state: AskState }[]]> {
    return this.#blamed ?? []
  }

  /** Notes that an item is not taken now. */
  decline (i: number, reason: string): void {
    if (this.outcomes[i] === undefined) this.reasons.set(i, reason)
    this.settle(i, 'declined')
  }

  /** Whether every item is durable here, or was declined. */
  get whole (): boolean {
    return this.outcomes.every(outcome => outcome === 'held' || outcome === 'delivered' || outcome === 'declined')
  }

  /**
   * What may be recorded as covered. With an item for every index the range is closed
   * around those that failed; otherwise nobody knows which index is whose, and nothing is.
   */
  ranges (): [from: number, to: number][] {
    if (this.whole && this.reasons.size === 0) return [[this.from, this.to]]
    if (!this.isDense) return []
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

  /** What may be recorded as declined, with the reason; where nobody knows which index is whose, all of it for all the reasons. */
  declined (): Declined[] {
    if (this.reasons.size === 0) return []
    if (!this.isDense) return this.whole ? [{ from: this.from, to: this.to, reason: [...new Set(this.reasons.values())].sort().join() }] : []
    const declined: { from: number, to: number, reason: string }[] = []
    for (const [i, reason] of [...this.reasons].sort(([a], [b]) => a - b)) {
      const index = this.from + i
      const last = declined.at(-1)
      if (last?.to === index - 1 && last.reason === reason) last.to = index
      else declined.push({ from: index, to: index, reason })
    }
    return declined
  }

  /** Whether each index has its item. */
  get isDense (): boolean {
    return this.count === this.to - this.from + 1
  }
}
