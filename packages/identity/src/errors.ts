/** Every way a key, a signature or an address can be refused. Codes are API; messages are not. */
export type IdentityErrorCode =
  /** No public key belongs to this digest and signature. Refuse whoever sent it. */
  | 'IDENTITY_BAD_SIGNATURE'
  /** The text is no enode URL. Pass the record over. */
  | 'IDENTITY_BAD_ENODE'
  /** The text is no underlay, `scheme://host:port`. Pass the record over. */
  | 'IDENTITY_BAD_UNDERLAY'
  /** A record breaks a limit or has an overlay address of the wrong length. Pass it over. */
  | 'IDENTITY_BAD_RECORD'

/** Thrown for what others sent or wrote; a caller's own mistake is a `RangeError`. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError'
  readonly code: IdentityErrorCode

  constructor (code: IdentityErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
