import type { Address } from '@skep/interface'
import { bytes, struct } from '@skep/wire'
import { IdentityError } from './errors.ts'
import { OVERLAY_SIZE } from './overlay.ts'
import { isUnderlay, MAX_UNDERLAY } from './underlay.ts'

/** Where an overlay address can be reached. */
export interface PeerRecord {
  readonly overlay: Address
  /** `scheme://…`, the best first: `tcp://127.0.0.1:4711` or an enode URL. */
  readonly underlays: readonly string[]
}

/** BzzAddr as it goes over the wire in bzz/6 and hive/5 (bzz-handshake §3); any lengths, as the original. */
export const bzzAddr = struct({ OAddr: bytes(), UAddr: bytes() })

/** BzzAddr as a value. */
export interface BzzAddr {
  readonly OAddr: Uint8Array
  readonly UAddr: Uint8Array
}

/**
 * Puts a record in the form of bzz/6 and hive/5, which has room for one underlay: the first.
 *
 * @param scheme - the first underlay of this scheme, for peers that understand no other.
 * @returns `undefined` if the record has no such underlay.
 */
export function recordToBzzAddr (record: PeerRecord, scheme?: string): BzzAddr | undefined {
  const underlay = record.underlays.find(each => scheme === undefined || each.startsWith(`${scheme}://`))
  return underlay === undefined ? undefined : { OAddr: record.overlay, UAddr: new TextEncoder().encode(underlay) }
}

/**
 * Reads a record that a peer sent, within limits.md: an overlay address of 32 bytes and at most one underlay.
 *
 * @throws IdentityError - `IDENTITY_BAD_RECORD`.
 */
export function recordFromBzzAddr (addr: BzzAddr): PeerRecord {
  if (addr.OAddr.length !== OVERLAY_SIZE) throw new IdentityError('IDENTITY_BAD_RECORD', `an overlay address of ${addr.OAddr.length} bytes`)
  if (addr.UAddr.length > MAX_UNDERLAY) throw new IdentityError('IDENTITY_BAD_RECORD', `an underlay of ${addr.UAddr.length} bytes`)
  // A light node that does not listen has none.
  if (addr.UAddr.length === 0) return { overlay: addr.OAddr, underlays: [] }
  const underlay = new TextDecoder().decode(addr.UAddr)
  if (!isUnderlay(underlay)) throw new IdentityError('IDENTITY_BAD_RECORD', 'an underlay that does not parse')
  return { overlay: addr.OAddr, underlays: [underlay] }
}
