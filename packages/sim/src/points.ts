import type { Conn, Store } from '@skep/interface'

/**
 * Counts every message that arrives and every call, before it and after it, for tests in which
 * something happens at each of them in turn.
 *
 * @example
 * ```ts
 * import { Points } from '@skep/sim'
 *
 * const points = new Points()
 * points.at(2, () => console.log(points.reached)) // after look
 * await points.call('look', async () => {})
 * ```
 */
export class Points {
  #left = 0
  #act: (() => void) | undefined
  #reached: string | undefined

  /** The point at which it happened; `undefined` before. */
  get reached (): string | undefined {
    return this.#reached
  }

  /** Lets something happen once, at one of the points from now on: 1 is the next one. */
  at (n: number, act: () => void): void {
    this.#left = n
    this.#act = act
    this.#reached = undefined
  }

  /** Passes a point. */
  pass (name: string): void {
    if (this.#act === undefined || --this.#left > 0) return
    const act = this.#act
    this.#act = undefined
    this.#reached = name
    act()
  }

  /** Calls what is not a conn or a store. */
  async call<T> (name: string, work: () => Promise<T>): Promise<T> {
    this.pass(`before ${name}`)
    try {
      return await work()
    } finally {
      this.pass(`after ${name}`)
    }
  }

  /** The same conn, with a point for each message that arrives. */
  conn (conn: Conn, name: string): Conn {
    const heard = async function * (points: Points): AsyncGenerator<Uint8Array> {
      for await (const message of conn.source) {
        points.pass(`message to ${name}`)
        yield message
      }
    }
    return {
      source: heard(this),
      maxMessageSize: conn.maxMessageSize,
      sink: async messages => { await conn.sink(messages) },
      close: async () => { await conn.close() },
      abort: reason => { conn.abort(reason) }
    }
  }

  /** The same store, with points around each call. */
  store (store: Store, name: string): Store {
    return {
      get: async key => this.call(`get at ${name}`, () => store.get(key)),
      getMany: async keys => this.call(`getMany at ${name}`, () => store.getMany(keys)),
      batch: async (operations, options) => { await this.call(`batch at ${name}`, () => store.batch(operations, options)) },
      range: options => {
        this.pass(`range at ${name}`)
        return store.range(options)
      },
      close: async () => { await store.close() }
    }
  }
}
