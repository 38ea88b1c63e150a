import type { Address, Clock, Conn, Random } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import {
  overlayFromPublicKey, publicKeyFromNodeId, recover, SIGNATURE_SIZE, signedRecord, signedRecordFromWire, signedRecordToWire, verifyRecord,
  type Curve, type Identity, type IdentityError, type SignedRecord
} from '@skep/identity'
import { bool, bytes, defineProtocol, encode, fixed, Peer, struct, text, type ValueOf, type WireError } from '@skep/wire'
import { BzzError } from './errors.ts'
import { HANDSHAKE_TIMEOUT } from './handshake.ts'
import { asBzzError, isSame, watch } from './outcome.ts'

const NONCE_SIZE = 32
/** Eight underlays of 512 bytes, with room for the rest. */
const MAX_MESSAGE = 8_192

/** skep-id/1: each side shows its record, and then that it holds the key of its overlay address. */
export const idSpec = defineProtocol({
  name: 'skep-id',
  version: 1,
  maxMessageSize: MAX_MESSAGE,
  messages: {
    IntroduceMsg: struct({ Nonce: fixed(NONCE_SIZE), Record: signedRecord }),
    ProveMsg: struct({ Signature: fixed(SIGNATURE_SIZE) })
  }
})

export interface ProofOptions {
  readonly initiator: boolean
  readonly clock: Clock
  readonly random: Pick<Random, 'bytes'>
  readonly networkId: number
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for each of the two rounds. Defaults to {@link HANDSHAKE_TIMEOUT}. */
  readonly timeout?: number | undefined
  /** What only the two ends of this very session share. Without it somebody in the middle can pass the proof on. */
  readonly binding?: Uint8Array | undefined
  /** The overlay address that the peer must prove. */
  readonly expected?: Address | undefined
  /** What checks signatures. Defaults to `nobleCurve`. */
  readonly curve?: Pick<Curve, 'recover'> | undefined
}

/** A proof that was given and taken. */
export interface Proof {
  /** The peer's record: signed by the key that was proven, so it may be told to others. */
  readonly record: SignedRecord
  /** Resolves when the connection has ended, rejects if the remote said anything more. */
  readonly done: Promise<void>
  close (): Promise<void>
}

/** What a proof's signature covers: who says it, to whom, in which role, in which session, and when. */
const statement = struct({
  Domain: text(),
  IsDialler: bool,
  TheirNonce: fixed(NONCE_SIZE),
  OurNonce: fixed(NONCE_SIZE),
  OurRecord: signedRecord,
  TheirRecord: signedRecord,
  Binding: bytes()
})
const DOMAIN = 'skep id 1'

/**
 * Proves to the peer that this node holds the key of its overlay address, and has the peer
 * prove the same, on a `skep-id/1` connection.
 *
 * The signature covers the other's fresh nonce, both records (overlay, underlays, network,
 * time), the role, and the session's binding where there is one: it proves nothing on any
 * other connection. Without a binding somebody in the middle who carries every message
 * unchanged is not noticed.
 *
 * @throws BzzError - `NOT_PROVEN`, `UNEXPECTED_IDENTITY`, `SELF`, `BAD_MESSAGE`, `TIMEOUT`, `CLOSED`. An aborted `signal` rejects with its reason.
 */
export async function prove (conn: Conn, local: { readonly identity: Identity, readonly record: SignedRecord }, options: ProofOptions): Promise<Proof> {
  const { initiator, clock, random, networkId, signal, timeout = HANDSHAKE_TIMEOUT, binding = new Uint8Array(0), expected, curve } = options
  signal?.throwIfAborted()
  const peer = new Peer(conn, idSpec, { clock, initiator })
  const limits = { timeout, ...(signal !== undefined && { signal }) }
  const nonce = random.bytes(NONCE_SIZE)
  const ours = signedRecordToWire(local.record)
  try {
    let record: SignedRecord | undefined
    const introduction = await peer.handshake('IntroduceMsg', { Nonce: nonce, Record: ours }, theirs => {
      record = signedRecordFromWire(theirs.Record, { networkId, now: clock.wall() })
      if (isSame(record.overlay, local.record.overlay)) throw new BzzError('SELF', 'the peer has our own overlay address')
      if (expected !== undefined && !isSame(record.overlay, expected)) throw new BzzError('UNEXPECTED_IDENTITY', 'the peer shows another record than it should')
    }, limits)
    const theirs = record!
    // Both sides have the other's nonce now, so neither waits for the other's proof before it gives its own.
    const signature = local.identity.sign(digestOf({ IsDialler: initiator, TheirNonce: introduction.Nonce, OurNonce: nonce, OurRecord: ours, TheirRecord: introduction.Record, Binding: binding }))
    await peer.handshake('ProveMsg', { Signature: signature }, ({ Signature }) => {
      const digest = digestOf({ IsDialler: !initiator, TheirNonce: nonce, OurNonce: introduction.Nonce, OurRecord: introduction.Record, TheirRecord: ours, Binding: binding })
      if (!isSame(overlayFromPublicKey(publicKeyFromNodeId(recover(digest, Signature, curve))), theirs.overlay)) {
        throw new BzzError('NOT_PROVEN', 'the peer does not hold the key of its overlay address')
      }
      verifyRecord(theirs, curve)
    }, { ...limits, first: true })
    return { record: theirs, done: watch(peer), close: () => { peer.off(); return peer.closed } }
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    const code = ((error as WireError).cause as Partial<IdentityError> | undefined)?.code
    if (code === 'IDENTITY_BAD_SIGNATURE') throw new BzzError('NOT_PROVEN', 'a signature that is not the peer\'s', { cause: error })
    if (code === 'IDENTITY_BAD_RECORD') throw new BzzError('BAD_MESSAGE', 'a record that breaks the rules', { cause: error })
    throw asBzzError(error)
  }
}

function digestOf (content: Omit<ValueOf<typeof statement>, 'Domain'>): Uint8Array {
  return keccak256(encode(statement, { Domain: DOMAIN, ...content }))
}
