const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The part of a source of randomness that making addresses needs. */
export interface RandomBytes {
  /** Makes `n` fresh random bytes. */
  bytes (n: number): Uint8Array
}

/** Writes bytes as lower-case hexadecimal digits, without a prefix. */
export function toHex (bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += DIGITS[bytes[i]!]
  return text
}

/**
 * Makes a short text of bytes, the same for the same bytes, to look them up by in a Map: one
 * character a byte.
 */
export function keyOf (bytes: Uint8Array): string {
  // Nearly all are addresses.
  return bytes.length === 32 ? keyAt(bytes, 0) : String.fromCharCode.apply(null, bytes as unknown as number[])
}

/** The {@link keyOf} of the 32 bytes from `at` on, of which there must be so many. */
export function keyAt (bytes: Uint8Array, at: number): string {
  // Spelt out it takes a third of the time.
  const b = bytes
  return String.fromCharCode(
    b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!, b[at + 4]!, b[at + 5]!, b[at + 6]!, b[at + 7]!,
    b[at + 8]!, b[at + 9]!, b[at + 10]!, b[at + 11]!, b[at + 12]!, b[at + 13]!, b[at + 14]!, b[at + 15]!,
    b[at + 16]!, b[at + 17]!, b[at + 18]!, b[at + 19]!, b[at + 20]!, b[at + 21]!, b[at + 22]!, b[at + 23]!,
    b[at + 24]!, b[at + 25]!, b[at + 26]!, b[at + 27]!, b[at + 28]!, b[at + 29]!, b[at + 30]!, b[at + 31]!
  )
}

/**
 * Reads hexadecimal digits of either case, without a prefix.
 *
 * @throws RangeError - if there is anything else, or an odd number of digits.
 */
export function fromHex (text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) throw new RangeError('not an even number of hexadecimal digits')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** Writes bytes as binary digits, most significant first. */
export function toBinary (bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')
}

/**
 * Reads binary digits, most significant first, and fills up with zeros on the right:
 * a short way to write an address in a test.
 *
 * @param length - the number of bytes to make. Defaults to 32.
 * @throws RangeError - if there is another character, or more digits than fit.
 */
export function fromBinary (digits: string, length = 32): Uint8Array {
  if (!/^[01]*$/.test(digits) || digits.length > length * 8) throw new RangeError(`not up to ${length * 8} binary digits`)
  const bytes = new Uint8Array(length)
  for (let i = 0; i < digits.length; i++) if (digits[i] === '1') bytes[i >> 3]! |= 0x80 >> (i & 7)
  return bytes
}

/** Whether `value` has the shape of an overlay address: 32 bytes. */
export function isAddress (value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === 32
}

/**
 * Makes a random key of exactly the given proximity order to `base`: it shares the
 * first `po` bits, differs in the next, and the rest is random.
 *
 * @param po - from 0 to the length of `base` in bits, which gives a copy of it.
 * @throws RangeError - if `po` is outside of that.
 *
 * @example
 * ```ts
 * import { proximity, randomAddressAt } from '@skep/pot'
 *
 * const random = { bytes: (n: number) => crypto.getRandomValues(new Uint8Array(n)) }
 * const base = random.bytes(32)
 * proximity(base, randomAddressAt(random, base, 12)) // 12
 * ```
 */
export function randomAddressAt (random: RandomBytes, base: Uint8Array, po: number): Uint8Array {
  if (!Number.isInteger(po) || po < 0 || po > base.length * 8) throw new RangeError(`no proximity order of ${base.length} bytes: ${po}`)
  const made = random.bytes(base.length)
  const whole = po >> 3
  made.set(base.subarray(0, whole))
  if (whole === base.length) return made
  const differing = 0x80 >> (po & 7)
  const rest = differing - 1
  made[whole] = (base[whole]! & ~rest) ^ differing | (made[whole]! & rest)
  return made
}
