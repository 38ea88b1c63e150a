/** A call that is due at a time, until it is cancelled. */
export interface Timer {
  readonly at: number
  readonly order: number
  fn: (() => void) | undefined
}

/** Calls to make when their time has come, earliest first, then in the order they were set. */
export class Timers {
  readonly #heap: Timer[] = []
  #order = 0
  #cancelled = 0

  /** How many calls are due some time. */
  get size (): number {
    return this.#heap.length - this.#cancelled
  }

  set (at: number, fn: () => void): Timer {
    const timer: Timer = { at, order: this.#order++, fn }
    const heap = this.#heap
    let i = heap.push(timer) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(timer, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = timer
    return timer
  }

  /** Takes a call back. Harmless when it was made, or there is none. */
  cancel (timer: Timer | undefined): void {
    if (timer?.fn === undefined) return
    timer.fn = undefined
    this.#cancelled++
  }

  /** When the earliest call is due. */
  get next (): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.fn === undefined) {
      this.#pop()
      this.#cancelled--
    }
    return this.#heap[0]?.at
  }

  /** Makes every call that is due at `now`. */
  run (now: number): void {
    for (let next = this.next; next !== undefined && next <= now; next = this.next) {
      const timer = this.#pop()
      const fn = timer.fn!
      timer.fn = undefined
      fn()
    }
  }

  #pop (): Timer {
    const heap = this.#heap
    const top = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return top
    let i = 0
    while (true) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
    return top
  }
}

function before (a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
