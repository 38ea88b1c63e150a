import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Address, Random } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import { nobleCurve, type Curve } from './curve.ts'
import { IdentityError } from './errors.ts'
import { overlayFromPublicKey } from './overlay.ts'

/** Length of a private key in bytes. */
export const KEY_SIZE = 32
/** Length of a node id in bytes: an uncompressed public key without its prefix byte. */
export const NODE_ID_SIZE = 64
/** Length of a recoverable signature in bytes: r, s, and the recovery id. */
export const SIGNATURE_SIZE = 65
/** Length of what is signed in bytes. */
const DIGEST_SIZE = 32
/** Half of the order of the curve, rounded down (SEC 2, 2.4.1): the largest s that is taken. */
const HALF_ORDER = Uint8Array.from([
  0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
  0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0
])
/** Marks an uncompressed point (SEC 1, 2.3.3). */
const UNCOMPRESSED = 0x04

/** What a private key makes of a node. */
export interface Identity {
  /** The public key without its prefix byte, 64 bytes: what devp2p calls the node id. */
  readonly nodeId: Uint8Array
  /** The uncompressed public key, 65 bytes. */
  readonly publicKey: Uint8Array
  /** Keccak-256 of the 65-byte public key, as the swarm command of v1.8.15 derives it (bzz-handshake §3). */
  readonly overlay: Address
  /** The Ethereum address, 20 bytes. */
  readonly ethereum: Uint8Array
  /**
   * Signs a digest of 32 bytes, deterministically (RFC 6979).
   *
   * @returns r ‖ s ‖ v, 65 bytes, s in the lower half, v 0 or 1.
   * @throws RangeError - if the digest is not 32 bytes.
   */
  sign (digest: Uint8Array): Uint8Array
}

/** Makes a private key, 32 bytes. */
export function generateKey (random: Pick<Random, 'bytes'>): Uint8Array {
  while (true) {
    const key = random.bytes(KEY_SIZE)
    if (secp256k1.utils.isValidSecretKey(key)) return key
  }
}

/**
 * Derives everything public from a private key. The key is copied.
 *
 * @param curve - what derives and signs. Defaults to {@link nobleCurve}.
 * @throws RangeError - if the key is not 32 bytes, zero, or not below the order of the curve.
 *
 * @example
 * ```ts
 * import { generateKey, identity } from '@skep/identity'
 *
 * const random = { bytes: (n: number) => crypto.getRandomValues(new Uint8Array(n)) }
 * const { overlay } = identity(generateKey(random))
 * ```
 */
export function identity (privateKey: Uint8Array, curve: Pick<Curve, 'publicKey' | 'sign'> = nobleCurve): Identity {
  if (privateKey.length !== KEY_SIZE || !secp256k1.utils.isValidSecretKey(privateKey)) {
    throw new RangeError('a private key is 32 bytes, above zero and below the order of the curve')
  }
  const key = Uint8Array.from(privateKey)
  const publicKey = curve.publicKey(key)
  const nodeId = publicKey.slice(1)
  return {
    nodeId,
    publicKey,
    overlay: overlayFromPublicKey(publicKey),
    ethereum: keccak256(nodeId).slice(12),
    sign: digest => curve.sign(checked(digest), key)
  }
}

function checked (digest: Uint8Array): Uint8Array {
  if (digest.length !== DIGEST_SIZE) throw new RangeError(`a digest is ${DIGEST_SIZE} bytes, not ${digest.length}`)
  return digest
}

/**
 * Finds whose signature this is.
 *
 * Any well-formed signature belongs to somebody: compare the answer with whom you expect.
 * Of the two signatures that anyone can make from one only that with the low s is taken, which
 * signers make anyway: a record, say, has one form.
 *
 * @param curve - what recovers. Defaults to {@link nobleCurve}.
 * @returns the node id, 64 bytes.
 * @throws IdentityError - `IDENTITY_BAD_SIGNATURE`, if no key fits.
 * @throws RangeError - if the digest is not 32 bytes.
 */
export function recover (digest: Uint8Array, signature: Uint8Array, curve: Pick<Curve, 'recover'> = nobleCurve): Uint8Array {
  checked(digest)
  if (signature.length !== SIGNATURE_SIZE) {
    throw new IdentityError('IDENTITY_BAD_SIGNATURE', `a signature is ${SIGNATURE_SIZE} bytes, not ${signature.length}`)
  }
  if (signature[SIGNATURE_SIZE - 1]! > 1) throw new IdentityError('IDENTITY_BAD_SIGNATURE', `a recovery id of ${signature[SIGNATURE_SIZE - 1]}`)
  if (isHigh(signature.subarray(32, 64))) throw new IdentityError('IDENTITY_BAD_SIGNATURE', 's in the upper half')
  const publicKey = curve.recover(digest, signature)
  if (publicKey === undefined) throw new IdentityError('IDENTITY_BAD_SIGNATURE', 'no public key fits the signature')
  return publicKey.slice(1)
}

function isHigh (s: Uint8Array): boolean {
  const at = s.findIndex((byte, i) => byte !== HALF_ORDER[i])
  return at >= 0 && s[at]! > HALF_ORDER[at]!
}

/** Puts the prefix byte back before a node id. @throws RangeError - if it is not 64 bytes. */
export function publicKeyFromNodeId (nodeId: Uint8Array): Uint8Array {
  if (nodeId.length !== NODE_ID_SIZE) throw new RangeError(`a node id is ${NODE_ID_SIZE} bytes, not ${nodeId.length}`)
  const out = new Uint8Array(NODE_ID_SIZE + 1)
  out[0] = UNCOMPRESSED
  out.set(nodeId, 1)
  return out
}
