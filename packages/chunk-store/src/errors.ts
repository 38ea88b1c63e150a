/** Every way the chunk store can refuse. Codes are API; messages are not. */
export type ChunkStoreErrorCode =
  /** No validator accepts the chunk: its data is not what its address says. Drop it. */
  | 'CHUNK_STORE_INVALID'
  /** The capacity is reached and nothing may be deleted for the chunk. Raise the capacity, or unpin. */
  | 'CHUNK_STORE_FULL'
  /** More chunks wait to be written than `maxQueued` allows. Put again when earlier puts have resolved. */
  | 'CHUNK_STORE_OVERLOADED'
  /** The underlying Store failed; `cause` says how. Nothing of the call was stored. */
  | 'CHUNK_STORE_IO'
  /** The chunk store was closed. */
  | 'CHUNK_STORE_CLOSED'
  /** What the Store holds was made for another base address. Give that base, or another Store. */
  | 'CHUNK_STORE_FOREIGN'
  /** The Store of bodies is not the one this store was made with, or one was given where there was none, or none where there was. */
  | 'CHUNK_STORE_BODIES'
  /** What the Store holds was written by a newer version. Upgrade. */
  | 'CHUNK_STORE_VERSION'
  /** The records that describe the store are damaged. `repair` cannot help; take the folder aside. */
  | 'CHUNK_STORE_CORRUPT'

/** A refusal of the chunk store; match its `code`. */
export class ChunkStoreError extends Error {
  override readonly name = 'ChunkStoreError'
  readonly code: ChunkStoreErrorCode

  constructor (code: ChunkStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
