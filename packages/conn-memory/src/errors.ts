/** Every way a memory conn can fail. Codes are API; messages are not. The same as those of the other conns. */
export type ConnErrorCode =
  /** The remote closed; what we send goes nowhere. */
  | 'CONN_CLOSED'
  /** The connection broke or the remote aborted it. */
  | 'CONN_RESET'
  /** A message is over the limit; the connection was aborted. */
  | 'CONN_MESSAGE_TOO_LONG'
  /** Nobody listens there. */
  | 'CONN_REFUSED'
  /** Somebody listens there already. */
  | 'CONN_IN_USE'

/** What a memory conn throws and rejects with for everything that is not the caller's mistake. */
export class ConnError extends Error {
  override readonly name = 'ConnError'
  readonly code: ConnErrorCode

  constructor (code: ConnErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
