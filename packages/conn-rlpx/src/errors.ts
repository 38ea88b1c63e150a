import type { CloseCode } from '@skep/interface'

/** Every way an RLPx connection can fail. Codes are API; messages are not. */
export type RlpxErrorCode =
  /** Nobody answered, or the address cannot be listened on. Try again later, or elsewhere. */
  | 'RLPX_UNREACHABLE'
  /** The remote's packets of the handshake do not decrypt, decode or verify. It is no node, or does not have the key it was dialled by. */
  | 'RLPX_HANDSHAKE'
  /** The remote was silent, or did not take what we sent, for too long. */
  | 'RLPX_TIMEOUT'
  /** The remote broke the rules: a wrong MAC, a frame or a message over its limit, bad compression, an unknown code. */
  | 'RLPX_PROTOCOL'
  /** The hello shows another node id than the key that was proven. */
  | 'RLPX_IDENTITY'
  /** No shared sub-protocol, or the remote refused; `closeCode` says why. */
  | 'RLPX_REFUSED'
  /** The remote, or this side, ended the session in good order; what is sent goes nowhere. */
  | 'RLPX_CLOSED'
  /** The connection broke, or the remote ended the session for a fault; `closeCode` says which it gave. */
  | 'RLPX_BROKEN'
  /** A message of ours that cannot be sent: empty, over the limit, or with a code that its sub-protocol does not have. */
  | 'RLPX_MESSAGE'

export class RlpxError extends Error {
  override readonly name = 'RlpxError'
  readonly code: RlpxErrorCode
  /** What the remote is told, or told us. */
  readonly closeCode: CloseCode

  constructor (code: RlpxErrorCode, message: string, closeCode: CloseCode = 'PROTOCOL', options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.closeCode = closeCode
  }
}
