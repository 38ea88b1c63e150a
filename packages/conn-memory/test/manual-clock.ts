import type { Clock } from '@skep/interface'

/** A clock that a test moves by hand. */
export class ManualClock implements Clock {
  #now = 0
  #timers: { at: number, fn: () => void }[] = []

  now (): number {
    return this.#now
  }

  wall (): number {
    return this.#now
  }

  after (ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + ms, fn }
    this.#timers.push(timer)
    return () => { this.#timers = this.#timers.filter(other => other !== timer) }
  }

  get pending (): number {
    return this.#timers.length
  }

  async advance (ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    while (true) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers.splice(this.#timers.indexOf(due), 1)
      this.#now = Math.max(this.#now, due.at)
      due.fn()
      await settled()
    }
    this.#now = end
  }
}

/** Waits until no promise job is left. */
export async function settled (): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve))
}
