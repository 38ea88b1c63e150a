import { secp256k1 } from '@noble/curves/secp256k1.js'

/**
 * The operations on secp256k1 that every start of a node and every meeting of two nodes costs.
 *
 * Lengths, the recovery id and the half in which s lies are checked before; all
 * implementations give the same bytes for the same input.
 */
export interface Curve {
  /**
   * @param key - a valid private key, 32 bytes.
   * @returns the uncompressed public key, 65 bytes.
   */
  publicKey (key: Uint8Array): Uint8Array
  /**
   * Signs deterministically (RFC 6979, without further entropy).
   *
   * @param digest - 32 bytes.
   * @param key - a valid private key, 32 bytes.
   * @returns r ‖ s ‖ v, 65 bytes, s in the lower half, v the recovery id.
   */
  sign (digest: Uint8Array, key: Uint8Array): Uint8Array
  /**
   * @param digest - 32 bytes.
   * @param signature - r ‖ s ‖ v, 65 bytes, s in the lower half, v 0 or 1; r and s may be no numbers of the curve.
   * @returns the uncompressed public key, 65 bytes; `undefined` if there is none.
   */
  recover (digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined
}

/** The curve in plain JavaScript: runs everywhere, at a fifth of the speed of WebAssembly. */
export const nobleCurve: Curve = {
  publicKey: key => secp256k1.getPublicKey(key, false),
  sign: (digest, key) => recoveryIdLast(secp256k1.sign(digest, key, { prehash: false, format: 'recovered' })),
  recover (digest, signature) {
    try {
      return secp256k1.Signature.fromBytes(recoveryIdFirst(signature), 'recovered').recoverPublicKey(Uint8Array.from(digest)).toBytes(false)
    } catch {
      return undefined
    }
  }
}

// The library puts the recovery id first, Ethereum last.

function recoveryIdLast (recovered: Uint8Array): Uint8Array {
  const out = new Uint8Array(recovered.length)
  out.set(recovered.subarray(1))
  out[recovered.length - 1] = recovered[0]!
  return out
}

function recoveryIdFirst (signature: Uint8Array): Uint8Array {
  const out = new Uint8Array(signature.length)
  out[0] = signature[signature.length - 1]!
  out.set(signature.subarray(0, signature.length - 1), 1)
  return out
}
