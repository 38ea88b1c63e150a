import type { PeerRecord } from '@skep/identity'
import type { Address, Clock, Operation, Store } from '@skep/interface'
import { proximity, toHex } from '@skep/pot'
import { BOOK_RANGE, decodeEntry, encodeEntry, entryKey, type Entry } from './entry.ts'
import { LEGACY_KEY, parsePeersJson } from './legacy.ts'
import type { Limits } from './options.ts'

/** Bins of the book, the last holding everything nearer. */
const MAX_BIN = 16

/**
 * The addresses that were reached, on a store.
 *
 * Written as it changes, so a kill loses nothing but what was not handed to the store yet.
 * Nobody gets into the book by being talked about. Over its limits the address that was
 * reached longest ago, and is not connected, goes first.
 */
export class AddressBook {
  readonly #store: Store
  readonly #clock: Clock
  readonly #base: Address
  readonly #limits: Limits
  readonly #entries = new Map<string, Entry>()
  readonly #dirty = new Map<string, Operation>()
  #writing: Promise<void> | undefined
  #fault: unknown

  constructor (needs: { store: Store, clock: Clock, base: Address }, limits: Limits) {
    this.#store = needs.store
    this.#clock = needs.clock
    this.#base = needs.base
    this.#limits = limits
  }

  get size (): number {
    return this.#entries.size
  }

  /** Reads the book: those connected when the node last ran first, then by when they were last reached. Damaged and old entries are deleted. */
  async load (): Promise<Entry[]> {
    const oldest = this.#clock.wall() - this.#limits.bookExpiry
    for await (const [key, value] of this.#store.range(BOOK_RANGE)) {
      const entry = decodeEntry(key, value)
      if (entry === undefined || entry.seen < oldest) this.#dirty.set(toHex(key), { type: 'del', key })
      else this.#entries.set(toHex(entry.record.overlay), entry)
    }
    this.#trim()
    this.#write()
    return [...this.#entries.values()].sort((a, b) => Number(b.connected) - Number(a.connected) || b.seen - a.seen)
  }

  /** What the original left in the same store; read once, and left alone. */
  async legacy (): Promise<PeerRecord[]> {
    const value = await this.#store.get(LEGACY_KEY)
    return value === undefined ? [] : parsePeersJson(new TextDecoder().decode(value)).slice(0, this.#limits.maxBook)
  }

  /** Notes that an address was reached, and whether it is connected. */
  save (record: PeerRecord, connected: boolean): void {
    const id = toHex(record.overlay)
    this.#entries.delete(id)
    const entry = { record, connected, seen: this.#clock.wall() }
    this.#entries.set(id, entry)
    const key = entryKey(record.overlay)
    this.#dirty.set(toHex(key), { type: 'put', key, value: encodeEntry(entry) })
    this.#trim()
    this.#write()
  }

  /**
   * Waits until everything is written.
   *
   * @throws whatever the store rejected with since the last call.
   */
  async flush (): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    const fault = this.#fault
    this.#fault = undefined
    if (fault !== undefined) throw fault
  }

  /** Changes that come while a batch is being written go into the next one. */
  #write (): void {
    if (this.#writing !== undefined || this.#dirty.size === 0) return
    const operations = [...this.#dirty.values()]
    this.#dirty.clear()
    this.#writing = this.#store.batch(operations)
      .catch(error => { this.#fault = error })
      .then(() => {
        this.#writing = undefined
        this.#write()
      })
  }

  #trim (): void {
    const bins = new Map<number, Entry[]>()
    for (const entry of this.#entries.values()) {
      const bin = Math.min(MAX_BIN, proximity(this.#base, entry.record.overlay))
      const entries = bins.get(bin)
      if (entries === undefined) bins.set(bin, [entry])
      else entries.push(entry)
    }
    for (const entries of bins.values()) this.#evict(entries, entries.length - this.#limits.maxBookBin)
    this.#evict([...this.#entries.values()], this.#entries.size - this.#limits.maxBook)
  }

  #evict (entries: Entry[], count: number): void {
    if (count <= 0) return
    entries.sort((a, b) => Number(a.connected) - Number(b.connected) || a.seen - b.seen)
    for (const { record } of entries.slice(0, count)) {
      const key = entryKey(record.overlay)
      this.#entries.delete(toHex(record.overlay))
      this.#dirty.set(toHex(key), { type: 'del', key })
    }
  }
}
