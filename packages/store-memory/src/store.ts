import type { Operation, RangeOptions, Store } from '@skep/interface'
import { StoreError } from './errors.ts'
import { compare, insert, remove, seek, type Entry, type Table } from './order.ts'

/**
 * A Store in memory, for tests and for nodes that keep nothing.
 *
 * A write is applied in the call that makes it. Nothing survives the process,
 * whatever `durable` says.
 *
 * @example
 * ```ts
 * import { memoryStore } from '@skep/store-memory'
 *
 * const store = memoryStore()
 * await store.batch([{ type: 'put', key: Uint8Array.of(1), value: Uint8Array.of(2) }])
 * await store.get(Uint8Array.of(1)) // Uint8Array [ 2 ]
 * ```
 */
export class MemoryStore implements Store {
  #table: (readonly Entry[])[] = []
  /** Whether an iteration reads `#table`, so that a write has to copy it first. */
  #shared = false
  #closed = false

  async get (key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#open()
    return this.#find(key)
  }

  async getMany (keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.#open()
    return keys.map(key => this.#find(key))
  }

  /** @throws TypeError - if an operation is none; nothing is applied then. */
  async batch (operations: Operation[]): Promise<void> {
    this.#open()
    for (const operation of operations) check(operation)
    if (this.#shared) {
      this.#table = this.#table.slice()
      this.#shared = false
    }
    for (const operation of operations) {
      if (operation.type === 'put') insert(this.#table, { key: operation.key.slice(), value: operation.value.slice() })
      else remove(this.#table, operation.key)
    }
  }

  async * range (options: RangeOptions = {}): AsyncGenerator<[key: Uint8Array, value: Uint8Array]> {
    this.#open()
    this.#shared = true
    let left = options.limit ?? Infinity
    for (const { key, value } of options.reverse === true ? backward(this.#table, options) : forward(this.#table, options)) {
      if (left-- <= 0) return
      this.#open()
      yield [key.slice(), value.slice()]
    }
  }

  async close (): Promise<void> {
    this.#closed = true
    this.#table = []
  }

  #find (key: Uint8Array): Uint8Array | undefined {
    const [block, at] = seek(this.#table, key)
    const entry = this.#table[block]?.[at]
    return entry !== undefined && compare(entry.key, key) === 0 ? entry.value.slice() : undefined
  }

  #open (): void {
    if (this.#closed) throw new StoreError('STORE_CLOSED', 'the store is closed')
  }
}

/** Makes an empty {@link MemoryStore}. */
export function memoryStore (): MemoryStore {
  return new MemoryStore()
}

function check (operation: Operation): void {
  const { type, key } = operation
  if (type !== 'put' && type !== 'del') throw new TypeError(`no operation is called ${String(type)}`)
  if (!(key instanceof Uint8Array)) throw new TypeError('a key is a Uint8Array')
  if (type === 'put' && !(operation.value instanceof Uint8Array)) throw new TypeError('a value is a Uint8Array')
}

function * forward (table: Table, { gte, lt }: RangeOptions): Generator<Entry> {
  const [first, offset] = gte === undefined ? [0, 0] : seek(table, gte)
  for (let block = first; block < table.length; block++) {
    const entries = table[block]!
    for (let at = block === first ? offset : 0; at < entries.length; at++) {
      if (lt !== undefined && compare(entries[at]!.key, lt) >= 0) return
      yield entries[at]!
    }
  }
}

function * backward (table: Table, { gte, lt }: RangeOptions): Generator<Entry> {
  const [first, offset] = lt === undefined ? [table.length, 0] : seek(table, lt)
  for (let block = first; block >= 0; block--) {
    const entries = table[block] ?? []
    for (let at = (block === first ? offset : entries.length) - 1; at >= 0; at--) {
      if (gte !== undefined && compare(entries[at]!.key, gte) < 0) return
      yield entries[at]!
    }
  }
}
