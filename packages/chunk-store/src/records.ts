import type { Kind } from '@skep/chunk'
import type { Address } from '@skep/interface'
import { ADDRESS_SIZE, checksum, readU32, readU64, same, writeU32, writeU64 } from './bytes.ts'

/** Who vouches for a chunk, and until when. */
export interface Insurance {
  /** The overlay address of the insurer. */
  readonly by: Address
  /** Wall-clock time in milliseconds since 1970 up to which the insurance holds. */
  readonly until: number
}

/** What is known of a chunk that is here. */
export interface Entry {
  readonly kind: Kind
  readonly bin: number
  /** Its place in the sequence of the bin. */
  readonly index: number
  /** The number it got when it came, over all bins. */
  readonly seq: number
  /** The number it got when it was last asked for. */
  readonly access: number
  readonly pinned: boolean
  readonly insured?: Insurance
}

/** Whether a place has its chunk, or is the tombstone of one that was deleted or lost. */
export type PlaceState = 'live' | 'deleted' | 'lost'

/** One place of a bin's sequence. */
export interface Place {
  readonly state: PlaceState
  readonly kind: Kind
  readonly seq: number
  readonly address: Address
}

/** The kinds as numbers. Part of the format on disk: append only. */
const KINDS: readonly Kind[] = ['content', 'resource', 'single-owner']

/** The states of a place as numbers. Part of the format on disk: append only. */
const STATES: readonly PlaceState[] = ['live', 'deleted', 'lost']

const ENTRY_SIZE = 28
const INSURED_SIZE = ENTRY_SIZE + 8 + ADDRESS_SIZE

/** Bytes of a place in its page. */
export const PLACE_SIZE = 10 + ADDRESS_SIZE

/** Bytes before the data in the record of a body. */
export const HEADER_SIZE = 48

const PINNED = 1
const INSURED = 2

/**
 * Whether a chunk stands in the order of access on its own. A chunk that was never asked
 * for does not: its place in the bin's sequence tells its age.
 */
export function isListed ({ access, pinned, seq }: Entry): boolean {
  return !pinned && access !== seq
}

/** Bytes of the record of an entry. */
export function sizeOfEntry ({ insured }: Entry): number {
  return insured === undefined ? ENTRY_SIZE : INSURED_SIZE
}

/** Writes an entry, whatever was in `bytes` before. */
export function encodeEntry (entry: Entry, bytes: Uint8Array = new Uint8Array(sizeOfEntry(entry))): Uint8Array {
  const { insured } = entry
  bytes[0] = (entry.pinned ? PINNED : 0) | (insured === undefined ? 0 : INSURED)
  bytes[1] = KINDS.indexOf(entry.kind)
  bytes[2] = entry.bin
  bytes[3] = 0
  writeU64(bytes, 4, entry.index)
  writeU64(bytes, 12, entry.seq)
  writeU64(bytes, 20, entry.access)
  if (insured !== undefined) {
    writeU64(bytes, ENTRY_SIZE, insured.until)
    bytes.set(insured.by, ENTRY_SIZE + 8)
  }
  return bytes
}

/** Reads an entry; `undefined` when it is damaged. */
export function decodeEntry (bytes: Uint8Array): Entry | undefined {
  const kind = KINDS[bytes[1] ?? KINDS.length]
  const flags = bytes[0] ?? 0
  if (kind === undefined || bytes.length !== ((flags & INSURED) === 0 ? ENTRY_SIZE : INSURED_SIZE)) return undefined
  const entry = {
    kind, bin: bytes[2]!, index: readU64(bytes, 4), seq: readU64(bytes, 12), access: readU64(bytes, 20), pinned: (flags & PINNED) !== 0
  }
  if ((flags & INSURED) === 0) return entry
  return { ...entry, insured: { until: readU64(bytes, ENTRY_SIZE), by: bytes.slice(ENTRY_SIZE + 8) } }
}

/** Writes a place into a page from byte `at` on, whatever was there before. */
export function writePlace (page: Uint8Array, at: number, state: PlaceState, { kind, seq, address }: Pick<Place, 'kind' | 'seq' | 'address'>): void {
  page[at] = STATES.indexOf(state)
  page[at + 1] = KINDS.indexOf(kind)
  writeU64(page, at + 2, seq)
  page.set(address, at + 10)
}

/** Reads the place that begins at byte `at` of a page, which is as long as it must be; `undefined` when the place is damaged. */
export function readPlace (page: Uint8Array, at: number): Place | undefined {
  const state = STATES[page[at]!]
  const kind = KINDS[page[at + 1]!]
  if (state === undefined || kind === undefined) return undefined
  return { state, kind, seq: readU64(page, at + 2), address: page.slice(at + 10, at + PLACE_SIZE) }
}

/** Writes the record of a body in `bytes`: checksum, kind, bin, index, address, data. It says enough to find its way back. */
export function encodeBody (bytes: Uint8Array, address: Address, data: Uint8Array, { kind, bin, index }: Pick<Entry, 'kind' | 'bin' | 'index'>): Uint8Array {
  bytes[4] = KINDS.indexOf(kind)
  bytes[5] = bin
  bytes[6] = 0
  bytes[7] = 0
  writeU64(bytes, 8, index)
  bytes.set(address, 16)
  bytes.set(data, HEADER_SIZE)
  writeU32(bytes, 0, checksum(bytes, 4))
  return bytes
}

/** The address in the record of a body, which may be damaged. */
export function addressOfBody (bytes: Uint8Array): Address {
  return bytes.slice(16, HEADER_SIZE)
}

/** What a chunk is, and its data. */
export interface Body {
  readonly kind: Kind
  readonly data: Uint8Array
}

/** Reads a body's record, without copying the data; `undefined` when it is damaged or another chunk's. */
export function decodeBody (bytes: Uint8Array, address: Address): Body | undefined {
  if (bytes.length < HEADER_SIZE || readU32(bytes, 0) !== checksum(bytes, 4)) return undefined
  const kind = KINDS[bytes[4]!]
  if (kind === undefined || !same(address, bytes.subarray(16, HEADER_SIZE))) return undefined
  return { kind, data: bytes.subarray(HEADER_SIZE) }
}
