import type { Clock } from '@skep/interface'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fn: () => void
  cancelled: boolean
}

/**
 * A clock that stands still until it is told to go on.
 *
 * Timers fire in order of their time, then in the order they were set. Between two
 * of them everything that is ready runs to its end, so a test sees the same order on
 * every machine.
 */
export class VirtualClock implements Clock {
  #now = 0
  #order = 0
  readonly #origin: number
  /** A binary heap, the next timer first. */
  readonly #heap: Timer[] = []

  /** @param origin - wall-clock time at the start, in milliseconds since 1970. Defaults to 2026-11-22. */
  constructor (origin: number = Date.UTC(2026, 10, 22)) {
    this.#origin = origin
  }

  now (): number {
    return this.#now
  }

  wall (): number {
    return this.#origin + this.#now
  }

  after (ms: number, fn: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, fn, cancelled: false }
    this.#push(timer)
    return () => { timer.cancelled = true }
  }

  /** How many timers are set and neither fired nor cancelled. */
  get pending (): number {
    return this.#heap.filter(timer => !timer.cancelled).length
  }

  /** Lets everything that is ready run, without moving time. */
  async settle (): Promise<void> {
    await drain()
    while (this.#next() <= this.#now) {
      this.#fire()
      await drain()
    }
  }

  /** Moves time on by `ms`, firing what falls due on the way. */
  async advance (ms: number): Promise<void> {
    const until = this.#now + ms
    await drain()
    while (this.#next() <= until) {
      this.#fire()
      await drain()
    }
    this.#now = until
  }

  /**
   * Moves time on until `done` holds, looking after every timer.
   *
   * @param within - give up after this many virtual milliseconds. Defaults to one hour.
   * @throws Error - if time or timers ran out first.
   */
  async until (done: () => boolean | Promise<boolean>, within: number = 3_600_000): Promise<void> {
    const end = this.#now + within
    await drain()
    while (!await done()) {
      const next = this.#next()
      if (next === Infinity) throw new Error(`no timer is left at ${this.#now} ms, and the condition does not hold`)
      if (next > end) throw new Error(`the condition does not hold after ${within} virtual ms`)
      this.#fire()
      await drain()
    }
  }

  #next (): number {
    while (this.#heap[0]?.cancelled === true) this.#pop()
    return this.#heap[0]?.at ?? Infinity
  }

  #fire (): void {
    const timer = this.#pop()
    if (timer === undefined || timer.cancelled) return
    this.#now = Math.max(this.#now, timer.at)
    timer.cancelled = true
    timer.fn()
  }

  #push (timer: Timer): void {
    const heap = this.#heap
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(timer, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timer
  }

  #pop (): Timer | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let at = 0
    while (true) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return top
  }
}

function before (a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Waits until no promise job is left: a macrotask runs after all of them. */
async function drain (): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve))
}
