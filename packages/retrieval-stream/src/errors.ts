/** Every way retrieval can refuse. Codes are API; messages are not. */
export type RetrievalErrorCode =
  /** Retrieval was stopped. */
  | 'RETRIEVAL_STOPPED'
  /** Too many chunks are being looked for. Ask again when some have come. */
  | 'RETRIEVAL_BUSY'
  /** Why a peer is not waited for any longer. Callers get `undefined` instead. */
  | 'RETRIEVAL_TIMEOUT'

/** A refusal of retrieval; match its `code`. */
export class RetrievalError extends Error {
  override readonly name = 'RetrievalError'
  readonly code: RetrievalErrorCode

  constructor (code: RetrievalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
