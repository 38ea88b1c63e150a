/** Every way this package can refuse. Codes are API; messages are not. */
export type IntervalsErrorCode =
  /** A text is not the text form of intervals. Treat the record as absent. */
  | 'INTERVALS_TEXT'
  /** A stored record fails its checksum, its version or its form. It counts as "nothing covered"; sync the stream afresh. */
  | 'INTERVALS_CORRUPT'

/** What went wrong, by `code`. */
export class IntervalsError extends Error {
  override readonly name = 'IntervalsError'
  readonly code: IntervalsErrorCode

  constructor (code: IntervalsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
