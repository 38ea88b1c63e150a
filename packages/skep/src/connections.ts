import type { Address, Clock, CloseCode, ProtocolId, Session } from '@skep/interface'
import { bzzSpec, closeCodeOf, handshake, type Handshake } from '@skep/bzz-handshake'
import { hiveSpec, type Hive } from '@skep/hive'
import { nativeSpec, streamSpec, type Streamer } from '@skep/streamer'
import { NodeError } from './errors.ts'
import { NodePeer } from './peer.ts'

/** The sub-protocols of a skep node, as it names them in its hello. */
export const capabilities: readonly ProtocolId[] = [bzzSpec, hiveSpec, streamSpec, nativeSpec].map(({ name, version }) => ({ name, version }))

/** What a connection needs of its node. */
export interface Host {
  readonly clock: Clock
  readonly hive: Hive<NodePeer>
  readonly streamer: Streamer
  /** What the node says of itself in the bzz handshake. */
  local (): { readonly overlay: Address, readonly underlay: string, readonly networkId: number, readonly light: boolean }
  /** Called when a peer was taken on and when it is gone. */
  onPeer (peer: NodePeer, connected: boolean): void
  log (line: string): void
}

/**
 * Leads one session from its handshake to its end: bzz, then hive and stream side by side.
 *
 * `joined` resolves when the peer was taken on and rejects when it was not; `ended` resolves,
 * and never rejects, when nothing of the session is left. The end of one sub-protocol ends all.
 */
export function converse (session: Session, host: Host, options: { readonly expected?: Address, readonly signal: AbortSignal }): { joined: Promise<NodePeer>, ended: Promise<void> } {
  const { signal } = options
  const joining = join(session, host, options)
  const joined = joining.then(({ peer }) => peer)
  const ended = joining.then(async ({ peer, again }) => {
    const shared = ({ name, version }: ProtocolId): boolean => session.protocols.some(p => p.name === name && p.version === version)
    const parts = [again, session.closed.then(() => undefined)]
    let code: CloseCode = 'QUITTING'
    try {
      if (shared(hiveSpec)) parts.push(host.hive.run(peer, session.open(hiveSpec)))
      if (shared(streamSpec)) {
        const native = shared(nativeSpec) ? { native: session.open(nativeSpec) } : {}
        parts.push(host.streamer.run(peer, { stream: session.open(streamSpec), ...native }, { signal }))
      }
      await Promise.race(parts)
    } catch (error) {
      code = 'SUBPROTOCOL'
      host.log(`drop ${peer.name}: ${message(error)}`)
    }
    host.hive.leave(peer)
    host.onPeer(peer, false)
    await session.close(code)
    await Promise.allSettled(parts)
  }, () => {})
  return { joined, ended }
}

async function join (session: Session, host: Host, { expected, signal }: { readonly expected?: Address, readonly signal: AbortSignal }): Promise<{ peer: NodePeer, again: Promise<void> }> {
  let shaken: Handshake
  try {
    shaken = await handshake(session.open(bzzSpec), host.local(), { initiator: session.initiator, clock: host.clock, signal, expected })
  } catch (error) {
    if (!session.initiator) host.hive.released(false)
    await session.close(closeCodeOf(error))
    throw error
  }
  const peer = new NodePeer(session, shaken.remote)
  const answer = host.hive.join(peer)
  if (!answer.accepted) {
    await session.close(answer.code)
    throw new NodeError('REFUSED', `${peer.name} is not taken on: ${answer.code}`)
  }
  host.onPeer(peer, true)
  return { peer, again: shaken.done }
}

function message (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
