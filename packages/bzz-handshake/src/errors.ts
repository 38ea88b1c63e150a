import type { CloseCode } from '@skep/interface'

/** Every way a handshake can fail. Codes are API; messages are not. */
export type BzzErrorCode =
  /** The peer is of another network. Do not dial it again. */
  | 'NETWORK_ID'
  /** The peer speaks another version of bzz. Do not dial it again. */
  | 'VERSION'
  /** The peer did not shake hands in time. It may do so later. */
  | 'TIMEOUT'
  /** What came was no handshake, or one that breaks a limit. Disconnect. */
  | 'BAD_MESSAGE'
  /** The peer sent something after its handshake. Disconnect. */
  | 'SECOND_HANDSHAKE'
  /** The connection went away first. */
  | 'CLOSED'
  /** The peer is this node itself. */
  | 'SELF'
  /** Somebody else answered than was dialled. */
  | 'UNEXPECTED_IDENTITY'
  /** The peer could not show that it holds the key of its overlay address. Disconnect. */
  | 'NOT_PROVEN'
  /** The peer cannot prove who it is, and what it claims does not fit what is known; `message` says how. Disconnect. */
  | 'NOT_TRUSTED'

/** What a handshake rejects with for everything that is not the caller's mistake. */
export class BzzError extends Error {
  override readonly name = 'BzzError'
  readonly code: BzzErrorCode

  constructor (code: BzzErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const CLOSE_CODES: Readonly<Record<BzzErrorCode, CloseCode>> = {
  NETWORK_ID: 'USELESS',
  VERSION: 'INCOMPATIBLE',
  TIMEOUT: 'TIMEOUT',
  BAD_MESSAGE: 'PROTOCOL',
  SECOND_HANDSHAKE: 'PROTOCOL',
  CLOSED: 'NETWORK',
  SELF: 'SELF',
  UNEXPECTED_IDENTITY: 'UNEXPECTED_IDENTITY',
  NOT_PROVEN: 'INVALID_IDENTITY',
  NOT_TRUSTED: 'INVALID_IDENTITY'
}

/** The reason to give a peer when its session is closed after `error`. */
export function closeCodeOf (error: unknown): CloseCode {
  const code = (error as Partial<BzzError> | undefined)?.code
  return code !== undefined && Object.hasOwn(CLOSE_CODES, code) ? CLOSE_CODES[code] : 'SUBPROTOCOL'
}
