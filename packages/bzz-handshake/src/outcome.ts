import type { Address } from '@skep/interface'
import type { Handlers, Peer, ProtocolSpec, WireError } from '@skep/wire'
import { BzzError } from './errors.ts'

/** What wire says of a peer that sent something that is no message of the protocol. */
const MALFORMED: ReadonlySet<string> = new Set(['WIRE_DECODE', 'WIRE_INVALID_CODE', 'WIRE_MESSAGE_TOO_LONG', 'WIRE_NO_HANDLER', 'WIRE_REFUSED'])

/** What a failed handshake of wire's comes to. */
export function asBzzError (error: unknown): unknown {
  const cause = (error as WireError).cause
  if (cause instanceof BzzError) return cause
  const code = (cause as Partial<WireError> | undefined)?.code
  if (code === 'WIRE_TIMEOUT') return new BzzError('TIMEOUT', 'no handshake in time', { cause: error })
  if (code !== undefined && MALFORMED.has(code)) return new BzzError('BAD_MESSAGE', 'not a handshake', { cause: error })
  return new BzzError('CLOSED', 'the connection ended before the handshake', { cause: error })
}

/**
 * Holds a connection on which everything has been said: resolves when it ends, rejects with
 * `SECOND_HANDSHAKE` when something more comes.
 */
export function watch (peer: Peer<ProtocolSpec<any>>): Promise<void> {
  // Without a handler each message is refused, whatever it is.
  const done = peer.run({} as Handlers<ProtocolSpec<any>>).catch((error: WireError) => {
    if (MALFORMED.has(error.code)) throw new BzzError('SECOND_HANDSHAKE', 'received multiple handshakes', { cause: error })
  })
  // Whoever does not wait for it learns of the end from the session.
  done.catch(() => {})
  return done
}

export function isSame (a: Address, b: Address): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
