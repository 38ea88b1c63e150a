import type { IntervalsStore } from '@skep/intervals-store'
import type { Effect, Input, PutResult } from './effects.ts'
import type { Pull } from './pull.ts'
import type { Sink } from './type.ts'

/** The asking halves that are open, and what they are asked. */
export class Sinks {
  readonly #intervals: IntervalsStore
  /** Aborts when the streamer stops; a body that is being stored then is not waited for. */
  readonly #stopping: AbortSignal
  readonly #step: (input: Input) => void
  readonly #open = new Map<Pull, { sink: Sink, controller: AbortController }>()

  constructor (intervals: IntervalsStore, stopping: AbortSignal, step: (input: Input) => void) {
    this.#intervals = intervals
    this.#stopping = stopping
    this.#step = step
  }

  open (pull: Pull, sink: Sink): void {
    this.#open.set(pull, { sink, controller: new AbortController() })
  }

  close (pull: Pull): void {
    const entry = this.#open.get(pull)
    if (entry === undefined) return
    this.#open.delete(pull)
    entry.controller.abort()
    entry.sink.close()
  }

  need ({ batch, ticket }: Extract<Effect, { type: 'need' }>): void {
    const entry = this.#open.get(batch.pull)
    const ask = async (): Promise<boolean[] | undefined> => {
      try {
        return await entry?.sink.need(batch.ids, { signal: entry.controller.signal })
      } catch {
        return undefined
      }
    }
    void ask().then(flags => { this.#step({ type: 'needed', batch, ticket, flags }) })
  }

  async put (pull: Pull, id: Uint8Array, data: Uint8Array): Promise<PutResult> {
    const entry = this.#open.get(pull)
    if (entry === undefined) return 'failed'
    try {
      await entry.sink.put(id, data, { signal: this.#stopping })
      return 'stored'
    } catch (error) {
      if (this.#stopping.aborted || (error as { code?: string } | undefined)?.code === 'STREAMER_SINK_FAILED') return 'failed'
      return 'invalid'
    }
  }

  seal ({ batch, ranges, outcomes, mark }: Extract<Effect, { type: 'seal' }>): void {
    const { pull } = batch
    const sink = this.#open.get(pull)?.sink
    const work = async (): Promise<boolean> => {
      try {
        await sink?.done?.({ peer: pull.peer.ref, name: pull.name, key: pull.key, live: batch.half.live, from: batch.from, to: batch.to, ids: batch.ids, outcomes })
        const id = { peer: pull.peer.overlay, stream: pull.pair, epoch: pull.epoch }
        await this.#intervals.seal(ranges.map(([from, to]) => ({ id, from, to, ...(mark === undefined ? {} : { mark }) })))
        return true
      } catch {
        // Nothing is claimed; the range is tried again.
        return false
      }
    }
    void work().then(done => { this.#step({ type: 'sealed', batch, ranges, done }) })
  }
}
