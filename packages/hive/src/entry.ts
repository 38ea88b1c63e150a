import type { PeerRecord } from '@skep/identity'
import { isUnderlay, MAX_UNDERLAYS } from '@skep/identity'
import { bool, decode, encode, list, struct, text, u64, u8 } from '@skep/wire'

/** The version of an entry's form; others are passed over. */
const VERSION = 1
/** Keys of the book begin with `ha`: hive, address. */
const PREFIX = Uint8Array.of(0x68, 0x61)

/** One address in the book. */
export interface Entry {
  readonly record: PeerRecord
  /** Whether it was connected when it was last written. */
  readonly connected: boolean
  /** When it was last reached, wall-clock milliseconds. */
  readonly seen: number
}

const codec = struct({ version: u8, connected: bool, seen: u64, underlays: list(text()) })

/** The range of all entries in a store. */
export const BOOK_RANGE = { gte: PREFIX, lt: Uint8Array.of(PREFIX[0]!, PREFIX[1]! + 1) } as const

export function entryKey (overlay: Uint8Array): Uint8Array {
  const key = new Uint8Array(PREFIX.length + overlay.length)
  key.set(PREFIX)
  key.set(overlay, PREFIX.length)
  return key
}

export function encodeEntry (entry: Entry): Uint8Array {
  return encode(codec, {
    version: VERSION,
    connected: entry.connected,
    seen: BigInt(Math.max(0, Math.floor(entry.seen))),
    underlays: entry.record.underlays.slice(0, MAX_UNDERLAYS)
  })
}

/** Reads an entry back; `undefined` for one that is damaged or of another version. */
export function decodeEntry (key: Uint8Array, value: Uint8Array): Entry | undefined {
  const overlay = key.slice(PREFIX.length)
  if (overlay.length !== 32) return undefined
  try {
    const { version, connected, seen, underlays } = decode(codec, value)
    if (version !== VERSION || underlays.length === 0 || underlays.length > MAX_UNDERLAYS || !underlays.every(isUnderlay)) return undefined
    return { record: { overlay, underlays }, connected, seen: Number(seen) }
  } catch {
    return undefined
  }
}
