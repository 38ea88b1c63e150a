import type { BatchState } from './batch.ts'
import type { Context } from './effects.ts'
import type { Endings } from './endings.ts'
import type { Fences } from './fences.ts'
import { Half, toRange, type Pull } from './pull.ts'
import { Retries } from './retries.ts'

/**
 * Asks again for what of a history is open, when that is due.
 *
 * Each try is a history of its own, over what is open by then. A pull of a history alone is over
 * when nothing is open any more, or nothing that is worth waiting for.
 */
export class Gaps {
  readonly #context: Context
  readonly #endings: Endings
  readonly #fences: Fences

  constructor (context: Context, endings: Endings, fences: Fences) {
    this.#context = context
    this.#endings = endings
    this.#fences = fences
  }

  /** Notes what of a batch did not come, or could not be recorded. */
  note (batch: BatchState, recorded: boolean): void {
    const { pull } = batch
    if (recorded && pull.retries?.forget(pull.accounted) === true) pull.retries = undefined
    if (recorded && batch.whole) return
    pull.gap = true
    pull.retries ??= new Retries()
    // Only who tells a cursor answers for a stretch with nothing in it.
    pull.retries.note(batch, recorded, pull.peer.native && pull.cursor !== undefined)
  }

  /** Ends a history that has nothing left to ask for, and plans the next try for what was left open. */
  settle (pull: Pull): void {
    if (pull.state !== 'active') return
    const half = pull.history
    if (half !== undefined) {
      if (!half.idle) return
      const past = !pull.unproven && pull.bound !== undefined && half.expected !== undefined && half.expected.from > pull.bound
      if (half.state === 'finishing' || past) this.#endings.end(half, true)
      // An old peer's history goes on for ever; only a gap is a reason to begin it again.
      else if (pull.bound !== undefined || !pull.gap) return
    }
    this.#planTries(pull)
    if (pull.live !== undefined || pull.history !== undefined || pull.resume !== undefined) return
    // Who waits for the end of a history waits for the tries that come soon, and not for what may never come.
    if (pull.retries?.hasWithin(this.#context.limits.maxRetries) !== true) this.#endings.over(pull, pull.retries === undefined ? 'done' : 'incomplete')
  }

  /** Asks for what is open now, or when the end of an earlier history is confirmed. */
  fill (pull: Pull): void {
    this.#fences.pass(pull, () => this.#fill(pull))
  }

  /** Plans when what is open is asked for again. */
  #planTries (pull: Pull): void {
    if (!pull.gap || pull.unproven) return
    pull.gap = false
    const { limits, now, timers, random } = this.#context
    const retries = pull.retries ?? new Retries()
    retries.noteGaps(pull.accounted, pull.first, this.#ended(pull))
    const due = retries.plan(now, limits, random)
    pull.retries = due === undefined ? undefined : retries
    pull.resettle(pull.declined)
    timers.cancel(pull.timer)
    if (due !== undefined) pull.timer = timers.set(due, () => this.#tryAgain(pull))
  }

  /** Up to where everything was offered and has its outcome, or is history. */
  #ended (pull: Pull): number {
    let end = pull.seen
    // Live batches that are under way are no gaps.
    for (const batch of pull.live?.open ?? []) end = Math.min(end, batch.from - 1)
    for (const batch of pull.live?.queue ?? []) end = Math.min(end, batch.from - 1)
    return pull.within(Math.max(pull.bound ?? 0, end))
  }

  #tryAgain (pull: Pull): void {
    if (pull.state !== 'active') return
    if (pull.history !== undefined) {
      if (!pull.history.idle || pull.bound !== undefined) {
        // It is looked at again when that is over.
        pull.gap = true
        return
      }
      this.#endings.end(pull.history, true)
    }
    this.fill(pull)
  }

  #fill (pull: Pull): void {
    const { limits, now } = this.#context
    // Where a history has an end, what is open after it is looked at; else what fails says so.
    pull.gap = pull.bound !== undefined
    if (pull.bound !== undefined) pull.bound = this.#ended(pull)
    // What is due a moment later need not have a subscription of its own.
    pull.retries?.begin(now + limits.retryAfter / 4)
    pull.resettle(pull.declined)
    const gap = pull.gapAfter(pull.first - 1)
    if (gap !== undefined) {
      pull.history = new Half(pull, false)
      pull.history.expected = gap
      this.#context.emit({
        type: 'send',
        peer: pull.peer,
        native: false,
        name: 'SubscribeMsg',
        value: { Stream: pull.history.stream, History: toRange(pull.peer, gap), Priority: Math.max(0, pull.priority - 1) },
        priority: 3
      })
      if (!pull.peer.native) this.#awaitOffer(pull.history)
    }
    this.settle(pull)
  }

  /**
   * An old peer says nothing where it has nothing any more, until it gets something: what else is
   * open does not wait for that.
   */
  #awaitOffer (half: Half): void {
    const { timers, now, limits } = this.#context
    const { pull } = half
    const from = half.expected?.from
    timers.cancel(pull.timer)
    pull.timer = timers.set(now + limits.batchTimeout, () => {
      if (pull.history !== half) return
      if (!half.idle || half.expected?.from !== from) return this.#awaitOffer(half)
      this.#endings.end(half, true)
      pull.retries?.unanswered()
      pull.gap = true
      this.settle(pull)
    })
  }
}
