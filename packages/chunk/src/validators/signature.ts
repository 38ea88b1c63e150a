import { keccak256 } from '@skep/keccak'

/**
 * Finds who signed a digest of 32 bytes.
 *
 * The signature is 65 bytes: r, s, and the recovery id 0 to 3. The answer is the public
 * key without a prefix, 64 bytes; `undefined` or an exception if there is none.
 */
export type Recover = (digest: Uint8Array, signature: Uint8Array) => Uint8Array | undefined

/** Signs a digest of 32 bytes: r, s, and the recovery id 0 to 3. */
export type Sign = (digest: Uint8Array) => Uint8Array

/** Bytes of a signature. */
export const SIGNATURE = 65

/** Bytes of an owner: an Ethereum address. */
export const OWNER = 20

/** Gives the Ethereum address of a signer, or `undefined` if the signature has none. */
export function ownerOf (recover: Recover, digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  try {
    const key = recover(digest, signature)
    return key === undefined ? undefined : keccak256(key).slice(-OWNER)
  } catch {
    return undefined
  }
}
