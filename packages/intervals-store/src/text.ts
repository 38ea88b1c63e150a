import { IntervalsError } from './errors.ts'
import { MAX_INDEX } from './range.ts'

/** Writes a number in lower-case base 36 without padding, as the original does. */
export function formatBase36 (value: bigint): string {
  return value.toString(36)
}

/**
 * Reads a number in base 36, upper case accepted.
 *
 * @throws IntervalsError - `INTERVALS_TEXT` if it is none, or over 64 bits.
 */
export function parseBase36 (text: string, what: string): bigint {
  // Thirteen digits hold 2^64; more are only accepted as leading zeros.
  if (!/^[0-9a-z]+$/i.test(text)) throw new IntervalsError('INTERVALS_TEXT', `${what}: no base-36 number`)
  const digits = text.replace(/^0+(?=.)/, '').toLowerCase()
  if (digits.length > 13) throw new IntervalsError('INTERVALS_TEXT', `${what}: over 64 bits`)
  let value = 0n
  for (const digit of digits) value = value * 36n + BigInt(parseInt(digit, 36))
  if (value > MAX_INDEX) throw new IntervalsError('INTERVALS_TEXT', `${what}: over 64 bits`)
  return value
}
