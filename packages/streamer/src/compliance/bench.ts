import type { Clock, Conn, Operation, Random, RangeOptions, Store } from '@skep/interface'

/** A clock that goes on when nothing else can. */
export class LawClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ readonly at: number, readonly fn: () => void }>()

  now (): number {
    return this.#now
  }

  wall (): number {
    return this.#now
  }

  after (ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), fn }
    this.#timers.add(timer)
    return () => { this.#timers.delete(timer) }
  }

  /** How many timers are set. */
  get pending (): number {
    return this.#timers.size
  }

  /** Goes on to the next timer. @returns `false` if there is none before `limit`. */
  goOn (limit: number): boolean {
    let next: { readonly at: number, readonly fn: () => void } | undefined
    for (const timer of this.#timers) if (next === undefined || timer.at < next.at) next = timer
    if (next === undefined || next.at > limit) return false
    this.#timers.delete(next)
    this.#now = Math.max(this.#now, next.at)
    next.fn()
    return true
  }
}

/** Randomness that is the same in every run. Not random. */
export const lawRandom: Random = {
  bytes: n => new Uint8Array(n).fill(7),
  float: () => 0.5
}

/** Messages to a reader, one direction of a conn. */
class Line {
  readonly #messages: Uint8Array[] = []
  #wake: (() => void) | undefined
  #end: { readonly error: Error | undefined } | undefined

  push (message: Uint8Array): void {
    if (this.#end !== undefined) return
    this.#messages.push(message)
    this.#wake?.()
  }

  end (error: Error | undefined): void {
    this.#end ??= { error }
    if (error !== undefined) this.#messages.length = 0
    this.#wake?.()
  }

  async * read (): AsyncGenerator<Uint8Array> {
    while (true) {
      const message = this.#messages.shift()
      if (message !== undefined) {
        yield message
      } else if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error
        return
      } else {
        await new Promise<void>(resolve => { this.#wake = resolve })
        this.#wake = undefined
      }
    }
  }
}

/** The rest of a message's way. */
export interface Way {
  /** Lets it arrive, or another one; later and more than once, if that is what happens to it. */
  pass (message: Uint8Array): void
  /** Breaks the conn. */
  cut (): void
}

/** What happens to a message on its way. */
export type Tamper = (message: Uint8Array, way: Way) => void

/** Makes two conns that are each other's remote; `tamper` has every message of both directions. */
export function conns (tamper: Tamper = (message, way) => { way.pass(message) }): [Conn, Conn] {
  const there = new Line()
  const back = new Line()
  let broken: Error | undefined
  const cut = (reason: Error): void => {
    there.end(reason)
    back.end(reason)
  }
  const conn = (incoming: Line, outgoing: Line): Conn => ({
    source: incoming.read(),
    maxMessageSize: 1 << 24,
    async sink (messages) {
      const way: Way = {
        pass: message => { outgoing.push(message) },
        cut: () => { cut(broken ??= new Error('cut')) }
      }
      for await (const message of messages) {
        if (broken === undefined) tamper(message.slice(), way)
        if (broken !== undefined) throw broken
      }
    },
    async close () {
      outgoing.end(undefined)
      incoming.end(undefined)
    },
    abort: cut
  })
  return [conn(back, there), conn(there, back)]
}

/** A store of a few records, as long as a law runs. */
export function lawStore (): Store {
  const records = new Map<string, { readonly key: Uint8Array, readonly value: Uint8Array }>()
  const name = (key: Uint8Array): string => String.fromCharCode(...key)
  const before = (a: Uint8Array, b: Uint8Array): boolean => name(a) < name(b)
  return {
    get: async key => records.get(name(key))?.value.slice(),
    getMany: async keys => keys.map(key => records.get(name(key))?.value.slice()),
    async batch (operations: Operation[]) {
      for (const operation of operations) {
        if (operation.type === 'put') records.set(name(operation.key), { key: operation.key.slice(), value: operation.value.slice() })
        else records.delete(name(operation.key))
      }
    },
    async * range ({ gte, lt }: RangeOptions = {}) {
      for (const [, { key, value }] of [...records].sort(([a], [b]) => a < b ? -1 : 1)) {
        if ((gte === undefined || !before(key, gte)) && (lt === undefined || before(key, lt))) yield [key.slice(), value.slice()]
      }
    },
    async close () {}
  }
}
