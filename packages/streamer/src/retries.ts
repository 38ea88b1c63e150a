import type { Intervals } from '@skep/intervals-store'
import { toHex } from '@skep/pot'
import type { BatchState } from './batch.ts'
import type { StreamerLimits } from './options.ts'
import type { Readable } from './pull.ts'
import type { StreamTrouble, TroubledItem } from './status.ts'

/** Into how many pieces a range is cut when nobody knows which of its indices failed. */
const PIECES = 8

/** Ranges of one pull that are kept apart; more than that are joined. */
const MAX_RANGES = 256

/** Items of a range that are named. */
const MAX_NAMED = 4

/** A range of which something did not come. */
interface Trouble {
  from: number
  to: number
  /** How often it was asked for again, with the next time as soon as that is planned. */
  tries: number
  /** When it is asked for again; `undefined` until that is planned. */
  at: number | undefined
  /** Items that did not come are somewhere in it, as its indices have holes. */
  sparse: boolean
  missing: number
  invalid: number
  late: number
  items: TroubledItem[]
}

/**
 * What of a pull was offered and did not come, and when it is asked for again.
 *
 * Each range has waits of its own, which double; after some tries it is asked for at the longest
 * wait for as long as the session lasts. Where indices have holes, so that nobody knows which of
 * them failed, each try asks for smaller pieces, until the few that fail are alone.
 */
export class Retries {
  /** Those that wait. */
  #resting: Trouble[] = []
  /** Those that are asked for at the moment, in order. */
  #asked: Trouble[] = []

  /** The most tries of any range. */
  get tries (): number {
    let tries = 0
    for (const trouble of this.#all()) tries = Math.max(tries, trouble.tries)
    return tries
  }

  /** Whether one of the first so many tries of some range is still to come, or under way. */
  hasWithin (tries: number): boolean {
    for (const trouble of this.#all()) if (trouble.tries <= tries) return true
    return false
  }

  /** Notes what of a batch did not come, or could not be recorded. */
  note (batch: BatchState, recorded: boolean, mayNarrow: boolean): void {
    const counts = { missing: 0, invalid: 0, late: 0 }
    let first = batch.count
    let last = -1
    for (const [i, outcome] of batch.outcomes.entries()) {
      if (outcome === 'held' || outcome === 'delivered' || outcome === 'declined') continue
      counts[outcome ?? 'late']++
      first = Math.min(first, i)
      last = i
    }
    // With an item for every index it is known where they are.
    const exact = recorded && batch.isDense && last >= 0
    const from = exact ? batch.from + first : batch.from
    const to = exact ? batch.from + last : batch.to
    this.#add({ from, to, tries: this.#triesOf(from, to), at: undefined, sparse: mayNarrow && recorded && !batch.isDense, ...counts, items: namesOf(batch) })
  }

  /** Notes gaps that nothing explains, so that they are asked for too: what is left open is never passed over in silence. */
  noteGaps (accounted: Readable, from: number, to: number): void {
    if (to < from) return
    for (const [low, high] of this.rest(accounted).gaps(from, to)) {
      const [a, b] = [Number(low), Number(high)]
      this.#add({ from: a, to: b, tries: this.#triesOf(a, b), at: undefined, sparse: false, missing: 0, invalid: 0, late: 0, items: [] })
    }
  }

  /** The ranges that were asked for have had their answers. Plans all that is not planned. @returns when the first is due. */
  plan (now: number, { retryAfter, maxRetries, maxRetryAfter }: StreamerLimits, random: () => number): number | undefined {
    this.#asked = []
    let jitter: number | undefined
    let due: number | undefined
    for (const trouble of this.#resting) {
      // What failed together is tried together.
      if (trouble.at === undefined) {
        jitter ??= random()
        trouble.at = now + (trouble.tries < maxRetries
          ? Math.min(maxRetryAfter, retryAfter * 2 ** trouble.tries * (0.75 + jitter / 2))
          : maxRetryAfter * (0.75 + jitter / 4))
        trouble.tries++
      }
      due = Math.min(due ?? Infinity, trouble.at)
    }
    return due
  }

  /** Those that are due by a time are asked for from now on. */
  begin (time: number): void {
    this.#asked = this.#resting.filter(({ at }) => at !== undefined && at <= time).sort((a, b) => a.from - b.from)
    this.#resting = this.#resting.filter(({ at }) => at === undefined || at > time)
  }

  /** Nothing was said of what was asked for: what of it was not noted meanwhile waits for the next time. */
  unanswered (): void {
    for (const asked of this.#asked) {
      if (this.#resting.every(({ from, to }) => to < asked.from || from > asked.to)) this.#add({ ...asked, at: undefined })
    }
  }

  /** Forgets what is accounted for. @returns whether nothing is in trouble any more. */
  forget (accounted: Readable): boolean {
    const isOpen = ({ from, to }: Trouble): boolean => !accounted.covers(from, to)
    this.#resting = this.#resting.filter(isOpen)
    this.#asked = this.#asked.filter(isOpen)
    return this.#resting.length === 0 && this.#asked.length === 0
  }

  /** What is accounted for, and what is not to be asked for now. */
  rest (accounted: Readable): Intervals {
    const all = accounted.clone()
    for (const { from, to } of this.#resting) all.add(from, to)
    return all
  }

  /** The last index that may be asked for along with one; `undefined` if there is no such bound. */
  pieceEnd (index: number): number | undefined {
    for (const { from, to, sparse } of this.#asked) {
      if (!sparse || to < index) continue
      if (index < from) return from - 1
      const width = Math.ceil((to - from + 1) / PIECES)
      return Math.min(to, from + (Math.floor((index - from) / width) + 1) * width - 1)
    }
    return undefined
  }

  /** What of a range of indices is in trouble, in order. */
  status (from: number, to: number, now: number): StreamTrouble[] {
    return [...this.#all()]
      .filter(trouble => trouble.from <= to && trouble.to >= from)
      .sort((a, b) => a.from - b.from)
      .map(({ at, sparse: _, ...trouble }) => ({
        ...trouble,
        from: Math.max(trouble.from, from),
        to: Math.min(trouble.to, to),
        ...(at === undefined ? {} : { retryIn: Math.max(0, Math.round(at - now)) })
      }))
  }

  * #all (): Generator<Trouble> {
    yield * this.#resting
    yield * this.#asked
  }

  /** The tries of a range that is asked for now, of which this is a part. */
  #triesOf (from: number, to: number): number {
    let tries = 0
    for (const trouble of this.#asked) if (trouble.from <= to && trouble.to >= from) tries = Math.max(tries, trouble.tries)
    return tries
  }

  #add (trouble: Trouble): void {
    const last = this.#resting.at(-1)
    if (last === undefined || this.#resting.length < MAX_RANGES) {
      this.#resting.push(trouble)
      return
    }
    last.from = Math.min(last.from, trouble.from)
    last.to = Math.max(last.to, trouble.to)
    last.tries = Math.max(last.tries, trouble.tries)
    last.at = undefined
    last.sparse ||= trouble.sparse
    for (const how of ['missing', 'invalid', 'late'] as const) last[how] += trouble[how]
  }
}

function namesOf (batch: BatchState): TroubledItem[] {
  const items: TroubledItem[] = []
  for (const [i, asked] of batch.blamed) {
    if (items.length >= MAX_NAMED) break
    items.push({ id: toHex(batch.id(i)), asked })
  }
  return items
}
