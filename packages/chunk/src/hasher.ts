import type { Address } from '@skep/interface'
import { MAX_CHUNK_DATA, SPAN_SIZE } from './constants.ts'

/** One way of computing chunk addresses. All of them give the same addresses. */
export interface Hasher {
  /** Tells which way it is, for status pages and benches. */
  readonly name: string

  /**
   * Computes the address of a content chunk.
   *
   * @param data - span and payload, from `SPAN_SIZE` to `MAX_CHUNK_DATA` bytes; only read.
   * @returns a fresh array.
   * @throws RangeError - if `data` is shorter or longer than that.
   */
  address (data: Uint8Array): Address
}

/** Throws unless `data` can be a content chunk for its length. */
export function checkLength (data: Uint8Array): void {
  if (data.length < SPAN_SIZE || data.length > MAX_CHUNK_DATA) {
    throw new RangeError(`a chunk of ${data.length} bytes: expected ${SPAN_SIZE} to ${MAX_CHUNK_DATA}`)
  }
}
