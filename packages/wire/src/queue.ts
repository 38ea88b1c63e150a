/** How urgent a message is: 0 low, 1 mid, 2 high, 3 top (streamer §1). */
export type Priority = 0 | 1 | 2 | 3

/**
 * How many messages of each priority go out in one round while all of them wait, from low to
 * top. The least of them keeps one in fifteen, more than the 5 % that history is promised.
 */
const WEIGHTS = [1, 2, 4, 8] as const

interface Lane<T> {
  items: T[]
  /** Where the first item stands; the array is cut now and then, not at every item. */
  head: number
  /** How many more items may go in this round. */
  credit: number
}

/** Four queues taken from by weight, higher ones first, so that none starves. */
export class WeightedQueue<T> {
  readonly #lanes: readonly Lane<T>[] = WEIGHTS.map(credit => ({ items: [], head: 0, credit }))
  #size = 0

  /** How many items wait. */
  get size (): number {
    return this.#size
  }

  /** How many items of one priority wait. */
  waiting (priority: Priority): number {
    const { items, head } = this.#lanes[priority]!
    return items.length - head
  }

  push (item: T, priority: Priority): void {
    this.#lanes[priority]!.items.push(item)
    this.#size++
  }

  /** Takes the next item; `undefined` when there is none. */
  shift (): T | undefined {
    if (this.#size === 0) return undefined
    return this.#take() ?? this.#nextRound()
  }

  /** Takes an item out that has not had its turn; does nothing if it has. */
  remove (item: T, priority: Priority): void {
    const lane = this.#lanes[priority]!
    const at = lane.items.indexOf(item, lane.head)
    if (at === -1) return
    lane.items.splice(at, 1)
    this.#size--
  }

  #nextRound (): T | undefined {
    for (const [priority, lane] of this.#lanes.entries()) lane.credit = WEIGHTS[priority]!
    return this.#take()
  }

  #take (): T | undefined {
    for (let priority = WEIGHTS.length - 1; priority >= 0; priority--) {
      const lane = this.#lanes[priority]!
      if (lane.head === lane.items.length || lane.credit === 0) continue
      lane.credit--
      this.#size--
      const item = lane.items[lane.head]!
      lane.items[lane.head++] = undefined as T
      if (lane.head === lane.items.length || lane.head >= 1024) {
        lane.items = lane.items.slice(lane.head)
        lane.head = 0
      }
      return item
    }
    return undefined
  }
}
