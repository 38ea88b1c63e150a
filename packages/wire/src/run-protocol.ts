import type { Session } from '@skep/interface'
import { closeCodeOf } from './close-code.ts'
import { WireError } from './errors.ts'
import { Peer, type PeerOptions } from './peer.ts'
import type { ProtocolSpec } from './protocol.ts'

/**
 * Runs a sub-protocol of one's own on a session, once `ready` resolves: the promise of a
 * handshake, for example.
 *
 * As in devp2p the end of any one sub-protocol ends the session: `QUITTING` when `run`
 * returned, `SUBPROTOCOL` when it threw, `PROTOCOL` after a message code that the
 * protocol does not have.
 *
 * @throws RangeError - if the sub-protocol is not shared or was opened before.
 * @throws WireError - `WIRE_CLOSED` if the session ended before `ready`; and whatever `ready` and `run` reject with.
 *
 * @example
 * ```ts
 * import type { Session } from '@skep/interface'
 * import { defineProtocol, runProtocol, struct, text } from '@skep/wire'
 *
 * const chat = defineProtocol({ name: 'chat', version: 1, maxMessageSize: 1024, messages: { Say: struct({ Text: text() }) } })
 *
 * export async function talk (session: Session, ready: Promise<unknown>): Promise<void> {
 *   await runProtocol(session, chat, ready, async peer => {
 *     await peer.send('Say', { Text: 'hello' })
 *     await peer.run({ Say: ({ Text }) => console.log(Text) })
 *   })
 * }
 * ```
 */
export async function runProtocol<S extends ProtocolSpec<any>> (
  session: Session,
  spec: S,
  ready: Promise<unknown>,
  run: (peer: Peer<S>) => Promise<void>,
  options: Omit<PeerOptions, 'id' | 'initiator'> = {}
): Promise<void> {
  const conn = session.open(spec)
  try {
    const over = session.closed.then(closeCode => {
      throw new WireError('WIRE_CLOSED', `the session ended: ${closeCode}`, { closeCode })
    })
    over.catch(() => {})
    await Promise.race([ready, over])
    const peer = new Peer(conn, spec, { ...options, id: session.remote.id, initiator: session.initiator })
    await run(peer)
    peer.off()
    await peer.closed
    await session.close('QUITTING')
  } catch (error) {
    await session.close(closeCodeOf(error))
    throw error
  }
}
