import { recordFromBzzAddr, recordToBzzAddr, type PeerRecord } from '@skep/identity'

/** Where the original keeps its addresses in its state store (hive §3). */
export const LEGACY_KEY = new TextEncoder().encode('peers')
/** More than the original can come to know; a longer list is cut. */
const MAX_LEGACY = 65_536

/**
 * Reads the addresses that the original saved: a JSON array of `{"OAddr", "UAddr"}` in
 * base64, or `null`. Entries that are no records are passed over.
 *
 * @returns an empty list for what is no such file at all.
 */
export function parsePeersJson (text: string): PeerRecord[] {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    return []
  }
  if (!Array.isArray(list)) return []
  return list.slice(0, MAX_LEGACY).flatMap((each: unknown): PeerRecord[] => {
    if (typeof each !== 'object' || each === null || !('OAddr' in each) || !('UAddr' in each)) return []
    try {
      const record = recordFromBzzAddr({ OAddr: fromBase64(each.OAddr), UAddr: fromBase64(each.UAddr) })
      return record.underlays.length === 0 ? [] : [record]
    } catch {
      return []
    }
  })
}

/** Writes addresses as the original saves them. */
export function formatPeersJson (records: readonly PeerRecord[]): string {
  const list = records.flatMap(record => {
    const addr = recordToBzzAddr(record)
    return addr === undefined ? [] : [{ OAddr: toBase64(addr.OAddr), UAddr: toBase64(addr.UAddr) }]
  })
  return list.length === 0 ? 'null' : JSON.stringify(list)
}

function fromBase64 (text: unknown): Uint8Array {
  if (typeof text !== 'string') throw new TypeError('no base64')
  return Uint8Array.from(atob(text), char => char.charCodeAt(0))
}

function toBase64 (bytes: Uint8Array): string {
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))
}
