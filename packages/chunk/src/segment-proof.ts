import type { Address } from '@skep/interface'
import { sameBytes } from './bytes.ts'
import { BRANCHES, SPAN_SIZE } from './constants.ts'
import { checkLength } from './hasher.ts'
import { addressAbove, cutSegments } from './segments.ts'

/** A proof that a chunk has a segment at a place. */
export interface SegmentProof {
  /** The place, from 0 to `BRANCHES - 1`. */
  readonly index: number

  /** The segment: 32 bytes, zeros where the payload has ended. */
  readonly segment: Uint8Array

  /** The neighbouring segment, then the neighbours of the nodes above it: 7 of 32 bytes. */
  readonly siblings: readonly Uint8Array[]

  /** The span of the chunk. */
  readonly span: bigint
}

/**
 * Proves a segment of a content chunk.
 *
 * @param data - the chunk, span first.
 * @throws RangeError - if `data` is no chunk for its length, or has no such segment.
 *
 * @example
 * ```ts
 * import { makeChunk, proveSegment, verifySegment } from '@skep/chunk'
 *
 * const chunk = makeChunk(new TextEncoder().encode('hello'))
 * verifySegment(chunk.address, proveSegment(chunk.data, 0)) // true
 * ```
 */
export function proveSegment (data: Uint8Array, index: number): SegmentProof {
  checkLength(data)
  if (!Number.isInteger(index) || index < 0 || index >= BRANCHES) throw new RangeError(`there is no segment ${index}`)
  const { segments, siblings } = cutSegments(data.subarray(SPAN_SIZE), index, index + 1)
  const span = new DataView(data.buffer, data.byteOffset).getBigUint64(0, true)
  return { index, segment: segments, siblings, span }
}

/** Tells whether the chunk at `address` has the segment that the proof says. Never throws, whatever the proof. */
export function verifySegment (address: Address, proof: SegmentProof): boolean {
  try {
    const { index, segment, siblings, span } = proof
    if (!Number.isInteger(index)) return false
    const found = addressAbove({ segments: segment, siblings }, index, index + 1, span)
    return found !== undefined && sameBytes(found, address)
  } catch {
    return false
  }
}
