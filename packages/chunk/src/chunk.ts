import type { Address } from '@skep/interface'
import { sameBytes } from './bytes.ts'
import { CHUNK_SIZE, MAX_CHUNK_DATA, SPAN_SIZE } from './constants.ts'
import { hasher as fastest } from './fastest.ts'
import type { Hasher } from './hasher.ts'
import { encodeSpan } from './span.ts'

/** A piece of content with the address that follows from it. */
export interface Chunk {
  readonly address: Address

  /** Span, then payload: as it is stored and as it travels. */
  readonly data: Uint8Array
}

/** The address of the chunk with no payload and span zero, which is also the root of an empty file. */
export const EMPTY_ADDRESS: Address = /* @__PURE__ */ fastest.address(/* @__PURE__ */ new Uint8Array(SPAN_SIZE))

/**
 * Makes a content chunk of a payload, which is copied.
 *
 * @param span - The number of file bytes below the chunk; for a data chunk, which
 *   is the default, the length of its payload.
 * @throws RangeError - if the payload is longer than `CHUNK_SIZE`, or the span is not one.
 *
 * @example
 * ```ts
 * import { isValidChunk, makeChunk } from '@skep/chunk'
 *
 * const { address, data } = makeChunk(new TextEncoder().encode('hello'))
 * isValidChunk(address, data) // true
 * ```
 */
export function makeChunk (payload: Uint8Array, span: number | bigint = payload.length, hasher: Hasher = fastest): Chunk {
  if (payload.length > CHUNK_SIZE) throw new RangeError(`a payload of ${payload.length} bytes does not fit a chunk`)
  const data = new Uint8Array(SPAN_SIZE + payload.length)
  encodeSpan(span, data)
  data.set(payload, SPAN_SIZE)
  return { address: hasher.address(data), data }
}

/**
 * Computes the address of a content chunk from its data, span first.
 *
 * @throws RangeError - if `data` cannot be a content chunk for its length.
 */
export function chunkAddress (data: Uint8Array, hasher: Hasher = fastest): Address {
  return hasher.address(data)
}

/**
 * Tells whether `data` is the content chunk at `address`.
 *
 * Never throws: what no chunk can be, for its length, is not valid.
 */
export function isValidChunk (address: Address, data: Uint8Array, hasher: Hasher = fastest): boolean {
  if (data.length < SPAN_SIZE || data.length > MAX_CHUNK_DATA) return false
  return sameBytes(hasher.address(data), address)
}
