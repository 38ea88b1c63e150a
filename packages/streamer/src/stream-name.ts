import type { WireStream } from './messages.ts'

/** The largest index: safe integers only. */
export const MAX_INDEX = Number.MAX_SAFE_INTEGER
/** The open end of a range on the wire. */
export const OPEN_END = 0xffff_ffff_ffff_ffffn
/** As `From` of a Wanted: no further offer is due (streamer.md §8, flaw 3). */
export const NOTHING_MORE = OPEN_END - 1n

/** The name under which retrieve requests are subscribed to. */
export const RETRIEVE_REQUEST = 'RETRIEVE_REQUEST'

/** What a stream is called, once for all who need it: every peer has the same few dozen streams. */
export interface Names {
  readonly name: string
  readonly key: string
  /** One text for name and key, also the one that intervals are kept under. */
  readonly pair: string
}

/** The names of a stream. */
export function namesOf (name: string, key: string): Names {
  const pair = `${name}|${key}`
  const kept = known.get(pair)
  // A key may hold what parts the two.
  if (kept !== undefined && kept.key === key) return kept
  const names = { name, key, pair }
  if (kept === undefined && known.size < MAX_KNOWN && pair.length <= MAX_LENGTH) known.set(pair, names)
  return names
}

/** One text for name and key. */
export function pairName (name: string, key: string): string {
  return namesOf(name, key).pair
}

/** How many names are kept. */
const MAX_KNOWN = 1_024
/** Characters of the longest that are kept; a remote may name what it likes. */
const MAX_LENGTH = 64
const known = new Map<string, Names>()

/** The original's text of one half. */
export function halfName (name: string, key: string, live: boolean): string {
  return `${name}|${key}|${live ? 'l' : 'h'}`
}

export function wireStream (name: string, key: string, live: boolean): WireStream {
  return { Name: name, Key: key, Live: live }
}

/** An index from the wire; `undefined` if it is over 2^53 - 1. */
export function toIndex (value: bigint): number | undefined {
  return value <= BigInt(MAX_INDEX) ? Number(value) : undefined
}
