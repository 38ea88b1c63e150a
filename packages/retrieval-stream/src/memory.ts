import type { Clock } from '@skep/interface'

/** Remembers names for a while, and so many at most; the oldest goes first. */
export class Memory {
  readonly #clock: Clock
  readonly #time: number
  readonly #most: number
  readonly #until = new Map<string, number>()

  /** @param time - how long a name is remembered, in milliseconds. */
  constructor (clock: Clock, time: number, most: number) {
    this.#clock = clock
    this.#time = time
    this.#most = most
  }

  has (name: string): boolean {
    const until = this.#until.get(name)
    if (until === undefined) return false
    if (until > this.#clock.now()) return true
    this.#until.delete(name)
    return false
  }

  add (name: string): void {
    this.#until.delete(name)
    this.#until.set(name, this.#clock.now() + this.#time)
    if (this.#until.size <= this.#most) return
    const { value } = this.#until.keys().next()
    if (value !== undefined) this.#until.delete(value)
  }

  clear (): void {
    this.#until.clear()
  }
}
