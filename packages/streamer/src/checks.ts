import type { Clock } from '@skep/interface'
import type { Checked, Effect, Input } from './effects.ts'
import type { Fetching } from './fetching.ts'
import type { Item } from './item.ts'
import type { Sinks } from './sinks.ts'

type Check = Extract<Effect, { type: 'check' }>
type Pull = Check['puts'][number]['pull']

/** Promise jobs without another body after which no more is here: handing a message from conn to core takes fewer. */
const QUIET = 12

/** Bodies that are put at a time: hashing them holds everything else up for some five milliseconds; half as many cost a twentieth more in all. */
const MOST = 128

/** The same while somebody waits for an item: it may have to wait for two of them. */
const MOST_URGENT = 16

/** How long after that it still holds, in milliseconds: who fetches a file asks for the next item at once. */
const URGENT_FOR = 50

/** Puts of one space that run at a time: one is hashed while another is written. */
const MOST_RUNNING = 2

/** What came with a batch alone was fetched by nobody. */
const NOT_FETCHED: Checked['fetches'] = []

/** What waits of one space, whose sinks share a store. */
interface Lane {
  waiting: Check[]
  running: number
  collecting: boolean
}

/**
 * Has bodies checked and stored: those that came together, together.
 *
 * A socket hands over a dozen bodies at once, and they come here one promise job after the
 * other. Putting each on its own costs more than everything else that is done with it.
 * While a few puts run the others wait, which is bounded by what is wanted: so what else
 * the socket holds is read meanwhile, and an item that somebody waits for need not queue
 * behind the hashing of history.
 */
export class Checks {
  readonly #sinks: Sinks
  readonly #fetching: Fetching
  readonly #step: (input: Input) => void
  /** Whether somebody waits for an item. */
  readonly #isUrgent: () => boolean
  readonly #clock: Clock
  /** Until when puts are small. */
  #urgentUntil = 0
  readonly #lanes = new Map<string, Lane>()

  constructor (sinks: Sinks, fetching: Fetching, clock: Clock, isUrgent: () => boolean, step: (input: Input) => void) {
    this.#sinks = sinks
    this.#clock = clock
    this.#isUrgent = isUrgent
    this.#fetching = fetching
    this.#step = step
  }

  push (check: Check): void {
    // Somebody waits for a body that was fetched.
    if (check.fetches.length > 0) this.#urgentUntil = this.#clock.now() + URGENT_FOR
    // More than one sink is rare.
    if (check.fetches.length > 0 || check.puts.length !== 1) return void this.#alone(check)
    const { space } = check.puts[0]!
    let lane = this.#lanes.get(space)
    if (lane === undefined) this.#lanes.set(space, lane = { waiting: [], running: 0, collecting: false })
    lane.waiting.push(check)
    if (lane.running >= MOST_RUNNING) return
    if (lane.waiting.length >= this.#most()) this.#flush(lane)
    else if (!lane.collecting) void this.#collect(lane)
  }

  /** Does not let an item wait for others, as somebody waits for it. */
  hasten (item: Item): void {
    for (const { waiting } of this.#lanes.values()) {
      const at = waiting.findIndex(check => check.item === item)
      if (at >= 0) void this.#alone({ ...waiting.splice(at, 1)[0]!, fetches: [...item.fetches] })
    }
  }

  /** How many bodies are put at a time now. */
  #most (): number {
    const now = this.#clock.now()
    if (this.#isUrgent()) this.#urgentUntil = now + URGENT_FOR
    return now < this.#urgentUntil ? MOST_URGENT : MOST
  }

  async #collect (lane: Lane): Promise<void> {
    lane.collecting = true
    for (let quiet = 0, seen = 0; quiet < QUIET && lane.waiting.length > 0; quiet++) {
      await Promise.resolve()
      if (lane.waiting.length !== seen) quiet = 0
      seen = lane.waiting.length
    }
    lane.collecting = false
    if (lane.waiting.length > 0 && lane.running < MOST_RUNNING) this.#flush(lane)
  }

  #flush (lane: Lane): void {
    const byPull = new Map<Pull, Check[]>()
    for (const check of lane.waiting.splice(0, this.#most())) {
      const { pull } = check.puts[0]!
      const checks = byPull.get(pull)
      if (checks === undefined) byPull.set(pull, [check])
      else checks.push(check)
    }
    lane.running++
    void Promise.all([...byPull.values()].map(async checks => { await this.#together(checks) })).then(() => {
      lane.running--
      if (lane.waiting.length > 0) this.#flush(lane)
    })
  }

  /** Checks bodies of one sink. Never rejects. */
  async #together (checks: readonly Check[]): Promise<void> {
    const { space, pull } = checks[0]!.puts[0]!
    const results = await this.#sinks.putMany(pull, checks.map(({ item, data }) => ({ id: item.id, data })))
    // Nearly always all are stored: what says so is the same for all of them.
    const stored = [{ space, result: 'stored' as const }]
    this.#step({
      type: 'checked',
      checks: checks.map(({ item, peer, data }, i) => ({ item, peer, data, puts: results[i] === 'stored' ? stored : [{ space, result: results[i]! }], fetches: NOT_FETCHED }))
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
