import type { WireStream } from './messages.ts'

/** The largest index: safe integers only. */
export const MAX_INDEX = Number.MAX_SAFE_INTEGER
/** The open end of a range on the wire. */
export const OPEN_END = 0xffff_ffff_ffff_ffffn
/** As `From` of a Wanted: no further offer is due (streamer.md §8, flaw 3). */
export const NOTHING_MORE = OPEN_END - 1n

/** The name under which retrieve requests are subscribed to. */
export const RETRIEVE_REQUEST = 'RETRIEVE_REQUEST'

/** One text for name and key, also the one that intervals are kept under. */
export function pairName (name: string, key: string): string {
  const pair = `${name}|${key}`
  const kept = pairs.get(pair)
  if (kept !== undefined) return kept
  if (pairs.size < MAX_PAIRS && pair.length <= MAX_KEPT) pairs.set(pair, pair)
  return pair
}

/** How many texts are kept once for all who need them: every peer has the same few dozen streams. */
const MAX_PAIRS = 1_024
/** Characters of the longest that is kept; a remote may name what it likes. */
const MAX_KEPT = 64
const pairs = new Map<string, string>()

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
