import type { Curve } from '@skep/identity'

/**
 * secp256k1 as WebAssembly: the C library that Bitcoin and go-ethereum use. Some five times as
 * fast as plain JavaScript, and fast from the first signature on.
 *
 * Loaded when it is asked for, since reading and compiling it takes some 15 ms.
 */
export async function wasmCurve (): Promise<Curve> {
  const { pointFromScalar, recover, signRecoverable } = await import('tiny-secp256k1')
  return {
    publicKey (key) {
      const point = pointFromScalar(key, false)
      // There is one for every valid key.
      if (point === null) throw new RangeError('no private key')
      return point
    },
    sign (digest, key) {
      const { signature, recoveryId } = signRecoverable(digest, key)
      const out = new Uint8Array(signature.length + 1)
      out.set(signature)
      out[signature.length] = recoveryId
      return out
    },
    recover (digest, signature) {
      try {
        return recover(digest, signature.subarray(0, -1), signature.at(-1) as 0 | 1, false) ?? undefined
      } catch {
        // It throws for an r or s that is no number of the curve.
        return undefined
      }
    }
  }
}
