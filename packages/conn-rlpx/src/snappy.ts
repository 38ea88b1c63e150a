import { RlpxError } from './errors.ts'

// Snappy's block format: a varint length, then literals and copies; the two low bits of a tag tell which.
const LITERAL = 0
const COPY_1 = 1
const COPY_2 = 2

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
 * @param limit - the longest result that is acceptable, in bytes.
 * @returns a view of `block` where it is a single literal.
 * @throws RlpxError - `RLPX_PROTOCOL`.
 */
export function snappyRead (block: Uint8Array, limit: number): Uint8Array {
  let length = 0
  let at = 0
  for (let shift = 0; ; shift += 7) {
    const byte = block[at++]
    if (byte === undefined || shift > 28) throw corrupt('no length')
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  if (length > limit) throw new RlpxError('RLPX_PROTOCOL', `a message of ${length} bytes, not at most ${limit}`)
  if (length > block.length * MAX_EXPANSION) throw corrupt('a length that its bytes cannot give')
  let out: Uint8Array | undefined
  let filled = 0
  while (at < block.length) {
    const tag = block[at++]!
    if ((tag & 3) === LITERAL) {
      let size = tag >>> 2
      if (size >= 60) {
        const digits = size - 59
        if (at + digits > block.length) throw corrupt('a literal without its length')
        size = 0
        for (let i = digits - 1; i >= 0; i--) size = size * 256 + block[at + i]!
        at += digits
      }
      size++
      if (size > block.length - at || size > length - filled) throw corrupt('a literal that is too long')
      if (size === length && at + size === block.length) return block.subarray(at)
      out ??= new Uint8Array(length)
      out.set(block.subarray(at, at + size), filled)
      at += size
      filled += size
      continue
    }
    const kind = tag & 3
    const digits = kind === COPY_1 ? 1 : kind === COPY_2 ? 2 : 4
    if (at + digits > block.length) throw corrupt('a copy without its offset')
    const size = kind === COPY_1 ? 4 + ((tag >>> 2) & 7) : (tag >>> 2) + 1
    let offset = kind === COPY_1 ? (tag >>> 5) * 256 : 0
    for (let i = digits - 1; i >= 0; i--) offset += block[at + i]! * 256 ** i
    at += digits
    if (offset === 0 || offset > filled || size > length - filled) throw corrupt('a copy from nowhere')
    out ??= new Uint8Array(length)
    // Byte by byte: a copy may reach into what it writes.
    for (let i = 0; i < size; i++, filled++) out[filled] = out[filled - offset]!
  }
  if (filled !== length) throw corrupt('too few bytes')
  return out ?? new Uint8Array(0)
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
