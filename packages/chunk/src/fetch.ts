import type { Address } from '@skep/interface'
import { SEGMENT_SIZE } from './constants.ts'
import { ENCRYPTED_REFERENCE_SIZE, openChunk } from './encryption.ts'
import { ChunkError } from './errors.ts'
import { readNode } from './shape.ts'
import type { Expected, Node } from './shape.ts'
import type { CarryRule } from './tree.ts'

/** Gives the data of a chunk, span first, or `undefined` when there is none to be had. */
export type GetChunk = (address: Address, options: { signal?: AbortSignal }) => Promise<Uint8Array | undefined>

/** How a chunk of a file is got and read. */
export interface FetchOptions {
  readonly get: GetChunk
  readonly rule: CarryRule
  readonly signal: AbortSignal | undefined
}

/**
 * Gets a chunk of a file by its reference, decrypts it if the reference has a key, and
 * checks that it fits the tree.
 *
 * @throws ChunkError - `CHUNK_MISSING` if the getter has none; `CHUNK_SPAN` or
 *   `CHUNK_SIZE` if it is not the one that the tree needs.
 */
export async function fetchNode (reference: Uint8Array, expected: Expected, { get, rule, signal }: FetchOptions): Promise<{ node: Node, span: number, data: Uint8Array }> {
  const address = reference.slice(0, SEGMENT_SIZE)
  const found = await get(address, signal === undefined ? {} : { signal })
  if (found === undefined) {
    const name = Array.from(address, byte => byte.toString(16).padStart(2, '0')).join('')
    throw new ChunkError('CHUNK_MISSING', `there is no chunk ${name}`)
  }
  const data = reference.length === SEGMENT_SIZE ? found : openChunk(found, reference.subarray(SEGMENT_SIZE), expected, rule)
  return { ...readNode(data, expected, reference.length), data }
}

/** Throws unless `reference` is one, of a plain or of an encrypted file. */
export function checkReference (reference: Uint8Array): void {
  if (reference.length !== SEGMENT_SIZE && reference.length !== ENCRYPTED_REFERENCE_SIZE) {
    throw new RangeError(`a reference of ${reference.length} bytes`)
  }
}
