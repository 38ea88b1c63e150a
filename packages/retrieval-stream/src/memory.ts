import type { Clock } from '@skep/interface'

/** Remembers names for a while, each with how far was looked for it, and so many at most; the oldest goes first. */
export class Memory {
  readonly #clock: Clock
  readonly #time: number
  readonly #most: number
  readonly #known = new Map<string, { readonly until: number, readonly reach: number }>()

  /** @param time - how long a name is remembered, in milliseconds. */
  constructor (clock: Clock, time: number, most: number) {
    this.#clock = clock
    this.#time = time
    this.#most = most
  }

  /** Whether the name is remembered, looked for at least so far. */
  has (name: string, reach: number): boolean {
    const known = this.#known.get(name)
    if (known === undefined) return false
    if (known.until > this.#clock.now()) return known.reach >= reach
    this.#known.delete(name)
    return false
  }

  /** Remembers a name, unless it is remembered as looked for farther. */
  add (name: string, reach: number): void {
    if (this.has(name, reach + 1)) return
    this.#known.delete(name)
    this.#known.set(name, { until: this.#clock.now() + this.#time, reach })
    if (this.#known.size <= this.#most) return
    const { value } = this.#known.keys().next()
    if (value !== undefined) this.#known.delete(value)
  }

  clear (): void {
    this.#known.clear()
  }
}
