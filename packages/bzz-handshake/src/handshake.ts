import type { Address, Clock, Conn } from '@skep/interface'
import { recordFromBzzAddr, type IdentityError, type PeerRecord } from '@skep/identity'
import { Peer } from '@skep/wire'
import { BzzError } from './errors.ts'
import { BZZ_VERSION, bzzSpec, type HandshakeMsg } from './message.ts'
import { asBzzError, isSame, watch } from './outcome.ts'

/** The longest handshake message in bytes (limits.md). */
export const MAX_HANDSHAKE = 4_096
/** Milliseconds until a handshake is given up, as in the original (bzz-handshake §2). */
export const HANDSHAKE_TIMEOUT = 3_000

/** What a node says of itself. */
export interface LocalNode {
  readonly overlay: Address
  /** Where it can be dialled; empty if nowhere. */
  readonly underlay: string
  /** Only nodes of the same network meet; 3 is the original's default. */
  readonly networkId: number
  readonly light: boolean
}

/** What the remote says of itself; nothing of it is proven. */
export interface RemoteNode {
  /** 32 bytes. */
  readonly overlay: Address
  /** Empty if it cannot be dialled. */
  readonly underlay: string
  readonly light: boolean
}

export interface HandshakeOptions {
  /** Whether this side dialled: it speaks first. */
  readonly initiator: boolean
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Milliseconds. Defaults to {@link HANDSHAKE_TIMEOUT}. */
  readonly timeout?: number | undefined
  /** The overlay address that was dialled, if it was known. */
  readonly expected?: Address | undefined
}

/** A handshake that is done. */
export interface Handshake {
  readonly remote: RemoteNode
  /** Resolves when the connection has ended, rejects with `SECOND_HANDSHAKE` if the remote said anything more. Not to be awaited is fine. */
  readonly done: Promise<void>
  /** Ends bzz on this connection. */
  close (): Promise<void>
}

/**
 * Shakes hands on a `bzz/6` connection, byte for byte as v1.8.15 does: who dialled speaks first.
 *
 * A failed handshake aborts `conn`; {@link closeCodeOf} gives the reason to close the session with.
 *
 * @throws BzzError - see its codes. An aborted `signal` rejects with its reason.
 * @throws RangeError - if `local` breaks a limit.
 *
 * @example
 * ```ts
 * import { handshake } from '@skep/bzz-handshake'
 * import type { Clock, Conn } from '@skep/interface'
 *
 * async function greet (conn: Conn, clock: Clock): Promise<string> {
 *   const local = { overlay: new Uint8Array(32), underlay: 'tcp://127.0.0.1:4711', networkId: 3, light: false }
 *   const { remote } = await handshake(conn, local, { initiator: true, clock })
 *   return remote.underlay
 * }
 * ```
 */
export async function handshake (conn: Conn, local: LocalNode, options: HandshakeOptions): Promise<Handshake> {
  const { initiator, clock, signal, timeout = HANDSHAKE_TIMEOUT } = options
  const message = messageOf(local)
  signal?.throwIfAborted()
  const peer = new Peer(conn, { ...bzzSpec, maxMessageSize: MAX_HANDSHAKE }, { clock, initiator })
  let remote: RemoteNode | undefined
  try {
    await peer.handshake('HandshakeMsg', message, theirs => { remote = check(theirs, local, options.expected) }, { timeout, ...(signal !== undefined && { signal }) })
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    throw asBzzError(error)
  }
  return { remote: remote!, done: watch(peer), close: () => { peer.off(); return peer.closed } }
}

/**
 * Puts a node in the form of a HandshakeMsg.
 *
 * @throws RangeError - if the overlay address is not 32 bytes or the network id no safe integer.
 */
export function messageOf (local: LocalNode): HandshakeMsg {
  if (local.overlay.length !== 32) throw new RangeError(`an overlay address is 32 bytes, not ${local.overlay.length}`)
  if (!Number.isSafeInteger(local.networkId) || local.networkId < 0) throw new RangeError(`${local.networkId} is no network id`)
  return {
    Version: BigInt(BZZ_VERSION),
    NetworkID: BigInt(local.networkId),
    Addr: { OAddr: local.overlay, UAddr: new TextEncoder().encode(local.underlay) },
    LightNode: local.light
  }
}

/** The original's two checks in its order, then ours. */
function check (theirs: HandshakeMsg, local: LocalNode, expected: Address | undefined): RemoteNode {
  if (theirs.NetworkID !== BigInt(local.networkId)) throw new BzzError('NETWORK_ID', `network id mismatch ${theirs.NetworkID} (!= ${local.networkId})`)
  if (theirs.Version !== BigInt(BZZ_VERSION)) throw new BzzError('VERSION', `version mismatch ${theirs.Version} (!= ${BZZ_VERSION})`)
  const { overlay, underlays } = read(theirs)
  if (isSame(overlay, local.overlay)) throw new BzzError('SELF', 'the peer has our own overlay address')
  if (expected !== undefined && !isSame(overlay, expected)) throw new BzzError('UNEXPECTED_IDENTITY', 'somebody else answered than was dialled')
  return { overlay, underlay: underlays[0] ?? '', light: theirs.LightNode }
}

function read (theirs: HandshakeMsg): PeerRecord {
  try {
    return recordFromBzzAddr(theirs.Addr)
  } catch (cause) {
    throw new BzzError('BAD_MESSAGE', (cause as IdentityError).message, { cause })
  }
}
