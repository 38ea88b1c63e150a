import { BRANCHES, CHUNK_SIZE, isValidChunk, readSpan, SEGMENT_SIZE, SPAN_SIZE } from '@skep/chunk'
import { fromHex, toHex } from '@skep/pot'

/** The largest span of a chunk whose children are all data chunks. */
const LOWEST = CHUNK_SIZE * BRANCHES

/** Intermediate chunks fetched at once. */
const PARALLEL = 8

/**
 * Finds the addresses of all chunks of a file, the root's too.
 *
 * Only intermediate chunks are fetched, one in a hundred or so; each is held against its
 * address, so a node cannot make up a tree.
 *
 * @param get - fetches a chunk, span ‖ payload.
 */
export async function treeAddresses (root: string, get: (address: string) => Promise<Uint8Array>): Promise<Set<string>> {
  const found = new Set([root])
  const queue = [root]
  const one = async (address: string): Promise<void> => {
    const data = await get(address)
    if (!isValidChunk(fromHex(address), data)) throw new Error(`what came for ${address} is another chunk`)
    const span = readSpan(data)
    const payload = data.length - SPAN_SIZE
    if (span === undefined || span === payload) return
    // Below this every child is a data chunk; a wrapped subtree has fewer children than its span needs.
    const lowest = span <= LOWEST && payload / SEGMENT_SIZE === Math.ceil(span / CHUNK_SIZE)
    for (let at = SPAN_SIZE; at < data.length; at += SEGMENT_SIZE) {
      const child = toHex(data.subarray(at, at + SEGMENT_SIZE))
      if (!found.has(child) && !lowest) queue.push(child)
      found.add(child)
    }
  }
  while (queue.length > 0) await Promise.all(queue.splice(0, PARALLEL).map(one))
  return found
}
