import type { Address } from '@skep/interface'
import { ChunkError } from './errors.ts'

/** Gives the data of a chunk, span first, or `undefined` when there is none to be had. */
export type GetChunk = (address: Address, options: { signal?: AbortSignal }) => Promise<Uint8Array | undefined>

/**
 * Gets one chunk of a tree.
 *
 * @throws ChunkError - `CHUNK_MISSING` if the getter has none.
 */
export async function fetchChunk (address: Address, get: GetChunk, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const data = await get(address, signal === undefined ? {} : { signal })
  if (data === undefined) {
    const name = Array.from(address, byte => byte.toString(16).padStart(2, '0')).join('')
    throw new ChunkError('CHUNK_MISSING', `there is no chunk ${name}`)
  }
  return data
}
