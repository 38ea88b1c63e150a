/** Every way hive can refuse. Codes are API; messages are not. */
export type HiveErrorCode =
  /** More messages than an honest peer has reason to send. Disconnect. */
  | 'HIVE_FLOOD'
  /** A record whose owner did not sign it: honest peers check before they tell. Disconnect. */
  | 'HIVE_BAD_SIGNATURE'
  /** The connection is not one that joined, or its conversation runs already. */
  | 'HIVE_NOT_JOINED'
  /** The reason of a dial's signal: it took too long. */
  | 'HIVE_DIAL_TIMEOUT'
  /** The reason of a dial's signal: hive was stopped. */
  | 'HIVE_STOPPED'

/** What `run` rejects with when a peer breaks the rules, and why a dial is given up; faults of encoding are wire's. */
export class HiveError extends Error {
  override readonly name = 'HiveError'
  readonly code: HiveErrorCode

  constructor (code: HiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
