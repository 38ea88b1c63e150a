/** Every way a store in memory can refuse. Codes are API; messages are not. */
export type StoreErrorCode =
  /** The store was closed. Nothing can be done with it any more. */
  | 'STORE_CLOSED'

/** A refusal of the store; match its `code`. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode

  constructor (code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
