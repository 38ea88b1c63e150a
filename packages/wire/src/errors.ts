import type { CloseCode } from '@skep/interface'

/** Every way wire can refuse. Codes are API; messages are not. The first eight are the original's (bzz-handshake §1). */
export type WireErrorCode =
  /** A message is longer than its protocol or its conn allows. From the remote: disconnect. */
  | 'WIRE_MESSAGE_TOO_LONG'
  /** Bytes that are not what the protocol says. Disconnect. */
  | 'WIRE_DECODE'
  /** The conn did not take a message. It is gone, or about to be. */
  | 'WIRE_WRITE'
  /** The remote used a message code that the protocol does not have. Disconnect. */
  | 'WIRE_INVALID_CODE'
  /** The caller named a message that the protocol does not have. Nothing was sent. */
  | 'WIRE_INVALID_TYPE'
  /** The handshake failed; `cause` says how. */
  | 'WIRE_HANDSHAKE'
  /** A message arrived that nobody here handles. Disconnect. */
  | 'WIRE_NO_HANDLER'
  /** The handler of a message threw; `cause` is what it threw. */
  | 'WIRE_HANDLER'
  /** Well-formed, and refused for its content: over a limit, out of range. Disconnect. */
  | 'WIRE_REFUSED'
  /** Too many messages wait to be sent to this peer. Nothing was sent; wait for earlier sends. */
  | 'WIRE_QUEUE_FULL'
  /** The remote was silent, or did not take what we sent, for too long. */
  | 'WIRE_TIMEOUT'
  /** The conversation is over. */
  | 'WIRE_CLOSED'
  /** The remote broke the rules of the session itself: hello, frames, windows. */
  | 'WIRE_SESSION'

export interface WireErrorOptions extends ErrorOptions {
  readonly closeCode?: CloseCode
}

/** What wire throws and rejects with for everything that is not the caller's mistake. */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly code: WireErrorCode
  /** Why the session ended or should end, where the error is about a session. */
  readonly closeCode: CloseCode | undefined

  constructor (code: WireErrorCode, message: string, options?: WireErrorOptions) {
    super(message, options)
    this.code = code
    this.closeCode = options?.closeCode
  }
}

/** The refusal of bytes that do not decode. */
export function malformed (what: string): WireError {
  return new WireError('WIRE_DECODE', what)
}
