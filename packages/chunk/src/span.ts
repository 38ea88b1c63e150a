import { SPAN_SIZE } from './constants.ts'

/**
 * Writes a span as it stands in front of a payload: 8 bytes, little endian.
 *
 * @throws RangeError - if the span is no unsigned 64-bit integer, or a number that is not safe.
 */
export function encodeSpan (span: number | bigint, into: Uint8Array = new Uint8Array(SPAN_SIZE)): Uint8Array {
  if (typeof span === 'number' ? !Number.isSafeInteger(span) || span < 0 : span < 0n || span >= 1n << 64n) {
    throw new RangeError(`${span} is not a span`)
  }
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength)
  view.setBigUint64(0, BigInt(span), true)
  return into
}

/**
 * Reads the span of a chunk, the number of file bytes below it.
 *
 * @returns `undefined` if there are fewer than 8 bytes, or if the span is above
 *   `Number.MAX_SAFE_INTEGER`: no file is that long.
 */
export function readSpan (data: Uint8Array): number | undefined {
  if (data.length < SPAN_SIZE) return undefined
  const view = new DataView(data.buffer, data.byteOffset, SPAN_SIZE)
  const span = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true)
  return Number.isSafeInteger(span) ? span : undefined
}
