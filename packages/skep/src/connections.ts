import type { Address, CloseCode, Conn, ProtocolId, Session } from '@skep/interface'
import { type Bzz, type BzzPeer, closeCodeOf } from '@skep/bzz-handshake'
import { type Hive, hiveSpec, nativeHiveSpec } from '@skep/hive'
import { toHex } from '@skep/pot'
import { nativeSpec, streamSpec, type Streamer } from '@skep/streamer'
import { NodeError } from './errors.ts'

/** The sub-protocols of a skep node beside those of its handshake. */
export const capabilities: readonly ProtocolId[] = [hiveSpec, nativeHiveSpec, streamSpec, nativeSpec].map(({ name, version }) => ({ name, version }))

/** What a connection needs of its node. */
export interface Host {
  readonly bzz: Bzz
  readonly hive: Hive<BzzPeer>
  readonly streamer: Streamer
  /** Called when a peer was taken on and when it is gone. */
  onPeer (peer: BzzPeer, connected: boolean): void
  log (line: string): void
}

/**
 * Leads one session from its handshake to its end: bzz, then hive and stream side by side.
 *
 * `joined` resolves when the peer was taken on and rejects when it was not; `ended` resolves,
 * and never rejects, when nothing of the session is left. The end of one sub-protocol ends all.
 */
export function converse (session: Session, host: Host, options: { readonly expected?: Address, readonly signal: AbortSignal }): { joined: Promise<BzzPeer>, ended: Promise<void> } {
  const joined = join(session, host, options)
  return { joined, ended: joined.then(async peer => await talk(session, peer, host, options.signal), () => {}) }
}

async function join (session: Session, host: Host, { expected, signal }: { readonly expected?: Address, readonly signal: AbortSignal }): Promise<BzzPeer> {
  let peer: BzzPeer
  try {
    peer = await host.bzz.introduce(session, { expected, signal })
  } catch (error) {
    if (!session.initiator) host.hive.released(false)
    await session.close(closeCodeOf(error))
    throw error
  }
  const answer = host.hive.join(peer)
  if (!answer.accepted) {
    await session.close(answer.code)
    throw new NodeError('REFUSED', `${shortName(peer)} is not taken on: ${answer.code}`)
  }
  host.onPeer(peer, true)
  return peer
}

/** Everything after the handshake; never rejects. */
async function talk (session: Session, peer: BzzPeer, host: Host, signal: AbortSignal): Promise<void> {
  const open = ({ name, version }: ProtocolId): Conn | undefined => {
    const shared = session.protocols.find(protocol => protocol.name === name && protocol.version === version)
    return shared === undefined ? undefined : peer.watch(session.open(shared))
  }
  const parts: Array<Promise<unknown>> = [peer.done, session.closed]
  let code: CloseCode = 'QUITTING'
  try {
    const [hive, nativeHive, stream, native] = [open(hiveSpec), open(nativeHiveSpec), open(streamSpec), open(nativeSpec)]
    if (hive !== undefined) parts.push(host.hive.run(peer, hive, { native: nativeHive }))
    if (stream !== undefined) parts.push(host.streamer.run(peer, { stream, ...(native !== undefined && { native }) }, { signal }))
    await Promise.race(parts)
  } catch (error) {
    code = 'SUBPROTOCOL'
    host.log(`drop ${shortName(peer)}: ${error instanceof Error ? error.message : String(error)}`)
  }
  host.hive.leave(peer)
  host.onPeer(peer, false)
  await session.close(code)
  await Promise.allSettled(parts)
}

/** The first four bytes of a peer's overlay address as hex, for logs. */
export function shortName (peer: { readonly overlay: Address }): string {
  return toHex(peer.overlay.subarray(0, 4))
}
