import { createCipheriv, createDecipheriv, createECDH, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { RlpxError } from './errors.ts'

/** What ECIES adds to a plaintext, in bytes: ephemeral public key, IV, MAC (bzz-handshake §0, ECIES). */
export const ECIES_OVERHEAD = 65 + 16 + 32

/** The x-coordinate that a private key (32 bytes) and a public key (65 bytes) share. @throws RlpxError - if the point is not on the curve. */
export function sharedSecret (privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const ecdh = createECDH('secp256k1')
  ecdh.setPrivateKey(privateKey)
  try {
    return ecdh.computeSecret(publicKey)
  } catch (cause) {
    throw new RlpxError('RLPX_HANDSHAKE', 'a public key that is no point of the curve', 'INVALID_IDENTITY', { cause })
  }
}

/** The uncompressed public key (65 bytes) of a private key. */
export function publicKeyOf (privateKey: Uint8Array): Uint8Array {
  const ecdh = createECDH('secp256k1')
  ecdh.setPrivateKey(privateKey)
  return ecdh.getPublicKey()
}

/**
 * Encrypts to a public key.
 *
 * @param fresh - an ephemeral private key and an IV of 16 bytes, never used before.
 * @param authenticated - bytes that the MAC covers beside the ciphertext.
 */
export function eciesEncrypt (publicKey: Uint8Array, plaintext: Uint8Array, fresh: { readonly key: Uint8Array, readonly iv: Uint8Array }, authenticated: Uint8Array): Uint8Array {
  const { encryptionKey, macKey } = derive(sharedSecret(fresh.key, publicKey))
  const cipher = createCipheriv('aes-128-ctr', encryptionKey, fresh.iv)
  const body = Buffer.concat([fresh.iv, cipher.update(plaintext)])
  return Buffer.concat([publicKeyOf(fresh.key), body, mac(macKey, body, authenticated)])
}

/** Decrypts what was encrypted to our key. @throws RlpxError - `RLPX_HANDSHAKE`, if it was not. */
export function eciesDecrypt (privateKey: Uint8Array, packet: Uint8Array, authenticated: Uint8Array): Uint8Array {
  if (packet.length < ECIES_OVERHEAD || packet[0] !== 4) throw new RlpxError('RLPX_HANDSHAKE', 'not an encrypted packet')
  const { encryptionKey, macKey } = derive(sharedSecret(privateKey, packet.subarray(0, 65)))
  const body = packet.subarray(65, packet.length - 32)
  if (!timingSafeEqual(mac(macKey, body, authenticated), packet.subarray(packet.length - 32))) {
    throw new RlpxError('RLPX_HANDSHAKE', 'a packet that was not encrypted to this node')
  }
  return createDecipheriv('aes-128-ctr', encryptionKey, body.subarray(0, 16)).update(body.subarray(16))
}

/** NIST SP 800-56 concatenation with SHA-256; one round gives the 32 bytes that are needed. */
function derive (secret: Uint8Array): { encryptionKey: Uint8Array, macKey: Uint8Array } {
  const out = createHash('sha256').update(Uint8Array.of(0, 0, 0, 1)).update(secret).digest()
  return { encryptionKey: out.subarray(0, 16), macKey: createHash('sha256').update(out.subarray(16)).digest() }
}

function mac (key: Uint8Array, body: Uint8Array, authenticated: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(body).update(authenticated).digest()
}
