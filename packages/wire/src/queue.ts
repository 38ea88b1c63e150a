/** How urgent a message is: 0 low, 1 mid, 2 high, 3 top (streamer §1). */
export type Priority = 0 | 1 | 2 | 3

/**
 * How many bytes of each priority go out in one round while all of them wait, from low to
 * top. The least of them keeps one in fifteen, more than the 5 % that history is promised.
 * Rounds are this short so that a few small messages of one do not hold up the others.
 */
const WEIGHTS = [1, 2, 4, 8] as const

interface Lane<T> {
  readonly weight: number
  items: T[]
  /** Where the first item stands; the array is cut now and then, not at every item. */
  head: number
  /** How many more bytes may go in this round; below zero it is a debt to later ones. */
  credit: number
}

/**
 * Four queues taken from by weight of bytes, higher ones first, so that none starves.
 *
 * What an item weighs need not be known before it is taken: a queue with any credit left
 * may give one more, and pays what is over in later rounds. A queue in which nothing waits
 * saves nothing up, and keeps its debt.
 */
export class WeightedQueue<T> {
  readonly #lanes: readonly Lane<T>[] = WEIGHTS.map(weight => ({ weight, items: [], head: 0, credit: weight }))
  #size = 0
  /** Whose item was taken last. */
  #taken = this.#lanes[0]!

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
    const lane = this.#next() ?? this.#nextRound()
    this.#taken = lane
    this.#size--
    const item = lane.items[lane.head]!
    lane.items[lane.head++] = undefined as T
    if (lane.head === lane.items.length || lane.head >= 1024) {
      lane.items = lane.items.slice(lane.head)
      lane.head = 0
    }
    return item
  }

  /** Says how many bytes the item had that was taken last. One that did not go out costs nothing. */
  charge (bytes: number): void {
    this.#taken.credit -= bytes
  }

  /** Takes an item out that has not had its turn; does nothing if it has. */
  remove (item: T, priority: Priority): void {
    const lane = this.#lanes[priority]!
    const at = lane.items.indexOf(item, lane.head)
    if (at === -1) return
    lane.items.splice(at, 1)
    this.#size--
  }

  /** The highest queue that has items and credit. */
  #next (): Lane<T> | undefined {
    for (let priority = WEIGHTS.length - 1; priority >= 0; priority--) {
      const lane = this.#lanes[priority]!
      if (lane.head < lane.items.length && lane.credit > 0) return lane
    }
    return undefined
  }

  /** Lets as many rounds pass as it takes until a queue that has items has credit again. */
  #nextRound (): Lane<T> {
    let rounds = Infinity
    for (const { items, head, credit, weight } of this.#lanes) {
      if (head < items.length) rounds = Math.min(rounds, Math.floor(-credit / weight) + 1)
    }
    for (const lane of this.#lanes) lane.credit = Math.min(lane.weight, lane.credit + rounds * lane.weight)
    return this.#next()!
  }
}
