import type { Address } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import { encode, fixed, list, struct, text, u64, type ValueOf } from '@skep/wire'
import type { Curve } from './curve.ts'
import { IdentityError } from './errors.ts'
import { publicKeyFromNodeId, recover, SIGNATURE_SIZE, type Identity } from './keys.ts'
import { OVERLAY_SIZE, overlayFromPublicKey } from './overlay.ts'
import type { PeerRecord } from './record.ts'
import { isUnderlay, MAX_UNDERLAY, MAX_UNDERLAYS } from './underlay.ts'

/** Milliseconds that a record may be dated ahead of our own clock (reliability.md §3). */
export const MAX_AHEAD = 60_000

/** A record that only the owner of its overlay address can have made. */
export interface SignedRecord extends PeerRecord {
  /** The network it is for: a record means nothing in another. */
  readonly networkId: number
  /** When it was signed, milliseconds since 1970. Of two records of one address the later holds. */
  readonly timestamp: number
  /** 65 bytes. */
  readonly signature: Uint8Array
}

/** A signed record as `skep-id/1` and `skep-hive/1` carry it. */
export const signedRecord = struct({
  Overlay: fixed(OVERLAY_SIZE),
  NetworkID: u64,
  Timestamp: u64,
  Underlays: list(text(MAX_UNDERLAY), MAX_UNDERLAYS),
  Signature: fixed(SIGNATURE_SIZE)
})

/** {@link SignedRecord} as it goes over the wire. */
export type WireRecord = ValueOf<typeof signedRecord>

/** What a signature covers, set apart from everything else that a key may sign. */
const DOMAIN = 'skep record 1'
const signed = struct({ Domain: text(), Overlay: fixed(OVERLAY_SIZE), NetworkID: u64, Timestamp: u64, Underlays: list(text()) })

/**
 * Signs where this node can be reached. Sign again only when something changes: a record
 * that stays the same need not be told or checked again.
 *
 * @param timestamp - wall-clock milliseconds.
 * @throws RangeError - with more than {@link MAX_UNDERLAYS} underlays, or one that is none.
 *
 * @example
 * ```ts
 * import { identity, signRecord, verifyRecord } from '@skep/identity'
 *
 * const me = identity(new Uint8Array(32).fill(1))
 * const record = signRecord(me, { networkId: 3, timestamp: 0, underlays: ['tcp://127.0.0.1:4711'] })
 * verifyRecord(record) // returns; throws if somebody else made it
 * ```
 */
export function signRecord (me: Identity, content: { readonly networkId: number, readonly timestamp: number, readonly underlays: readonly string[] }): SignedRecord {
  const { networkId, timestamp, underlays } = content
  if (underlays.length > MAX_UNDERLAYS) throw new RangeError(`${underlays.length} underlays, not at most ${MAX_UNDERLAYS}`)
  for (const underlay of underlays) if (!isUnderlay(underlay)) throw new RangeError(`${underlay} is no underlay`)
  const record = { overlay: me.overlay, networkId, timestamp: Math.floor(timestamp), underlays: [...underlays] }
  return { ...record, signature: me.sign(digestOf(record)) }
}

/**
 * Checks that the owner of the overlay address signed the record; costs one recovery of a
 * public key, so do it within a budget and last.
 *
 * @param curve - what recovers. Defaults to `nobleCurve`.
 * @throws IdentityError - `IDENTITY_BAD_SIGNATURE`.
 */
export function verifyRecord (record: SignedRecord, curve?: Pick<Curve, 'recover'>): void {
  const signer = overlayFromPublicKey(publicKeyFromNodeId(recover(digestOf(record), record.signature, curve)))
  if (!isSame(signer, record.overlay)) throw new IdentityError('IDENTITY_BAD_SIGNATURE', 'somebody else signed the record')
}

/** Puts a signed record in the form of the wire. */
export function signedRecordToWire (record: SignedRecord): WireRecord {
  return {
    Overlay: record.overlay,
    NetworkID: BigInt(record.networkId),
    Timestamp: BigInt(record.timestamp),
    Underlays: [...record.underlays],
    Signature: record.signature
  }
}

/**
 * Reads a signed record that a peer sent: everything but the signature is checked.
 *
 * @param now - wall-clock milliseconds.
 * @throws IdentityError - `IDENTITY_BAD_RECORD`, if it is for another network, dated ahead, or has an underlay that is none.
 */
export function signedRecordFromWire (wire: WireRecord, expected: { readonly networkId: number, readonly now: number }): SignedRecord {
  if (wire.NetworkID !== BigInt(expected.networkId)) throw new IdentityError('IDENTITY_BAD_RECORD', `a record for network ${wire.NetworkID}`)
  if (wire.Timestamp > BigInt(Math.floor(expected.now) + MAX_AHEAD)) throw new IdentityError('IDENTITY_BAD_RECORD', 'a record from the future')
  if (!wire.Underlays.every(isUnderlay)) throw new IdentityError('IDENTITY_BAD_RECORD', 'an underlay that does not parse')
  return {
    overlay: wire.Overlay,
    networkId: expected.networkId,
    timestamp: Number(wire.Timestamp),
    underlays: wire.Underlays,
    signature: wire.Signature
  }
}

function digestOf (record: Omit<SignedRecord, 'signature'>): Uint8Array {
  return keccak256(encode(signed, {
    Domain: DOMAIN,
    Overlay: record.overlay,
    NetworkID: BigInt(record.networkId),
    Timestamp: BigInt(record.timestamp),
    Underlays: [...record.underlays]
  }))
}

function isSame (a: Address, b: Address): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
