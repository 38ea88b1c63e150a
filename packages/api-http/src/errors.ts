/** Every way the API can refuse a request. Codes are API; messages are not. */
export type ApiErrorCode =
  /** The path holds no reference of 64 hex characters. */
  | 'API_BAD_REFERENCE'
  /** The body is not what this path takes. */
  | 'API_BAD_BODY'
  /** The body is larger than the limit of this path. */
  | 'API_TOO_LARGE'
  /** The range lies outside the file, or is none. */
  | 'API_BAD_RANGE'
  /** A header asks for something that would change what is stored, and that is not done here. */
  | 'API_UNSUPPORTED'
  /** Nobody has it, or nobody gave it within the time limit. */
  | 'API_NOT_FOUND'
  /** There is no such path. */
  | 'API_NO_PATH'
  /** The path knows other methods. */
  | 'API_BAD_METHOD'
  /** The request comes from a page or under a name that is not allowed. */
  | 'API_FORBIDDEN'
  /** As many requests run as the limit allows; try again later. */
  | 'API_BUSY'

export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode

  constructor (code: ApiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The HTTP status of every refusal: ours, and those of a backend that have one of their own. */
const STATUS: Readonly<Record<string, number>> = {
  API_BAD_REFERENCE: 400,
  API_BAD_BODY: 400,
  API_TOO_LARGE: 413,
  API_BAD_RANGE: 416,
  API_UNSUPPORTED: 400,
  API_NOT_FOUND: 404,
  API_NO_PATH: 404,
  API_BAD_METHOD: 405,
  API_FORBIDDEN: 403,
  API_BUSY: 503,
  NOT_FOUND: 404,
  BAD_CHUNK: 400,
  BAD_TREE: 422,
  LIGHT_NODE: 403,
  STOPPED: 503,
  CHUNK_MISSING: 404,
  CHUNK_SPAN: 422,
  CHUNK_SIZE: 422
}

/** What a client is told: `code` is the HTTP status as in Bee's API, `reason` the stable code. */
export interface ErrorBody {
  readonly code: number
  readonly message: string
  readonly reason: string
}

/** Turns anything thrown into what a client is told. Causes and stacks stay here. */
export function errorBody (error: unknown): ErrorBody {
  const reason = codeOf(error)
  const code = STATUS[reason] ?? 500
  const message = error instanceof Error && error.message !== '' ? error.message : 'the node failed without saying why'
  return { code, message, reason }
}

function codeOf (error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && Object.hasOwn(STATUS, code) ? code : 'INTERNAL'
}
