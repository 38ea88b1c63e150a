import type { Store } from '@skep/interface'
import { keyOf } from '@skep/pot'
import type { Sink, StreamType } from '../type.ts'

const never = new Promise<never>(() => {})

/** One process that follows a stream: what it puts is counted, and when it is killed it does nothing more. */
export class Life {
  /** Whether it was killed. */
  over = false
  /** What it has begun and not ended: a disk may be at it when the process is not any more. */
  running = 0
  readonly #puts: Map<string, number>

  /** @param puts - how often each item was put, by id. */
  constructor (puts: Map<string, number>) {
    this.#puts = puts
  }

  /** The asking half of a type in this process. */
  follow (type: StreamType): StreamType {
    const follow: StreamType = {
      name: type.name,
      sink: (peer, key) => {
        const sink = type.sink?.(peer, key)
        return sink === undefined ? undefined : this.#sink(sink)
      }
    }
    return Object.assign(follow, type.priority === undefined ? {} : { priority: type.priority }, type.space === undefined ? {} : { space: type.space })
  }

  /** A disk of this process. */
  disk (store: Store): Store {
    const end = async (): Promise<never> => never
    return {
      get: async key => this.#do(() => store.get(key)),
      getMany: async keys => this.#do(() => store.getMany(keys)),
      batch: async (operations, options) => { await this.#do(() => store.batch(operations, options)) },
      range: options => this.over ? { [Symbol.asyncIterator]: () => ({ next: end }) } : store.range(options),
      close: async () => {}
    }
  }

  #sink (sink: Sink): Sink {
    const own: Sink = {
      need: async (ids, options) => this.#do(() => sink.need(ids, options)),
      put: async (id, data, options) => {
        await this.#do(async () => {
          await sink.put(id, data, options)
          this.#count(id)
        })
      },
      close: () => { if (!this.over) sink.close() }
    }
    if (sink.declines !== undefined) own.declines = reason => sink.declines!(reason)
    if (sink.done !== undefined) own.done = async batch => { await this.#do(() => sink.done!(batch)) }
    if (sink.putMany !== undefined) {
      own.putMany = async (items, options) => this.#do(async () => {
        const answers = await sink.putMany!(items, options)
        for (const [i, { id }] of items.entries()) if (answers[i] === undefined) this.#count(id)
        return answers
      })
    }
    return own
  }

  #count (id: Uint8Array): void {
    const key = keyOf(id)
    this.#puts.set(key, (this.#puts.get(key) ?? 0) + 1)
  }

  async #do<T> (work: () => Promise<T>): Promise<T> {
    if (this.over) return never
    this.running++
    try {
      return await work()
    } finally {
      this.running--
      // Whatever a dead process does is never answered.
      if (this.over) await never
    }
  }
}
