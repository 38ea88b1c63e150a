import type { Codec } from './codec.ts'
import { malformed } from './errors.ts'
import { sizeOfBigint, sizeOfInteger, sizeOfPlain, sizeOfString, sizeWithHeader } from './rlp.ts'
import { fromText, isPlain, toText } from './utf8.ts'

/** An integer of 0 to 2^8-1. */
export const u8: Codec<number> = unsigned(1)
/** An integer of 0 to 2^16-1. */
export const u16: Codec<number> = unsigned(2)
/** An integer of 0 to 2^32-1. */
export const u32: Codec<number> = unsigned(4)

/** An integer of 0 to 2^64-1. */
export const u64: Codec<bigint> = {
  size (value) {
    if (typeof value !== 'bigint') throw new TypeError(`a u64 is a bigint, not a ${typeof value}`)
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw new RangeError(`${value} does not fit in 64 bits`)
    return sizeOfBigint(value)
  },
  write: (to, value) => to.bigint(value),
  read: from => from.bigint()
}

/** `true` or `false`: 1, or the empty string. */
export const bool: Codec<boolean> = {
  size (value) {
    if (typeof value !== 'boolean') throw new TypeError(`a bool is a boolean, not a ${typeof value}`)
    return 1
  },
  write: (to, value) => to.integer(value ? 1 : 0),
  read (from) {
    const value = from.integer(1)
    if (value > 1) throw malformed(`${value} is no boolean`)
    return value === 1
  }
}

/**
 * A byte string.
 *
 * @param limit - the most bytes it may have; more is refused. Without it only the message's size is the bound.
 */
export function bytes (limit: number = Infinity): Codec<Uint8Array> {
  return byteString(0, limit, `at most ${limit}`)
}

/** A byte string of exactly `length` bytes. */
export function fixed (length: number): Codec<Uint8Array> {
  return byteString(length, length, `exactly ${length}`)
}

/**
 * A string as UTF-8.
 *
 * The original's strings are any bytes. Those that are not UTF-8 come as lone surrogates
 * U+DC80 to U+DCFF, a byte each, and go back to the same bytes.
 *
 * @param limit - the most bytes it may have.
 */
export function text (limit: number = Infinity): Codec<string> {
  const octets = bytes(limit)
  return {
    size (value) {
      if (isPlain(value) && value.length <= limit) return sizeOfPlain(value)
      return octets.size(fromText(value))
    },
    write (to, value) {
      if (isPlain(value)) to.plain(value)
      else to.string(fromText(value))
    },
    read (from) {
      const content = from.view()
      if (content.length > limit) throw malformed(`a string of ${content.length} bytes, not at most ${limit}`)
      return toText(content)
    }
  }
}

function unsigned (width: 1 | 2 | 4): Codec<number> {
  const end = 256 ** width
  return {
    size (value) {
      if (typeof value !== 'number') throw new TypeError(`a u${8 * width} is a number, not a ${typeof value}`)
      if (!Number.isInteger(value) || value < 0 || value >= end) throw new RangeError(`${value} does not fit in ${8 * width} bits`)
      return sizeOfInteger(value)
    },
    write: (to, value) => to.integer(value),
    read: from => from.integer(width)
  }
}

function byteString (least: number, most: number, allowed: string): Codec<Uint8Array> {
  return {
    size (value) {
      if (!(value instanceof Uint8Array)) throw new TypeError('a byte string is a Uint8Array')
      if (value.length < least || value.length > most) throw new RangeError(`${value.length} bytes, not ${allowed}`)
      return value.length > 1 ? sizeWithHeader(value.length) : sizeOfString(value)
    },
    write: (to, value) => to.string(value),
    read (from) {
      const value = from.string()
      if (value.length < least || value.length > most) throw malformed(`a string of ${value.length} bytes, not ${allowed}`)
      return value
    }
  }
}
