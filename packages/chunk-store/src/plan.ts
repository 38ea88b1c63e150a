import type { Chunk, Kind } from '@skep/chunk'
import type { Address, Operation } from '@skep/interface'
import { keyOf } from '@skep/pot'
import type { Counters } from './counters.ts'
import { accessKey, ADDRESS_KEY_SIZE, addressKey, COUNTERS_KEY, DATA_KEY_SIZE, dataKey, graveKey, INDEX_KEY_SIZE, indexKey, quarantineKey } from './keys.ts'
import { MAX_PLACES, type PlacePage, type Wanted } from './places.ts'
import { encodeBody, encodeEntry, HEADER_SIZE, isListed, PLACE_SIZE, sizeOfEntry, writePlace, type Entry, type Insurance, type Place } from './records.ts'
import type { Slab } from './slab.ts'
import type { IndexEntry } from './store.ts'

const NOTHING = new Uint8Array()

/** What a new chunk gets beside its data. */
export interface Arrival {
  readonly kind: Kind
  readonly bin: number
  readonly pinned: boolean
  readonly insured?: Insurance
}

/** A chunk that is new, and where it is filed. */
export interface Arrived extends IndexEntry {
  readonly name: string
  readonly bin: number
  readonly seq: number
}

/** A place that becomes another. */
export interface Change extends Wanted {
  readonly place: Place
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
  /** Whether places change that were there before. */
  changesPlaces = false
  /** Whether chunks go without anybody's wish. */
  losesChunks = false
  /** Bins that get new entries. */
  readonly grown = new Set<number>()
  readonly arrived: Arrived[] = []
  /** What goes into the Store of bodies, before the operations. Empty when that is the Store of all. */
  readonly bodies: Operation[] = []
  /** Numbers of the bodies to be deleted from the Store of bodies, once the operations are written. */
  readonly dead: number[] = []
  /** Places that change and were there before: {@link operations} needs their pages. */
  readonly changes: Change[] = []
  /** Places that change and are new. */
  readonly #late: Change[] = []
  /** The last index of each bin before the batch. */
  readonly #before: readonly number[]
  readonly #entries: Map<string, Entry | undefined>
  readonly #operations: Operation[] = []
  readonly #slab: Slab
  readonly #apart: boolean

  /**
   * @param entries - by name of address; it is changed.
   * @param slab - where new chunks and all that is written of them are put together, so the plan is over when it is reset.
   * @param apart - whether bodies have a Store of their own.
   */
  constructor (counters: Counters, entries: Map<string, Entry | undefined>, slab: Slab, apart: boolean) {
    this.counters = counters
    this.#before = counters.last.slice()
    this.#entries = entries
    this.#slab = slab
    this.#apart = apart
  }

  /** What will be known of an address, by its name. */
  entry (name: string): Entry | undefined {
    return this.#entries.get(name)
  }

  /** Whether the plan decides about an address at all. */
  concerns (name: string): boolean {
    return this.#entries.has(name)
  }

  /** Takes in what the store knows of an address. */
  learn (name: string, entry: Entry): void {
    this.#entries.set(name, entry)
  }

  /** Adds a chunk. Returns false when it is there already. */
  add ({ address, data }: Chunk, name: string, arrival: Arrival): boolean {
    if (this.#entries.get(name) !== undefined) {
      if (arrival.pinned) this.pin(address, true)
      return false
    }
    const { counters } = this
    const { bin, kind, pinned, insured } = arrival
    const seq = counters.next++
    const index = ++counters.last[bin]!
    counters.live[bin]!++
    if (kind !== 'content') counters.other[bin] = index
    // In one form, but for the few: spreading costs as much as a record.
    const entry: Entry = insured === undefined ? { kind, bin, index, seq, access: seq, pinned } : { kind, bin, index, seq, access: seq, pinned, insured }
    // All of it in the slab: a native store makes memory outside of the heap of each small array that it is given.
    const slab = this.#slab
    const key = dataKey(seq, slab.take(DATA_KEY_SIZE))
    const value = encodeBody(slab.take(HEADER_SIZE + data.length), address, data, entry)
    if (this.#apart) this.bodies.push({ type: 'put', key, value })
    else this.#put(key, value)
    this.#put(addressKey(address, slab.take(ADDRESS_KEY_SIZE)), encodeEntry(entry, slab.take(sizeOfEntry(entry))))
    this.#entries.set(name, entry)
    this.grown.add(bin)
    // A copy, for the address that was given may be a view of much more.
    this.arrived.push({ name, seq, bin, index, kind, address: address.slice() })
    return true
  }

  /**
   * Takes a chunk away and leaves a tombstone in its place. Returns false when it is not there.
   *
   * @param page - where its place is, if that was read for this batch.
   */
  remove (address: Address, state: 'deleted' | 'lost', page?: PlacePage): boolean {
    const name = keyOf(address)
    const entry = this.#entries.get(name)
    if (entry === undefined) return false
    this.#takeAway(address, name, entry)
    if (state === 'lost') this.#lose(entry.bin)
    this.#change(entry.bin, entry.index, { state, kind: entry.kind, seq: entry.seq, address }, page)
    return true
  }

  /** Takes a damaged chunk away, and keeps what is left of its body. */
  quarantine (address: Address, body: Uint8Array | undefined): void {
    const entry = this.#entries.get(keyOf(address))
    if (entry === undefined || !this.remove(address, 'lost') || body === undefined) return
    this.#put(quarantineKey(entry.seq), body)
  }

  /** Moves a chunk to the end of its bin's order of access. */
  touch (address: Address): void {
    const entry = this.#entries.get(keyOf(address))
    if (entry !== undefined && !entry.pinned) this.#rewrite(address, entry, false)
  }

  /** Pins a chunk, or lets it go. Returns false when it is not there. */
  pin (address: Address, pinned: boolean): boolean {
    const entry = this.#entries.get(keyOf(address))
    if (entry === undefined) return false
    if (entry.pinned !== pinned) this.#rewrite(address, entry, pinned)
    return true
  }

  /**
   * Writes a chunk's place and order of access again. A chunk goes whose place was never given out, or is another's: what is known
   * of it is damaged.
   *
   * @param holder - whose place it is, by what lies there.
   */
  replant (address: Address, holder: Address | undefined): void {
    const name = keyOf(address)
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    if (!this.#isGiven(entry.bin, entry.index)) return void this.remove(address, 'lost')
    const other = holder === undefined || keyOf(holder) === name ? undefined : this.#entries.get(keyOf(holder))
    if (other?.bin === entry.bin && other.index === entry.index) {
      this.#takeAway(address, name, entry)
      return this.#lose(entry.bin)
    }
    this.#change(entry.bin, entry.index, { state: 'live', kind: entry.kind, seq: entry.seq, address })
    this.#rewrite(address, entry, entry.pinned)
  }

  /** Deletes a body. In a Store of its own it goes last, so a note tells the next opening of it. */
  drop (seq: number): void {
    if (!this.#apart) return this.#del(dataKey(seq))
    this.dead.push(seq)
    this.#put(graveKey(seq), NOTHING)
  }

  /** Takes away the note of a body that is deleted by now. */
  unmark (seq: number): void {
    this.#del(graveKey(seq))
  }

  /** Makes a tombstone of a place that points at nothing. */
  bury (bin: number, index: number, place: Place): void {
    this.#lose(bin)
    this.#change(bin, index, { ...place, state: 'lost' })
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

  /**
   * All that is to be written, counters included; empty when nothing changes. Asked for once.
   *
   * @param pages - for each of {@link changes} the page that holds the place, where there is one; they are changed.
   */
  operations (pages: readonly (PlacePage | undefined)[]): Operation[] {
    this.#fillPages()
    this.#changePages(pages)
    if (this.#operations.length > 0) this.#put(COUNTERS_KEY, this.counters.encode())
    return this.#operations
  }

  /** Gives an entry a new access. A pinned chunk stands in no order of access: nobody will look for it there. */
  #rewrite (address: Address, old: Entry, pinned: boolean): void {
    const entry = { ...old, pinned, access: this.counters.next++ }
    if (isListed(old)) this.#del(accessKey(old.bin, old.access))
    if (isListed(entry)) this.#put(accessKey(entry.bin, entry.access), address)
    this.#put(addressKey(address), encodeEntry(entry))
    this.#entries.set(keyOf(address), entry)
  }

  /** Takes a chunk away, but for its place. */
  #takeAway (address: Address, name: string, entry: Entry): void {
    this.counters.live[entry.bin]!--
    this.drop(entry.seq)
    this.#del(addressKey(address))
    if (isListed(entry)) this.#del(accessKey(entry.bin, entry.access))
    this.#entries.set(name, undefined)
  }

  #lose (bin: number): void {
    this.losesChunks = true
    this.counters.lost[bin]!++
  }

  #change (bin: number, index: number, place: Place, page?: PlacePage): void {
    this.changesPlaces = true
    // A damaged entry may name any number; a place beyond the last would hide those that are to come.
    if (!this.#isGiven(bin, index)) return
    const changes = index > this.#before[bin]! ? this.#late : this.changes
    changes.push({ bin, index, place, page })
  }

  #isGiven (bin: number, index: number): boolean {
    return index > 0 && index <= this.counters.last[bin]!
  }

  /** Puts the new places of each bin, which follow one another, in pages. */
  #fillPages (): void {
    const pages: Uint8Array[] = []
    for (const bin of this.grown) pages[bin] = this.#slab.take((this.counters.last[bin]! - this.#before[bin]!) * PLACE_SIZE)
    const offset = (bin: number, index: number): number => (index - this.#before[bin]! - 1) * PLACE_SIZE
    for (const arrived of this.arrived) writePlace(pages[arrived.bin]!, offset(arrived.bin, arrived.index), 'live', arrived)
    for (const { bin, index, place } of this.#late) writePlace(pages[bin]!, offset(bin, index), place.state, place)
    for (const bin of this.grown) {
      const end = this.counters.last[bin]!
      for (let first = this.#before[bin]! + 1; first <= end; first += MAX_PLACES) {
        const last = Math.min(end, first + MAX_PLACES - 1)
        this.#put(indexKey(bin, last, this.#slab.take(INDEX_KEY_SIZE)), pages[bin]!.subarray(offset(bin, first), offset(bin, last + 1)))
      }
    }
  }

  /** Puts the pages again of which places change, each once, and in a page of its own each place that is in none. */
  #changePages (pages: readonly (PlacePage | undefined)[]): void {
    const changed = new Set<PlacePage>()
    for (const [i, { bin, index, place }] of this.changes.entries()) {
      const page = pages[i] ?? { bin, first: index, last: index, record: new Uint8Array(PLACE_SIZE) }
      writePlace(page.record, (index - page.first) * PLACE_SIZE, place.state, place)
      changed.add(page)
    }
    for (const { bin, last, record } of changed) this.#put(indexKey(bin, last), record)
  }

  #put (key: Uint8Array, value: Uint8Array): void {
    this.#operations.push({ type: 'put', key, value })
  }

  #del (key: Uint8Array): void {
    this.#operations.push({ type: 'del', key })
  }
}
