import { malformed } from './errors.ts'

// The bounds of RLP's first byte (Ethereum Yellow Paper, appendix B).
const STRING = 0x80
const LIST = 0xc0
/** The longest content whose length stands in the first byte itself. */
const SHORT = 55
/** How many times its own size a byte string may keep alive. */
const FAIR = 16

/**
 * Reads RLP front to back, strictly: canonical sizes only, nothing beyond the end.
 *
 * It never builds a tree and never recurses by itself, so the depth and the number of
 * steps are those of the codec that drives it, whatever the input claims.
 */
export class RlpReader {
  readonly #bytes: Uint8Array
  #at: number
  #end: number

  /** @param at - where to begin in `bytes`. */
  constructor (bytes: Uint8Array, at: number = 0) {
    this.#bytes = bytes
    this.#at = at
    this.#end = bytes.length
  }

  /** Whether the list that was entered last, or the whole input, has no further element. */
  get done (): boolean {
    return this.#at === this.#end
  }

  /**
   * Enters a list. Pass what it returns to {@link RlpReader.leave}.
   *
   * @throws WireError - `WIRE_DECODE` if the next element is not a list.
   */
  enter (): number {
    const outer = this.#end
    const end = this.#header(LIST)
    this.#end = end
    return outer
  }

  /**
   * Leaves a list whose elements were all read.
   *
   * @throws WireError - `WIRE_DECODE` if elements are left.
   */
  leave (outer: number): void {
    if (this.#at !== this.#end) throw malformed('a list has too many elements')
    this.#end = outer
  }

  /**
   * Enters a list with which the input ends.
   *
   * @throws WireError - `WIRE_DECODE` if the next element is not a list, or something follows it.
   */
  enterLast (): void {
    if (this.#header(LIST) !== this.#end) throw malformed('more than one value')
  }

  /**
   * Enters a byte string with which the input ends, to read what is in it.
   *
   * @returns its length.
   * @throws WireError - `WIRE_DECODE` if the next element is not a byte string, or something follows it.
   */
  enterLastString (): number {
    const isByte = this.#at < this.#end && this.#bytes[this.#at]! < STRING
    if ((isByte ? this.#at + 1 : this.#header(STRING)) !== this.#end) throw malformed('a list has too many elements')
    return this.#end - this.#at
  }

  /** Passes a byte string. */
  skipString (): void {
    if (this.#at < this.#end && this.#bytes[this.#at]! < STRING) this.#at++
    else this.#at = this.#header(STRING)
  }

  /**
   * Reads a byte string.
   *
   * @returns a view while it makes up most of the input, else a copy, so that keeping it
   *   never keeps much more than itself.
   */
  string (): Uint8Array {
    const bytes = this.#bytes
    if (this.#at < this.#end && bytes[this.#at]! < STRING) return bytes.slice(this.#at, ++this.#at)
    const end = this.#header(STRING)
    const start = this.#at
    this.#at = end
    return 2 * (end - start) >= bytes.length ? bytes.subarray(start, end) : bytes.slice(start, end)
  }

  /**
   * Reads a byte string of which there are several in the message.
   *
   * @returns a view while it makes up a fair part of the memory it lies in, a sixteenth, else a copy.
   */
  share (): Uint8Array {
    const view = this.view()
    return view.buffer.byteLength <= FAIR * view.length ? view : view.slice()
  }

  /** Reads a byte string as a view, for those who copy what they keep. */
  view (): Uint8Array {
    const bytes = this.#bytes
    if (this.#at < this.#end && bytes[this.#at]! < STRING) return bytes.subarray(this.#at, ++this.#at)
    const end = this.#header(STRING)
    const start = this.#at
    this.#at = end
    return bytes.subarray(start, end)
  }

  /**
   * Reads an unsigned integer of up to six bytes.
   *
   * @param width - how many bytes it may have.
   * @throws WireError - `WIRE_DECODE` if it is longer or has leading zeros.
   */
  integer (width: number): number {
    const end = this.#integer(width)
    let value = 0
    for (; this.#at < end; this.#at++) value = value * 256 + this.#bytes[this.#at]!
    return value
  }

  /** Reads an unsigned integer of up to eight bytes; see {@link RlpReader.integer}. */
  bigint (): bigint {
    const end = this.#integer(8)
    const low = Math.max(this.#at, end - 4)
    let head = 0
    let tail = 0
    for (; this.#at < low; this.#at++) head = head * 256 + this.#bytes[this.#at]!
    for (; this.#at < end; this.#at++) tail = tail * 256 + this.#bytes[this.#at]!
    return head === 0 ? BigInt(tail) : (BigInt(head) << 32n) | BigInt(tail)
  }

  /** Passes an empty string or an empty list, if that is next. */
  skipEmpty (): boolean {
    const first = this.#at < this.#end ? this.#bytes[this.#at] : undefined
    if (first !== STRING && first !== LIST) return false
    this.#at++
    return true
  }

  /** Passes whatever is next, a list with all that is in it. */
  skip (): void {
    if (this.#at >= this.#end) throw malformed('too few elements')
    const first = this.#bytes[this.#at]!
    if (first < STRING) this.#at++
    else this.#at = this.#header(first < LIST ? STRING : LIST)
  }

  /**
   * Ends the reading.
   *
   * @throws WireError - `WIRE_DECODE` if input is left.
   */
  finish (): void {
    if (this.#at !== this.#end) throw malformed('more than one value')
  }

  /** Moves onto an integer's digits and returns where they end. */
  #integer (width: number): number {
    let end = this.#at + 1
    if (!(this.#at < this.#end && this.#bytes[this.#at]! < STRING)) end = this.#header(STRING)
    if (end - this.#at > width) throw malformed(`an integer of more than ${width} bytes`)
    if (end > this.#at && this.#bytes[this.#at] === 0) throw malformed('an integer with leading zeros')
    return end
  }

  /** Moves past the header of a string or a list and returns where its content ends. */
  #header (kind: typeof STRING | typeof LIST): number {
    if (this.#at >= this.#end) throw malformed('too few elements')
    const first = this.#bytes[this.#at]!
    if (kind === LIST ? first < LIST : first < STRING || first >= LIST) {
      throw malformed(kind === LIST ? 'a string where a list belongs' : 'a list where a string belongs')
    }
    const short = first - kind
    let start = this.#at + 1
    let length = short
    if (short > SHORT) {
      const digits = short - SHORT
      if (digits > this.#end - start) throw malformed('an element is longer than what holds it')
      if (this.#bytes[start] === 0) throw malformed('a length with leading zeros')
      length = 0
      for (let i = 0; i < digits; i++) length = length * 256 + this.#bytes[start + i]!
      start += digits
      if (length <= SHORT) throw malformed('a length in more bytes than it needs')
    }
    // Lengths over 2^53 are inexact here, and far over what is left in any case.
    if (length > this.#end - start) throw malformed('an element is longer than what holds it')
    if (kind === STRING && length === 1 && this.#bytes[start]! < STRING) throw malformed('a single byte in more bytes than it needs')
    this.#at = start
    return start + length
  }
}

/** Writes RLP front to back into a buffer of the exact size, which the caller computed, or which it is given. */
export class RlpWriter {
  readonly bytes: Uint8Array
  #at = 0

  constructor (size: number | Uint8Array) {
    this.bytes = typeof size === 'number' ? new Uint8Array(size) : size
  }

  /** One byte as it is, no RLP. */
  raw (byte: number): void {
    this.bytes[this.#at++] = byte
  }

  /** The header of a list whose elements take `length` bytes. */
  list (length: number): void {
    this.#header(LIST, length)
  }

  /** The header of a byte string of `length` bytes, which must not be a lone byte under 0x80. */
  stringHeader (length: number): void {
    this.#header(STRING, length)
  }

  string (content: Uint8Array): void {
    if (content.length !== 1 || content[0]! >= STRING) this.#header(STRING, content.length)
    this.bytes.set(content, this.#at)
    this.#at += content.length
  }

  /** A string of characters that are a byte each. */
  plain (content: string): void {
    if (content.length !== 1) this.#header(STRING, content.length)
    for (let i = 0; i < content.length; i++) this.bytes[this.#at++] = content.charCodeAt(i)
  }

  integer (value: number): void {
    if (value > 0 && value < STRING) {
      this.bytes[this.#at++] = value
      return
    }
    const length = value === 0 ? 0 : digits(value)
    this.bytes[this.#at++] = STRING + length
    this.#digits(value, length)
  }

  bigint (value: bigint): void {
    if (value <= 0xffff_ffffn) {
      this.integer(Number(value))
      return
    }
    const head = Number(value >> 32n)
    const length = digits(head)
    this.bytes[this.#at++] = STRING + length + 4
    this.#digits(head, length)
    this.#digits(Number(value & 0xffff_ffffn), 4)
  }

  #header (kind: number, length: number): void {
    if (length <= SHORT) {
      this.bytes[this.#at++] = kind + length
      return
    }
    const count = digits(length)
    this.bytes[this.#at++] = kind + SHORT + count
    this.#digits(length, count)
  }

  #digits (value: number, count: number): void {
    let rest = value
    for (let i = count - 1; i >= 0; i--) {
      this.bytes[this.#at + i] = rest % 256
      rest = Math.floor(rest / 256)
    }
    this.#at += count
  }
}

/** How many bytes a string or list of `length` content bytes takes, header included. */
export function sizeWithHeader (length: number): number {
  return length <= SHORT ? length + 1 : length + 1 + digits(length)
}

/** How many bytes a byte string takes. */
export function sizeOfString (content: Uint8Array): number {
  return content.length === 1 && content[0]! < STRING ? 1 : sizeWithHeader(content.length)
}

/** How many bytes a string of ASCII characters takes. */
export function sizeOfPlain (content: string): number {
  return content.length === 1 ? 1 : sizeWithHeader(content.length)
}

/** How many bytes an unsigned integer takes. */
export function sizeOfInteger (value: number): number {
  return value < STRING ? 1 : 1 + digits(value)
}

/** How many bytes an unsigned integer of up to 64 bits takes. */
export function sizeOfBigint (value: bigint): number {
  return value <= 0xffff_ffffn ? sizeOfInteger(Number(value)) : 5 + digits(Number(value >> 32n))
}

/** How many bytes the digits of a positive integer take. */
function digits (value: number): number {
  // As of nearly all lengths.
  if (value < 0x1_0000) return value < 0x100 ? 1 : 2
  let count = 2
  for (let rest = value; rest >= 0x1_0000; rest = Math.floor(rest / 256)) count++
  return count
}
