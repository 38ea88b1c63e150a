import type { Address, RangeOptions } from '@skep/interface'
import { ADDRESS_SIZE, readU64, writeU64 } from './bytes.ts'

/** First byte of every key: the letter c, this package's part of a shared Store. */
const PREFIX = 0x63

/**
 * Second byte of a key. All keys of one tag have one length, so no key is the prefix
 * of another. Part of the format on disk; see the README.
 */
const TAG = { meta: 0, data: 1, address: 2, index: 3, access: 4, quarantine: 5, grave: 6 } as const

export const FORMAT_KEY = Uint8Array.of(PREFIX, TAG.meta, 0)
export const COUNTERS_KEY = Uint8Array.of(PREFIX, TAG.meta, 1)
export const SESSION_KEY = Uint8Array.of(PREFIX, TAG.meta, 2)

/** Bytes of a key of each kind. */
export const DATA_KEY_SIZE = 10
export const INDEX_KEY_SIZE = 11
export const ADDRESS_KEY_SIZE = 2 + ADDRESS_SIZE

/** Where the body of a chunk lies, by the number it got when it came. */
export function dataKey (seq: number, key?: Uint8Array): Uint8Array {
  return sequenceKey(TAG.data, seq, key)
}

/** The keys of several bodies, in one piece of memory: so a native store takes them at a fraction of the price. */
export function dataKeys (seqs: readonly number[]): Uint8Array[] {
  const memory = new Uint8Array(seqs.length * DATA_KEY_SIZE)
  return seqs.map((seq, i) => dataKey(seq, memory.subarray(i * DATA_KEY_SIZE, (i + 1) * DATA_KEY_SIZE)))
}

/** Where a body that turned out to be damaged is kept. */
export function quarantineKey (seq: number): Uint8Array {
  return sequenceKey(TAG.quarantine, seq)
}

/** Where it is noted that a body is to be deleted from the Store of bodies. */
export function graveKey (seq: number): Uint8Array {
  return sequenceKey(TAG.grave, seq)
}

/** The keys of several addresses, in one piece of memory as {@link dataKeys}. */
export function addressKeys (addresses: readonly Address[]): Uint8Array[] {
  const memory = new Uint8Array(addresses.length * ADDRESS_KEY_SIZE)
  return addresses.map((address, i) => addressKey(address, memory.subarray(i * ADDRESS_KEY_SIZE, (i + 1) * ADDRESS_KEY_SIZE)))
}

/** Where it is written what is known of an address. */
export function addressKey (address: Address, key: Uint8Array = new Uint8Array(ADDRESS_KEY_SIZE)): Uint8Array {
  key[0] = PREFIX
  key[1] = TAG.address
  key.set(address, 2)
  return key
}

/** Where the page of a bin's sequence lies whose last place has this index. */
export function indexKey (bin: number, index: number, key?: Uint8Array): Uint8Array {
  return binKey(TAG.index, bin, index, key)
}

/** Where a chunk stands in its bin's order of access. */
export function accessKey (bin: number, access: number): Uint8Array {
  return binKey(TAG.access, bin, access)
}

/**
 * Keys behind all pages and behind all orders of access, with records of no meaning. A level database looks for the end of a range
 * beyond it, through all that was deleted there, up to the next key that is.
 */
export const FENCES: readonly Uint8Array[] = [binKey(TAG.index, 255, 0), binKey(TAG.access, 255, 0)]

/** The number at the end of an index, access, data, quarantine or grave key. */
export function numberOf (key: Uint8Array): number {
  return readU64(key, key.length - 8)
}

/** The pages of a bin whose last index is `from` or higher, and below `below`. */
export function indexRange (bin: number, from: number, below?: number): RangeOptions {
  return { gte: indexKey(bin, from), lt: below === undefined ? indexKey(bin + 1, 0) : indexKey(bin, below) }
}

/** A bin in order of access from number `from` on, the longest unused first. */
export function accessRange (bin: number, from: number): RangeOptions {
  return { gte: accessKey(bin, from), lt: accessKey(bin + 1, 0) }
}

/** All that is known, address by address, after `after`. */
export function addressRange (after?: Uint8Array): RangeOptions {
  return { gte: after === undefined ? tagStart(TAG.address) : Uint8Array.of(...after, 0), lt: tagStart(TAG.address + 1) }
}

/** All bodies from number `from` on. */
export function dataRange (from: number): RangeOptions {
  return { gte: dataKey(from), lt: tagStart(TAG.data + 1) }
}

/** All bodies that are to be deleted. */
export function graveRange (): RangeOptions {
  return { gte: tagStart(TAG.grave), lt: tagStart(TAG.grave + 1) }
}

/** All quarantined bodies. */
export function quarantineRange (): RangeOptions {
  return { gte: tagStart(TAG.quarantine), lt: tagStart(TAG.quarantine + 1) }
}

/** The address in an address key. */
export function addressOf (key: Uint8Array): Address {
  return key.slice(2)
}

function tagStart (tag: number): Uint8Array {
  return Uint8Array.of(PREFIX, tag)
}

function sequenceKey (tag: number, seq: number, key: Uint8Array = new Uint8Array(DATA_KEY_SIZE)): Uint8Array {
  key[0] = PREFIX
  key[1] = tag
  writeU64(key, 2, seq)
  return key
}

function binKey (tag: number, bin: number, number: number, key: Uint8Array = new Uint8Array(INDEX_KEY_SIZE)): Uint8Array {
  key[0] = PREFIX
  key[1] = tag
  key[2] = bin
  writeU64(key, 3, number)
  return key
}
