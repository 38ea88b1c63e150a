import type { Chunk, Kind } from '@skep/chunk'
import type { Address, Operation } from '@skep/interface'
import { nameOf } from './bytes.ts'
import type { Counters } from './counters.ts'
import { accessKey, addressKey, COUNTERS_KEY, dataKey, indexKey, quarantineKey } from './keys.ts'
import { encodeBody, encodeEntry, encodePlace, type Entry, type Insurance, type Place } from './records.ts'

/** What a new chunk gets beside its data. */
export interface Arrival {
  readonly kind: Kind
  readonly bin: number
  readonly pinned: boolean
  readonly insured?: Insurance
}

/**
 * A batch in the making: everything that will change, decided in memory.
 *
 * Pure: it is given what is known of every address it will be asked about, and nothing
 * happens before its operations are written.
 */
export class Plan {
  /** As they will be when the batch is written. */
  readonly counters: Counters
  /** Bins that get new entries. */
  readonly grown = new Set<number>()
  readonly arrived: [name: string, seq: number][] = []
  readonly #entries: Map<string, Entry | undefined>
  readonly #operations: Operation[] = []

  /** @param entries - by name of address; it is changed. */
  constructor (counters: Counters, entries: Map<string, Entry | undefined>) {
    this.counters = counters
    this.#entries = entries
  }

  /** What will be known of `address`. */
  entry (address: Address): Entry | undefined {
    return this.#entries.get(nameOf(address))
  }

  /** Whether the plan decides about `address` at all. */
  concerns (address: Address): boolean {
    return this.#entries.has(nameOf(address))
  }

  /** Takes in what the store knows of an address. */
  learn (address: Address, entry: Entry): void {
    this.#entries.set(nameOf(address), entry)
  }

  /** Adds a chunk. @returns false when it is there already. */
  add ({ address, data }: Chunk, arrival: Arrival): boolean {
    const present = this.entry(address)
    if (present !== undefined) {
      if (arrival.pinned) this.pin(address, true)
      return false
    }
    const { counters } = this
    const seq = counters.next++
    const index = ++counters.last[arrival.bin]!
    counters.live[arrival.bin]!++
    const entry: Entry = { ...arrival, index, seq, access: seq }
    this.#put(dataKey(seq), encodeBody(address, data, entry))
    this.#put(indexKey(entry.bin, index), encodePlace({ live: true, kind: entry.kind, seq, address }))
    this.#write(address, entry)
    this.grown.add(entry.bin)
    this.arrived.push([nameOf(address), seq])
    return true
  }

  /** Takes a chunk away and leaves a tombstone in its place. @returns false when it is not there. */
  remove (address: Address): boolean {
    const entry = this.entry(address)
    if (entry === undefined) return false
    this.counters.live[entry.bin]!--
    this.#del(dataKey(entry.seq))
    this.#del(addressKey(address))
    if (!entry.pinned) this.#del(accessKey(entry.bin, entry.access))
    this.#put(indexKey(entry.bin, entry.index), encodePlace({ live: false, kind: entry.kind, seq: entry.seq, address }))
    this.#entries.set(nameOf(address), undefined)
    return true
  }

  /** Takes a damaged chunk away, and keeps what is left of its body. */
  quarantine (address: Address, body: Uint8Array | undefined): void {
    const entry = this.entry(address)
    if (entry === undefined || !this.remove(address) || body === undefined) return
    this.#put(quarantineKey(entry.seq), body)
  }

  /** Writes a chunk's place and order of access again. */
  replant (address: Address): void {
    const entry = this.entry(address)
    if (entry === undefined) return
    this.#put(indexKey(entry.bin, entry.index), encodePlace({ live: true, kind: entry.kind, seq: entry.seq, address }))
    this.#write(address, entry)
  }

  /** Makes a tombstone of a place that points at nothing. */
  bury (bin: number, index: number, place: Place): void {
    this.#put(indexKey(bin, index), encodePlace({ ...place, live: false }))
  }

  /** Removes what is written of an address and cannot be read. */
  forget (address: Address): void {
    this.#del(addressKey(address))
  }

  /** Corrects the count of a bin. */
  recount (bin: number, live: number): void {
    this.counters.live[bin] = live
    this.#put(COUNTERS_KEY, this.counters.encode())
  }

  /** Moves a chunk to the end of its bin's order of access. */
  touch (address: Address): void {
    const entry = this.entry(address)
    if (entry === undefined || entry.pinned) return
    this.#del(accessKey(entry.bin, entry.access))
    this.#write(address, { ...entry, access: this.counters.next++ })
  }

  /** Pins a chunk, or lets it go. @returns false when it is not there. */
  pin (address: Address, pinned: boolean): boolean {
    const entry = this.entry(address)
    if (entry === undefined) return false
    if (entry.pinned === pinned) return true
    this.#del(accessKey(entry.bin, entry.access))
    this.#write(address, { ...entry, pinned, access: this.counters.next++ })
    return true
  }

  /** All that is to be written, counters included; empty when nothing changes. */
  operations (): Operation[] {
    if (this.#operations.length === 0) return []
    return [...this.#operations, { type: 'put', key: COUNTERS_KEY, value: this.counters.encode() }]
  }

  /** A pinned chunk stands in no order of access: nobody will look for it there. */
  #write (address: Address, entry: Entry): void {
    this.#put(addressKey(address), encodeEntry(entry))
    if (!entry.pinned) this.#put(accessKey(entry.bin, entry.access), address)
    this.#entries.set(nameOf(address), entry)
  }

  #put (key: Uint8Array, value: Uint8Array): void {
    this.#operations.push({ type: 'put', key, value })
  }

  #del (key: Uint8Array): void {
    this.#operations.push({ type: 'del', key })
  }
}
