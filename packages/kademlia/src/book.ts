import type { Address } from '@skep/interface'
import { MutablePot } from '@skep/pot'
import { entryOf, type Entry, type KadRecord } from './entry.ts'
import type { Settings } from './options.ts'
import { subnetsOf } from './subnet.ts'

/** Why a record was not taken. Codes are API. */
export type RefusedCode =
  /** It is our own address. */
  | 'SELF'
  /** Its address has not the length of ours. */
  | 'BAD_ADDRESS'
  /** It belongs to a light peer, which nobody should dial. */
  | 'LIGHT'
  /** There is no room, and nobody in the bin was tried in vain who could make some. */
  | 'FULL'
  /** Too many addresses of its subnet are known. */
  | 'SUBNET'

/** The addresses a table knows: one entry each, bounded per bin, per subnet and in all. */
export class Book<R extends KadRecord, P> {
  readonly entries = new MutablePot<Entry<R, P>>()
  readonly #base: Address
  readonly #settings: Settings
  /** How many records name a subnet, by subnet, and by bin and subnet. */
  readonly #subnets = new Map<string, number>()
  readonly #sizes: number[]
  /** Bins of which nobody may go, as far as is known: looking through them again would be in vain. */
  readonly #settled: boolean[]

  constructor (base: Address, settings: Settings) {
    this.#base = base
    this.#settings = settings
    this.#sizes = Array<number>(base.length * 8).fill(0)
    this.#settled = Array<boolean>(base.length * 8).fill(false)
  }

  /** Known addresses by proximity order. */
  get sizes (): readonly number[] {
    return this.#sizes
  }

  /** Takes a record of bin `po` in, or the news in it; returns what became of it. */
  put (record: R, po: number, now: number): 'added' | 'updated' | 'unchanged' | RefusedCode {
    const old = this.entries.get(record.overlay)
    if (old !== undefined) return this.#update(old, record)
    if (this.#sizes[po]! >= this.#settings.maxKnownPerBin && this.#settled[po]!) return 'FULL'
    if (!this.#fits(record, po)) return 'SUBNET'
    if (!this.#makeRoom(po)) return 'FULL'
    const entry = this.#insert(entryOf(record.overlay, po, now))
    entry.record = record
    this.#count(entry, 1)
    return 'added'
  }

  /** The entry of an address, made if there is none. */
  enter (overlay: Address, po: number, now: number): Entry<R, P> {
    return this.entries.get(overlay) ?? this.#insert(entryOf(overlay, po, now))
  }

  remove (entry: Entry<R, P>): void {
    if (!this.entries.remove(entry.overlay)) return
    this.#sizes[entry.po]!--
    this.#count(entry, -1)
  }

  /** Says that an entry was tried or has lost its connection: it may have to make room now. */
  loosen (entry: Entry<R, P>): void {
    this.#settled[entry.po] = false
  }

  #update (entry: Entry<R, P>, record: R): 'updated' | 'unchanged' | RefusedCode {
    const old = entry.record
    if (old !== undefined && sameUnderlays(old, record)) return 'unchanged'
    // What the old record took up of its subnets is free for the new one.
    this.#count(entry, -1)
    const fits = this.#fits(record, entry.po)
    if (fits) entry.record = record
    this.#count(entry, 1)
    return fits ? 'updated' : 'SUBNET'
  }

  #insert (entry: Entry<R, P>): Entry<R, P> {
    this.entries.add(entry)
    this.#sizes[entry.po]!++
    return entry
  }

  #subnetsOf (record: KadRecord | undefined): string[] {
    return subnetsOf(record?.underlays, this.#settings.limitPrivateSubnets)
  }

  #fits (record: R, po: number): boolean {
    return this.#subnetsOf(record).every(subnet =>
      (this.#subnets.get(subnet) ?? 0) < this.#settings.maxPerSubnet &&
      (this.#subnets.get(`${po}|${subnet}`) ?? 0) < this.#settings.maxPerSubnetInBin)
  }

  #count (entry: Entry<R, P>, by: 1 | -1): void {
    for (const subnet of this.#subnetsOf(entry.record)) {
      for (const key of [subnet, `${entry.po}|${subnet}`]) {
        const count = (this.#subnets.get(key) ?? 0) + by
        if (count > 0) this.#subnets.set(key, count)
        else this.#subnets.delete(key)
      }
    }
  }

  /** Makes room in a bin, and in all: the oldest success goes first, never having had one being the oldest. */
  #makeRoom (po: number): boolean {
    const { maxKnown, maxKnownPerBin } = this.#settings
    if (this.#sizes[po]! >= maxKnownPerBin) return this.#evict(po)
    if (this.entries.size < maxKnown) return true
    return this.#evict(this.#sizes.indexOf(Math.max(...this.#sizes)))
  }

  /**
   * Removes one entry that was tried in vain since it was last connected. Without such
   * a one newcomers wait, so that a flood of them cannot push out what was never looked at.
   */
  #evict (po: number): boolean {
    let worst: Entry<R, P> | undefined
    for (const entry of this.entries.bin(this.#base, po)) {
      if (entry.peer === undefined && entry.tries > 0 && (worst === undefined || isWorse(entry, worst))) worst = entry
    }
    if (worst === undefined) this.#settled[po] = true
    if (worst === undefined) return false
    this.remove(worst)
    return true
  }
}

function isWorse (a: Entry<unknown, unknown>, b: Entry<unknown, unknown>): boolean {
  const [one, other] = [a.succeededAt ?? -Infinity, b.succeededAt ?? -Infinity]
  return one === other ? a.tries > b.tries : one < other
}

function sameUnderlays (a: KadRecord, b: KadRecord): boolean {
  const [one, other] = [a.underlays ?? [], b.underlays ?? []]
  return one.length === other.length && one.every((underlay, i) => underlay === other[i])
}
