import type { Address, CloseCode, Conn, ProtocolId, Session } from '@skep/interface'
import { type Bzz, bzzSpec, closeCodeOf, idSpec } from '@skep/bzz-handshake'
import { type Hive, hiveSpec, nativeHiveSpec } from '@skep/hive'
import { nativeSpec, streamSpec, type Streamer } from '@skep/streamer'
import { NodeError } from './errors.ts'
import { NodePeer } from './peer.ts'
import { schemeOf } from './reach.ts'
import type { Hello } from './types.ts'

/** The sub-protocols of a skep node, each with how many message codes it has. */
export const capabilities: Hello['capabilities'] = [bzzSpec, idSpec, hiveSpec, nativeHiveSpec, streamSpec, nativeSpec]
  .map(({ name, version, names }) => ({ name, version, length: names.length }))

/** What a connection needs of its node. */
export interface Host {
  readonly bzz: Bzz
  readonly hive: Hive<NodePeer>
  readonly streamer: Streamer
  /** A number that no other connection has. */
  nextSerial (): number
  /** Called when a peer was taken on and when it is gone. */
  onPeer (peer: NodePeer, connected: boolean): void
  log (line: string): void
}

export interface SessionOptions {
  /** The scheme of the session's transport: the peer understands underlays of this one at least. */
  readonly scheme: string
  /** The overlay address that was dialled, if it was known. */
  readonly expected?: Address
  readonly signal: AbortSignal
}

/**
 * Leads one session from its handshake to its end: bzz, then hive and stream side by side.
 *
 * `joined` resolves when the peer was taken on and rejects when it was not; `ended` resolves,
 * and never rejects, when nothing of the session is left. The end of one sub-protocol ends all.
 */
export function converse (session: Session, host: Host, options: SessionOptions): { joined: Promise<NodePeer>, ended: Promise<void> } {
  const joined = join(session, host, options)
  return { joined, ended: joined.then(async peer => await talk(session, peer, host, options.signal), () => {}) }
}

async function join (session: Session, host: Host, { scheme, expected, signal }: SessionOptions): Promise<NodePeer> {
  let peer: NodePeer
  try {
    const fits = (underlay: string): boolean => schemeOf(underlay) === scheme
    peer = new NodePeer(await host.bzz.introduce(session, { expected, fits, signal }), host.nextSerial(), { native: isShared(session, nativeSpec), scheme })
  } catch (error) {
    if (!session.initiator) host.hive.released(false)
    await session.close(closeCodeOf(error))
    throw error
  }
  const answer = host.hive.join(peer)
  if (!answer.accepted) {
    await session.close(answer.code)
    throw new NodeError('REFUSED', `${peer.name} is not taken on: ${answer.code}`)
  }
  host.onPeer(peer, true)
  return peer
}

/** Everything after the handshake; never rejects. */
async function talk (session: Session, peer: NodePeer, host: Host, signal: AbortSignal): Promise<void> {
  const open = (protocol: ProtocolId): Conn | undefined => isShared(session, protocol) ? session.open(protocol) : undefined
  const parts: Array<Promise<unknown>> = [peer.done, session.closed]
  let code: CloseCode = 'QUITTING'
  try {
    const [hive, nativeHive, stream, native] = [open(hiveSpec), open(nativeHiveSpec), open(streamSpec), open(nativeSpec)]
    if (hive !== undefined) parts.push(host.hive.run(peer, hive, { native: nativeHive }))
    if (stream !== undefined) parts.push(host.streamer.run(peer, { stream, ...(native !== undefined && { native }) }, { signal }))
    await Promise.race(parts)
  } catch (error) {
    // A node that stops drops nobody.
    if (!signal.aborted) {
      code = 'SUBPROTOCOL'
      host.log(`drop ${peer.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  host.hive.leave(peer)
  host.onPeer(peer, false)
  await session.close(code)
  await Promise.allSettled(parts)
}

function isShared (session: Session, { name, version }: ProtocolId): boolean {
  return session.protocols.some(protocol => protocol.name === name && protocol.version === version)
}
