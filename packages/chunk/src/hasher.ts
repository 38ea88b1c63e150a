import type { Address } from '@skep/interface'
import { referenceHasher } from './reference.ts'

export { referenceHasher }

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

/** The fastest hasher this engine has. */
export const hasher: Hasher = referenceHasher
