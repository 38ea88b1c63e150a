import type { Address } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import { SEGMENT_SIZE, SPAN_SIZE } from './constants.ts'
import { checkLength } from './hasher.ts'
import type { Hasher } from './hasher.ts'

/** The height of the binary tree over the segments of a chunk: 2^7 = 128 segments. */
export const BMT_HEIGHT = 7

/** Gives the roots of subtrees of zeros, by height: what stands to the right of a payload that ends early. */
export function zeroRoots (keccak: (bytes: Uint8Array) => Uint8Array = keccak256): Uint8Array[] {
  const roots: Uint8Array[] = [new Uint8Array(SEGMENT_SIZE)]
  for (let height = 1; height <= BMT_HEIGHT; height++) {
    const pair = new Uint8Array(2 * SEGMENT_SIZE)
    pair.set(roots[height - 1]!)
    pair.set(roots[height - 1]!, SEGMENT_SIZE)
    roots.push(keccak(pair))
  }
  return roots
}

/**
 * Makes a hasher of any Keccak-256.
 *
 * It walks the tree level by level over the segments that are there, and takes the
 * subtrees that are not from a table.
 */
export function treeHasher (name: string, keccak: (bytes: Uint8Array) => Uint8Array): Hasher {
  let zeros: Uint8Array[] | undefined
  return {
    name,
    address (data: Uint8Array): Address {
      checkLength(data)
      zeros ??= zeroRoots(keccak)
      const last = new Uint8Array(SPAN_SIZE + SEGMENT_SIZE)
      last.set(data.subarray(0, SPAN_SIZE))
      last.set(bmtRoot(data.subarray(SPAN_SIZE), zeros, keccak), SPAN_SIZE)
      return keccak(last)
    }
  }
}

/** The hasher that needs no kernel, and that the kernels are compared with. */
export const referenceHasher: Hasher = /* @__PURE__ */ treeHasher('reference', bytes => keccak256(bytes))

/** The root of the binary Merkle tree over a payload that is padded with zeros to a full chunk. */
function bmtRoot (payload: Uint8Array, zeros: Uint8Array[], keccak: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  let count = Math.ceil(payload.length / SEGMENT_SIZE)
  if (count === 0) return zeros[BMT_HEIGHT]!
  const row = new Uint8Array((count + 1) * SEGMENT_SIZE)
  row.set(payload)
  for (let height = 0; height < BMT_HEIGHT; height++) {
    // What is left of the row below must not be taken for a sibling.
    if (count % 2 === 1) row.set(zeros[height]!, count++ * SEGMENT_SIZE)
    count /= 2
    for (let i = 0; i < count; i++) {
      row.set(keccak(row.subarray(2 * i * SEGMENT_SIZE, 2 * (i + 1) * SEGMENT_SIZE)), i * SEGMENT_SIZE)
    }
  }
  return row.subarray(0, SEGMENT_SIZE)
}
