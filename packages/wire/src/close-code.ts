import type { CloseCode } from '@skep/interface'
import { WireError } from './errors.ts'

/** The numbers of the reasons to disconnect (bzz-handshake §0). */
export const CLOSE_CODES: Readonly<Record<CloseCode, number>> = {
  REQUESTED: 0,
  NETWORK: 1,
  PROTOCOL: 2,
  USELESS: 3,
  TOO_MANY_PEERS: 4,
  ALREADY_CONNECTED: 5,
  INCOMPATIBLE: 6,
  INVALID_IDENTITY: 7,
  QUITTING: 8,
  UNEXPECTED_IDENTITY: 9,
  SELF: 10,
  TIMEOUT: 11,
  SUBPROTOCOL: 16
}

const NAMES = new Map(Object.entries(CLOSE_CODES).map(([name, code]) => [code, name as CloseCode]))

/** The reason that a remote gave as a number; one that nobody knows counts as `REQUESTED`. */
export function closeCodeFrom (code: number): CloseCode {
  return NAMES.get(code) ?? 'REQUESTED'
}

/** What to tell the remote when a sub-protocol ended with `error`: an unknown message is a breach, the rest is the sub-protocol's. */
export function closeCodeOf (error: unknown): CloseCode {
  if (error instanceof Error && 'code' in error && error.code === 'WIRE_INVALID_CODE') return 'PROTOCOL'
  if (error instanceof WireError && error.closeCode !== undefined) return error.closeCode
  return 'SUBPROTOCOL'
}
