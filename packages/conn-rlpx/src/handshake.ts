import { identity, recover } from '@skep/identity'
import { Keccak256, keccak256 } from '@skep/keccak'
import { encode, fixed, RlpReader, struct, u8 } from '@skep/wire'
import { ECIES_OVERHEAD, eciesDecrypt, eciesEncrypt, publicKeyOf, sharedSecret } from './ecies.ts'
import { RlpxError } from './errors.ts'

/** Length of the pre-EIP-8 auth packet in bytes: signature, hash, key, nonce and a flag. */
export const PLAIN_AUTH = 65 + 32 + 64 + 32 + 1 + ECIES_OVERHEAD
/** Length of the pre-EIP-8 ack packet in bytes: key, nonce and a flag. */
export const PLAIN_ACK = 64 + 32 + 1 + ECIES_OVERHEAD
/** The version of the handshake. A remote may say any. */
const VERSION = 4

const authBody = struct({ signature: fixed(65), publicKey: fixed(64), nonce: fixed(32), version: u8 })
const ackBody = struct({ publicKey: fixed(64), nonce: fixed(32), version: u8 })

/** Key material of one side for one handshake, all of it fresh but `key`. */
export interface Fresh {
  /** The node's private key. */
  readonly key: Uint8Array
  /** An ephemeral private key, from which the session's secrets come. */
  readonly ephemeral: Uint8Array
  /** 32 bytes. */
  readonly nonce: Uint8Array
  /** Another private key and an IV for the packet's own encryption. */
  readonly ecies: { readonly key: Uint8Array, readonly iv: Uint8Array }
  /** Zero bytes behind the packet, 100 to 299: no two packets need to have one length. */
  readonly padding: number
}

export interface Auth {
  /** The initiator's node id, proven by the packet's signature together with the secrets. */
  readonly remoteId: Uint8Array
  readonly remoteEphemeral: Uint8Array
  readonly nonce: Uint8Array
  /** Whether it had the pre-EIP-8 form, which wants an answer of the same kind. */
  readonly isPlain: boolean
}

export interface Ack {
  readonly remoteEphemeral: Uint8Array
  readonly nonce: Uint8Array
}

/** The secrets of a session. The two sponges belong to the frames from then on. */
export interface Secrets {
  readonly aes: Uint8Array
  readonly mac: Uint8Array
  readonly egress: Keccak256
  readonly ingress: Keccak256
}

/** Makes the initiator's packet, in the form of EIP-8. */
export function makeAuth (fresh: Fresh, remoteId: Uint8Array): Uint8Array {
  const remote = withPrefix(remoteId)
  const own = identity(fresh.key)
  const signature = identity(fresh.ephemeral).sign(xor(sharedSecret(fresh.key, remote), fresh.nonce))
  return seal(remote, encode(authBody, { signature, publicKey: own.nodeId, nonce: fresh.nonce, version: VERSION }), fresh)
}

/** Reads the initiator's packet. @throws RlpxError - `RLPX_HANDSHAKE`. */
export function readAuth (key: Uint8Array, packet: Uint8Array): Auth {
  const isPlain = packet.length === PLAIN_AUTH && packet[0] === 4
  let signature: Uint8Array, remoteId: Uint8Array, nonce: Uint8Array
  if (isPlain) {
    const body = eciesDecrypt(key, packet, new Uint8Array(0))
    signature = body.subarray(0, 65)
    remoteId = body.subarray(97, 161)
    nonce = body.subarray(161, 193)
  } else {
    [signature, remoteId, nonce] = open(key, packet, [65, 64, 32]) as [Uint8Array, Uint8Array, Uint8Array]
  }
  const token = sharedSecret(key, withPrefix(remoteId))
  try {
    return { remoteId: Uint8Array.from(remoteId), remoteEphemeral: withPrefix(recover(xor(token, nonce), signature)), nonce, isPlain }
  } catch (cause) {
    throw new RlpxError('RLPX_HANDSHAKE', 'an auth packet with a bad signature', 'INVALID_IDENTITY', { cause })
  }
}

/** Makes the responder's packet, in the form that the auth had. */
export function makeAck (fresh: Fresh, auth: Auth): Uint8Array {
  const remote = withPrefix(auth.remoteId)
  const publicKey = publicKeyOf(fresh.ephemeral).subarray(1)
  if (auth.isPlain) return eciesEncrypt(remote, Buffer.concat([publicKey, fresh.nonce, Uint8Array.of(0)]), fresh.ecies, new Uint8Array(0))
  return seal(remote, encode(ackBody, { publicKey, nonce: fresh.nonce, version: VERSION }), fresh)
}

/** Reads the responder's packet. @throws RlpxError - `RLPX_HANDSHAKE`. */
export function readAck (key: Uint8Array, packet: Uint8Array): Ack {
  if (packet.length === PLAIN_ACK && packet[0] === 4) {
    const body = eciesDecrypt(key, packet, new Uint8Array(0))
    return { remoteEphemeral: withPrefix(body.subarray(0, 64)), nonce: body.subarray(64, 96) }
  }
  const [publicKey, nonce] = open(key, packet, [64, 32]) as [Uint8Array, Uint8Array]
  return { remoteEphemeral: withPrefix(publicKey), nonce }
}

/** Derives a session's secrets from both packets as they went over the wire. */
export function deriveSecrets (
  initiator: boolean,
  own: { readonly ephemeral: Uint8Array, readonly nonce: Uint8Array },
  remote: { readonly remoteEphemeral: Uint8Array, readonly nonce: Uint8Array },
  packets: { readonly auth: Uint8Array, readonly ack: Uint8Array }
): Secrets {
  const agreed = sharedSecret(own.ephemeral, remote.remoteEphemeral)
  const [initNonce, respNonce] = initiator ? [own.nonce, remote.nonce] : [remote.nonce, own.nonce]
  const shared = keccak256(agreed, keccak256(respNonce, initNonce))
  const aes = keccak256(agreed, shared)
  const mac = keccak256(agreed, aes)
  const fromInitiator = new Keccak256().update(xor(mac, respNonce)).update(packets.auth)
  const fromResponder = new Keccak256().update(xor(mac, initNonce)).update(packets.ack)
  return initiator
    ? { aes, mac, egress: fromInitiator, ingress: fromResponder }
    : { aes, mac, egress: fromResponder, ingress: fromInitiator }
}

/** EIP-8: the length of the encrypted part stands before it, and is covered by its MAC. */
function seal (remote: Uint8Array, body: Uint8Array, { ecies, padding }: Fresh): Uint8Array {
  const plaintext = new Uint8Array(body.length + padding)
  plaintext.set(body)
  const size = plaintext.length + ECIES_OVERHEAD
  const prefix = Uint8Array.of(size >>> 8, size)
  return Buffer.concat([prefix, eciesEncrypt(remote, plaintext, ecies, prefix)])
}

/** Opens an EIP-8 packet and gives the first elements of its list; more may follow, and anything behind the list. */
function open (key: Uint8Array, packet: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const body = eciesDecrypt(key, packet.subarray(2), packet.subarray(0, 2))
  try {
    const reader = new RlpReader(body)
    reader.enter()
    return sizes.map(size => {
      const element = reader.string()
      if (element.length !== size) throw new RangeError(`${element.length} bytes where ${size} belong`)
      return element
    })
  } catch (cause) {
    throw new RlpxError('RLPX_HANDSHAKE', 'a packet of the handshake that does not decode', 'PROTOCOL', { cause })
  }
}

function withPrefix (nodeId: Uint8Array): Uint8Array {
  const out = new Uint8Array(65)
  out[0] = 4
  out.set(nodeId, 1)
  return out
}

function xor (a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]!)
}
