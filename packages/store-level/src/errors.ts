/** Every way a store on LevelDB can refuse. Codes are API; messages are not. */
export type LevelStoreErrorCode =
  /** Another process, or another store of this one, holds the folder. Stop it, or take another folder. */
  | 'STORE_LOCKED'
  /** The folder could not be opened: no permission, not a folder, no space, or not LevelDB's. `cause` says which. */
  | 'STORE_OPEN_FAILED'
  /** LevelDB's own files are damaged. Take the folder aside and start with an empty one. */
  | 'STORE_CORRUPT'
  /** A read or a write failed, for lack of space for example. `cause` says why; what was written before is kept. */
  | 'STORE_IO'
  /** The store was closed. Open it again. */
  | 'STORE_CLOSED'

/** A refusal of the store; match its `code`. */
export class LevelStoreError extends Error {
  override readonly name = 'LevelStoreError'
  readonly code: LevelStoreErrorCode

  constructor (code: LevelStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Says in our words what LevelDB said when a folder did not open. */
export function openError (location: string, error: unknown): LevelStoreError {
  const codes = codesOf(error)
  const options = { cause: error }
  if (codes.includes('LEVEL_LOCKED')) return new LevelStoreError('STORE_LOCKED', `the store ${location} is in use by another process`, options)
  if (codes.includes('LEVEL_CORRUPTION')) return new LevelStoreError('STORE_CORRUPT', `the store ${location} is damaged`, options)
  return new LevelStoreError('STORE_OPEN_FAILED', `the store ${location} does not open`, options)
}

/** Says in our words what LevelDB said when it could not read or write. */
export function accessError (error: unknown): LevelStoreError {
  if (error instanceof LevelStoreError) return error
  const codes = codesOf(error)
  const options = { cause: error }
  if (codes.includes('LEVEL_DATABASE_NOT_OPEN')) return new LevelStoreError('STORE_CLOSED', 'the store is closed', options)
  if (codes.includes('LEVEL_CORRUPTION')) return new LevelStoreError('STORE_CORRUPT', 'the store is damaged', options)
  return new LevelStoreError('STORE_IO', 'the store could not read or write', options)
}

/** The codes of an error and of its causes. */
function codesOf (error: unknown): string[] {
  const codes: string[] = []
  for (let at = error; at instanceof Error; at = at.cause) codes.push(String((at as { code?: unknown }).code))
  return codes
}
