import type { BatchDone } from '@skep/streamer'

/** Time in milliseconds over which a rate is averaged. */
const AVERAGED = 10_000

/** Offered chunks that did not come, by what became of them. */
export interface Failures {
  /** Offered, and not there any more. */
  readonly missing: number
  /** Not what the address says. */
  readonly invalid: number
  /** Not here in time. */
  readonly late: number
}

interface Pace {
  rate: number
  at: number
  failures: { missing: number, invalid: number, late: number }
}

/** Keeps how fast peers' streams come in, and what did not come. */
export class Progress<P extends object> {
  readonly #paces = new WeakMap<P, Pace>()

  /** Enters a batch. */
  done (peer: P, { from, to, outcomes }: Pick<BatchDone, 'from' | 'to' | 'outcomes'>, now: number): void {
    const pace = this.#paces.get(peer) ?? { rate: 0, at: now, failures: { missing: 0, invalid: 0, late: 0 } }
    this.#paces.set(peer, pace)
    // An average that forgets: places a millisecond, each counting less the older it is.
    pace.rate = pace.rate * Math.exp((pace.at - now) / AVERAGED) + (to - from + 1) / AVERAGED
    pace.at = now
    for (const outcome of outcomes) if (outcome === 'missing' || outcome === 'invalid' || outcome === 'late') pace.failures[outcome]++
  }

  /** Places a millisecond at `now`. */
  rate (peer: P, now: number): number {
    const pace = this.#paces.get(peer)
    return pace === undefined ? 0 : pace.rate * Math.exp((pace.at - now) / AVERAGED)
  }

  /** Milliseconds since the last batch; `undefined` before the first. */
  idle (peer: P, now: number): number | undefined {
    const pace = this.#paces.get(peer)
    return pace === undefined ? undefined : now - pace.at
  }

  failures (peer: P): Failures {
    return { ...this.#paces.get(peer)?.failures ?? { missing: 0, invalid: 0, late: 0 } }
  }
}
