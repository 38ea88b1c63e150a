/** Every way a TCP conn can fail. Codes are API; messages are not. */
export type ConnErrorCode =
  /** The remote closed; what we send goes nowhere. */
  | 'CONN_CLOSED'
  /** The connection broke or the remote aborted it. `cause` is the system's error, if there was one. */
  | 'CONN_RESET'
  /** A message is over the limit, ours or the remote's; the connection was cut. */
  | 'CONN_MESSAGE_TOO_LONG'
  /** What came is no frame, or ended inside one; the connection was cut. */
  | 'CONN_BAD_FRAME'
  /** The remote did not complete a frame, or a connection did not come about, in time. */
  | 'CONN_TIMEOUT'
  /** Nobody accepts connections there, or there is no way there. `cause` is the system's error. */
  | 'CONN_REFUSED'
  /** The address cannot be listened on: in use, not ours, not allowed. `cause` is the system's error. */
  | 'CONN_IN_USE'

/** What conn-tcp throws and rejects with for everything that is not the caller's mistake. */
export class ConnError extends Error {
  override readonly name = 'ConnError'
  readonly code: ConnErrorCode

  constructor (code: ConnErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
