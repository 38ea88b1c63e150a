import { CHUNK_SIZE, MAX_CHUNK_DATA, SEGMENT_SIZE, SPAN_SIZE } from './constants.ts'
import { readSpan } from './span.ts'

/**
 * Gives the one form of a content chunk's data that files are made of.
 *
 * The hash fills a payload up with zeros, so zeros that were cut off its end, or added to it,
 * leave the address as it is: who delivers a chunk can do either, and it is valid. The span
 * tells how long the payload is. Below 4,096 it is just that; above, the payload is whole
 * segments, the last of them not zero.
 *
 * @returns `data` itself where it has that form, or where the address does not say which it has:
 *   with a span of 4,096 a payload of one segment or of two may be all there is.
 */
export function fullForm (data: Uint8Array): Uint8Array {
  if (data.length < SPAN_SIZE || data.length > MAX_CHUNK_DATA) return data
  // No file has a span beyond the safe integers, but an encrypted chunk shows any.
  const span = readSpan(data) ?? Infinity
  const length = data.length - SPAN_SIZE
  if (span === length) return data
  const right = rightLength(data, span, length)
  if (right === length) return data
  const form = new Uint8Array(SPAN_SIZE + right)
  form.set(data.subarray(0, form.length))
  return form
}

function rightLength (data: Uint8Array, span: number, length: number): number {
  let end = length
  while (end > 0 && data[SPAN_SIZE + end - 1] === 0) end--
  if (span > CHUNK_SIZE) return Math.ceil(end / SEGMENT_SIZE) * SEGMENT_SIZE
  if (span === CHUNK_SIZE && (length === SEGMENT_SIZE || length === 2 * SEGMENT_SIZE)) return length
  // More than the span says is a chunk of something else than a file.
  return end > span ? length : span
}
