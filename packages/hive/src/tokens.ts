/** A token bucket: `burst` at once, then one per `interval`. */
export class Tokens {
  readonly #burst: number
  readonly #interval: number
  #tokens: number
  #at: number

  /**
   * @param burst - how many there are at first, and at most.
   * @param interval - milliseconds until one more.
   * @param now - monotonic time in milliseconds.
   */
  constructor (burst: number, interval: number, now: number) {
    this.#burst = burst
    this.#interval = interval
    this.#tokens = burst
    this.#at = now
  }

  /** How many whole tokens there are. */
  available (now: number): number {
    const gained = Math.floor((now - this.#at) / this.#interval)
    if (gained > 0) {
      this.#tokens = Math.min(this.#burst, this.#tokens + gained)
      this.#at += gained * this.#interval
    }
    return this.#tokens
  }

  /** Takes up to `n` tokens, and says how many it got. */
  take (now: number, n: number = 1): number {
    const got = Math.min(n, this.available(now))
    this.#tokens -= got
    return got
  }
}
