import type { IntervalsStore } from '@skep/intervals-store'
import type { Effect, Input, PutResult } from './effects.ts'
import type { Pull } from './pull.ts'
import type { Item } from './type.ts'

/** The asking halves that are open, and what they are asked. */
export class Sinks {
  readonly #intervals: IntervalsStore
  /** Aborts when the streamer stops; a body that is being stored then is not waited for. */
  readonly #stopping: AbortSignal
  readonly #step: (input: Input) => void
  /** Hears of what could not be recorded. */
  readonly #unrecorded: (pull: Pull, cause: unknown) => void
  /** What is asked of a sink, while it is. */
  readonly #asking = new Map<Pull, Set<AbortController>>()

  constructor (intervals: IntervalsStore, stopping: AbortSignal, step: (input: Input) => void, unrecorded: (pull: Pull, cause: unknown) => void) {
    this.#intervals = intervals
    this.#stopping = stopping
    this.#step = step
    this.#unrecorded = unrecorded
  }

  close (pull: Pull): void {
    const { sink } = pull
    pull.sink = undefined
    for (const controller of this.#asking.get(pull) ?? []) controller.abort()
    this.#asking.delete(pull)
    try {
      sink?.close()
    } catch {
      // It is closed as far as the streamer is concerned.
    }
  }

  need ({ batch, ticket }: Extract<Effect, { type: 'need' }>): void {
    const { pull } = batch
    const ids = batch.unsure.map(i => batch.id(i))
    const controller = new AbortController()
    let asking = this.#asking.get(pull)
    if (asking === undefined) this.#asking.set(pull, asking = new Set())
    asking.add(controller)
    const ask = async (): Promise<(boolean | string)[] | undefined> => {
      try {
        const flags = await pull.sink?.need(ids, { signal: controller.signal })
        // An answer that is not one for each id says nothing about any.
        return flags?.length === ids.length ? flags : undefined
      } catch {
        return undefined
      }
    }
    void ask().then(flags => {
      asking.delete(controller)
      if (asking.size === 0 && this.#asking.get(pull) === asking) this.#asking.delete(pull)
      this.#step({ type: 'needed', batch, ticket, flags })
    })
  }

  async put (pull: Pull, id: Uint8Array, data: Uint8Array): Promise<PutResult> {
    const { sink } = pull
    if (sink === undefined) return 'failed'
    try {
      await sink.put(id, data, { signal: this.#stopping })
      return 'stored'
    } catch (error) {
      return this.#verdict(error)
    }
  }

  /** Puts items that came together; one result for each. */
  async putMany (pull: Pull, items: readonly Item[]): Promise<PutResult[]> {
    const { sink } = pull
    if (sink?.putMany === undefined || items.length === 1) return await Promise.all(items.map(async ({ id, data }) => await this.put(pull, id, data)))
    try {
      const answers = await sink.putMany(items, { signal: this.#stopping })
      // An answer that is not one for each item says nothing about any.
      if (answers.length !== items.length) return items.map(() => 'failed')
      return answers.map(error => error === undefined ? 'stored' : this.#verdict(error))
    } catch (error) {
      return items.map(() => this.#verdict(error))
    }
  }

  #verdict (error: unknown): PutResult {
    return this.#stopping.aborted || (error as { code?: string } | undefined)?.code === 'STREAMER_SINK_FAILED' ? 'failed' : 'invalid'
  }

  /** Which of the reasons do not hold any more. */
  outdated (pull: Pull, reasons: Iterable<string>): string[] {
    const { sink } = pull
    if (sink?.declines === undefined) return []
    return [...reasons].filter(all => !all.split(',').every(reason => sink.declines!(reason)))
  }

  seal ({ batch, ranges, declined, outcomes, mark }: Extract<Effect, { type: 'seal' }>): void {
    const { pull } = batch
    const { sink } = pull
    const work = async (): Promise<boolean> => {
      try {
        // Most who hear of a batch do not look at its ids, which are made then.
        await sink?.done?.({ peer: pull.peer.ref, name: pull.name, key: pull.key, live: batch.half.live, from: batch.from, to: batch.to, get ids () { return batch.ids }, outcomes, ...(batch.proof !== undefined && { proof: batch.proof }) })
        const id = { peer: pull.peer.overlay, stream: pull.pair, epoch: pull.epoch }
        await this.#intervals.seal(ranges.map(([from, to]) => ({ id, from, to, ...(mark === undefined ? {} : { mark }) }))
          .concat(declined.map(({ from, to, reason }) => ({ id, from, to, declined: reason }))))
        return true
      } catch (cause) {
        // Nothing is claimed; the range is tried again.
        this.#unrecorded(pull, cause)
        return false
      }
    }
    void work().then(done => { this.#step({ type: 'sealed', batch, ranges, declined, done }) })
  }
}
