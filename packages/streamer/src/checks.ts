import type { Effect, Input } from './effects.ts'
import type { Fetching } from './fetching.ts'
import type { Sinks } from './sinks.ts'

type Check = Extract<Effect, { type: 'check' }>

/** Promise jobs without another body after which no more is here: handing a message from conn to core takes fewer. */
const QUIET = 12

/** Bodies that are put together at most; the original's batch. */
const MOST = 128

/**
 * Has bodies checked and stored: those that came together, together.
 *
 * A socket hands over a dozen bodies at once, and they come here one promise job after the
 * other. Putting each on its own costs more than everything else that is done with it.
 */
export class Checks {
  readonly #sinks: Sinks
  readonly #fetching: Fetching
  readonly #step: (input: Input) => void
  #waiting: Check[] = []

  constructor (sinks: Sinks, fetching: Fetching, step: (input: Input) => void) {
    this.#sinks = sinks
    this.#fetching = fetching
    this.#step = step
  }

  push (check: Check): void {
    // Somebody waits for a body that was fetched, and more than one sink is rare.
    if (check.fetches.length > 0 || check.puts.length !== 1) void this.#alone(check)
    else if (this.#waiting.push(check) === 1) void this.#collect()
    else if (this.#waiting.length >= MOST) this.#flush()
  }

  async #collect (): Promise<void> {
    const waiting = this.#waiting
    for (let quiet = 0, seen = 0; quiet < QUIET && waiting === this.#waiting; quiet++) {
      await Promise.resolve()
      if (waiting.length > seen) quiet = 0
      seen = waiting.length
    }
    if (waiting === this.#waiting) this.#flush()
  }

  #flush (): void {
    const waiting = this.#waiting
    this.#waiting = []
    const byPull = new Map<Check['puts'][number]['pull'], Check[]>()
    for (const check of waiting) {
      const { pull } = check.puts[0]!
      const checks = byPull.get(pull)
      if (checks === undefined) byPull.set(pull, [check])
      else checks.push(check)
    }
    for (const checks of byPull.values()) void this.#together(checks)
  }

  /** Checks bodies of one sink. */
  async #together (checks: readonly Check[]): Promise<void> {
    const results = await this.#sinks.putMany(checks[0]!.puts[0]!.pull, checks.map(({ item, data }) => ({ id: item.id, data })))
    this.#step({
      type: 'checked',
      checks: checks.map(({ item, peer, data, puts }, i) => ({ item, peer, data, puts: [{ space: puts[0]!.space, result: results[i]! }], fetches: [] }))
    })
  }

  async #alone ({ item, peer, data, puts, fetches }: Check): Promise<void> {
    const [put, accepted] = await Promise.all([
      Promise.all(puts.map(async ({ space, pull }) => ({ space, result: await this.#sinks.put(pull, item.id, data) }))),
      Promise.all(fetches.map(async fetch => ({ fetch, accepted: await this.#fetching.accepts(fetch, data) })))
    ])
    this.#step({ type: 'checked', checks: [{ item, peer, data, puts: put, fetches: accepted }] })
  }
}
