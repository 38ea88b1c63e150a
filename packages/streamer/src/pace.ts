/** How many of the latest answers count. */
const WINDOW = 64
/** How many times its usual slowest a peer may take. */
const PATIENCE = 3

/**
 * How fast one peer answers: the slower end (95 %) of its latest times.
 */
export class Pace {
  readonly #times: number[] = []
  #at = 0
  #p95: number | undefined
  #stale = false

  /** Notes the time of one answer, in milliseconds. */
  note (ms: number): void {
    this.#times[this.#at] = ms
    this.#at = (this.#at + 1) % WINDOW
    this.#stale = true
  }

  /** Whether there was no answer yet. */
  get unknown (): boolean {
    return this.#times.length === 0
  }

  /** 95 of 100 answers came within this many milliseconds; `undefined` before the first. */
  get p95 (): number | undefined {
    if (this.#stale) {
      this.#stale = false
      const sorted = [...this.#times].sort((a, b) => a - b)
      this.#p95 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))]!
    }
    return this.#p95
  }

  /** After how long without an answer the peer is late, between two bounds; the upper one until it has answered once. */
  patience (min: number, max: number): number {
    const p95 = this.p95
    return p95 === undefined ? max : Math.min(max, Math.max(min, p95 * PATIENCE))
  }
}
