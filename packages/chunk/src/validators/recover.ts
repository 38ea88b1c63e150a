import { secp256k1 } from '@noble/curves/secp256k1.js'

/**
 * Finds who signed a digest, by `@noble/curves`.
 *
 * NOTE: of the two signatures that anyone can make from one, only that with the low s
 * is taken. Signers make it anyway, and so nobody else can make a second chunk for an
 * address.
 *
 * @returns the public key without prefix, 64 bytes, or `undefined` if there is none.
 */
export function recoverSigner (digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  if (digest.length !== 32 || signature.length !== 65 || signature[64]! > 3) return undefined
  const recovered = new Uint8Array(65)
  recovered[0] = signature[64]!
  recovered.set(signature.subarray(0, 64), 1)
  try {
    const parsed = secp256k1.Signature.fromBytes(recovered, 'recovered')
    return parsed.hasHighS() ? undefined : parsed.recoverPublicKey(digest).toBytes(false).slice(1)
  } catch {
    return undefined
  }
}
