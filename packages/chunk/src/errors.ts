/** Every way a chunk, or a tree of chunks, can be wrong. Codes are API; messages are not. */
export type ChunkErrorCode =
  /** The getter had no chunk for a reference of the tree. Ask elsewhere, or later. */
  | 'CHUNK_MISSING'
  /** A span lies: it is not what the parent, or the shape of the tree, says it must be. The file is broken for good. */
  | 'CHUNK_SPAN'
  /** A chunk of the tree has a payload that does not fit its span. The file is broken for good. */
  | 'CHUNK_SIZE'

/** What the world got wrong about chunks. A caller's own mistakes are `TypeError` and `RangeError`. */
export class ChunkError extends Error {
  override readonly name = 'ChunkError'
  readonly code: ChunkErrorCode

  constructor (code: ChunkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
