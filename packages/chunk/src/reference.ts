import type { Address } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import { CHUNK_SIZE, MAX_CHUNK_DATA, SEGMENT_SIZE, SPAN_SIZE } from './constants.ts'
import type { Hasher } from './hasher.ts'

/** The height of the binary tree over the segments of a chunk: 2^7 = 128 segments. */
const HEIGHT = Math.log2(CHUNK_SIZE / SEGMENT_SIZE)

/** Roots of subtrees of zeros, by height: what stands to the right of a payload that ends early. */
const zeros: Uint8Array[] = [new Uint8Array(SEGMENT_SIZE)]
for (let height = 1; height <= HEIGHT; height++) {
  const below = zeros[height - 1]!
  zeros.push(keccak256(below, below))
}

/**
 * The hasher that needs nothing of the engine, and that the others are compared with.
 *
 * It walks the tree level by level over the segments that are there, and takes the
 * subtrees that are not from a table.
 */
export const referenceHasher: Hasher = {
  name: 'reference',
  address (data: Uint8Array): Address {
    if (data.length < SPAN_SIZE || data.length > MAX_CHUNK_DATA) {
      throw new RangeError(`a chunk of ${data.length} bytes: expected ${SPAN_SIZE} to ${MAX_CHUNK_DATA}`)
    }
    return keccak256(data.subarray(0, SPAN_SIZE), bmtRoot(data.subarray(SPAN_SIZE)))
  }
}

/** The root of the binary Merkle tree over a payload that is padded with zeros to a full chunk. */
function bmtRoot (payload: Uint8Array): Uint8Array {
  let count = Math.ceil(payload.length / SEGMENT_SIZE)
  if (count === 0) return zeros[HEIGHT]!
  const level = new Uint8Array((count + 1) * SEGMENT_SIZE)
  level.set(payload)
  for (let height = 0; height < HEIGHT; height++) {
    // What is left of the row below must not be taken for a sibling.
    if (count % 2 === 1) level.set(zeros[height]!, count++ * SEGMENT_SIZE)
    count /= 2
    for (let i = 0; i < count; i++) {
      level.set(keccak256(level.subarray(2 * i * SEGMENT_SIZE, 2 * (i + 1) * SEGMENT_SIZE)), i * SEGMENT_SIZE)
    }
  }
  return level.subarray(0, SEGMENT_SIZE)
}
