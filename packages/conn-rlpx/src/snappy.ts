import { RlpxError } from './errors.ts'

// Snappy's block format: a varint length, then literals and copies; the two low bits of a tag tell which.
const LITERAL = 0
const COPY_1 = 1
const COPY_2 = 2

/** Literals up to here are copied byte by byte, which is quicker than to make a view. */
const SHORT = 32

/**
 * The most bytes that one byte of a block can become: a copy of three bytes gives 64. With
 * it a claimed length is checked against the input before anything is allocated.
 */
const MAX_EXPANSION = 22

/** How many bytes {@link snappyWrite} takes for a payload. */
export function snappySize (payload: number): number {
  return varintSize(payload) + (payload === 0 ? 0 : literalHeader(payload) + payload)
}

/**
 * Writes a payload as one literal: chunks do not compress, and the search for copies would
 * cost more than all the rest of a frame. Every decoder reads it.
 *
 * @returns where it ends in `to`.
 */
export function snappyWrite (to: Uint8Array, at: number, payload: Uint8Array): number {
  let rest = payload.length
  while (rest > 0x7f) {
    to[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  to[at++] = rest
  if (payload.length === 0) return at
  const n = payload.length - 1
  if (n < 60) {
    to[at++] = n << 2
  } else {
    const digits = literalHeader(payload.length) - 1
    to[at++] = (59 + digits) << 2
    for (let i = 0; i < digits; i++) to[at++] = n >>> (8 * i)
  }
  to.set(payload, at)
  return at + payload.length
}

/**
 * Decompresses a block.
 *
 * @param from - where the block begins in `bytes`; at least one byte is before it.
 * @param limit - the longest result that is acceptable, in bytes.
 * @returns the result, behind one byte that is free for the reader's use. A view of `bytes` where the block is a single literal.
 * @throws RlpxError - `RLPX_PROTOCOL`.
 */
export function snappyRead (bytes: Uint8Array, from: number, limit: number): Uint8Array {
  const end = bytes.length
  let length = 0
  let at = from
  for (let unit = 1; ; unit *= 0x80) {
    const byte = bytes[at++]
    if (byte === undefined || unit > 2 ** 28) throw corrupt('no length')
    length += (byte & 0x7f) * unit
    if (byte < 0x80) break
  }
  if (length > limit) throw new RlpxError('RLPX_PROTOCOL', `a message of ${length} bytes, not at most ${limit}`)
  if (length > (end - from) * MAX_EXPANSION) throw corrupt('a length that its bytes cannot give')
  let out: Uint8Array | undefined
  // Counts the free byte.
  let filled = 1
  while (at < end) {
    const tag = bytes[at++]!
    const kind = tag & 3
    let size = (tag >>> 2) + 1
    if (kind === LITERAL) {
      if (size > 60) {
        const digits = size - 60
        if (at + digits > end) throw corrupt('a literal without its length')
        size = little(bytes, at, digits) + 1
        at += digits
      }
      if (size > end - at || size > length + 1 - filled) throw corrupt('a literal that is too long')
      if (size === length && at + size === end) return bytes.subarray(at - 1)
      out ??= new Uint8Array(1 + length)
      if (size < SHORT) for (let i = 0; i < size; i++) out[filled + i] = bytes[at + i]!
      else out.set(bytes.subarray(at, at + size), filled)
      at += size
      filled += size
      continue
    }
    const digits = kind === COPY_1 ? 1 : kind === COPY_2 ? 2 : 4
    if (at + digits > end) throw corrupt('a copy without its offset')
    let offset = little(bytes, at, digits)
    at += digits
    if (kind === COPY_1) {
      size = 4 + ((tag >>> 2) & 7)
      offset += (tag >>> 5) * 0x100
    }
    if (offset === 0 || offset >= filled || size > length + 1 - filled) throw corrupt('a copy from nowhere')
    out ??= new Uint8Array(1 + length)
    // Byte by byte: a copy may reach into what it writes.
    for (let i = 0; i < size; i++, filled++) out[filled] = out[filled - offset]!
  }
  if (filled !== length + 1) throw corrupt('too few bytes')
  return out ?? new Uint8Array(1)
}

/** An unsigned number of up to four bytes, the least first. */
function little (bytes: Uint8Array, at: number, digits: number): number {
  let value = 0
  let unit = 1
  for (let i = 0; i < digits; i++, unit *= 0x100) value += bytes[at + i]! * unit
  return value
}

function varintSize (value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
}

/** The tag of a literal and the digits of its length. */
function literalHeader (size: number): number {
  const n = size - 1
  return n < 60 ? 1 : n < 0x100 ? 2 : n < 0x1_0000 ? 3 : n < 0x100_0000 ? 4 : 5
}

function corrupt (what: string): RlpxError {
  return new RlpxError('RLPX_PROTOCOL', `bad compression: ${what}`)
}
