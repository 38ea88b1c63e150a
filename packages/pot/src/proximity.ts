/** Where to look when two keys are compared. */
export interface ProximityOptions {
  /** The first bit that counts: the caller knows the earlier ones to agree. Defaults to 0. */
  readonly from?: number
  /** Keys that agree on this many bits count as the same. Defaults to the length of the keys in bits. */
  readonly max?: number
}

/**
 * Counts the leading bits two keys share, most significant bit first: their
 * proximity order.
 *
 * A higher order means nearer. Equal keys give the cap, so a table of `max + 1`
 * bins needs no special case for self. Bits before `from` are not looked at, whether
 * they agree or not.
 *
 * @throws RangeError - if the keys differ in length, or an option is not a bit's number.
 *
 * @example
 * ```ts
 * import { proximity } from '@skep/pot'
 *
 * proximity(Uint8Array.of(0b1010_0000), Uint8Array.of(0b1011_0000)) // 3
 * proximity(Uint8Array.of(1, 2), Uint8Array.of(1, 2)) // 16
 * ```
 */
export function proximity (a: Uint8Array, b: Uint8Array, options?: ProximityOptions): number {
  if (a.length !== b.length) throw lengths(a, b)
  if (options === undefined) return sharedBits(a, b, 0, a.length * 8)
  const from = bit('from', options.from ?? 0)
  return sharedBits(a, b, from, capOf(a, bit('max', options.max ?? Infinity)))
}

/**
 * Compares two keys by their proximity order to `target`: -1 if `a` is in a nearer
 * bin, 1 if `b` is, 0 if both are in the same. For the exact order see `compareDistance`.
 *
 * @throws RangeError - if the keys differ in length.
 */
export function compareProximity (target: Uint8Array, a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  const difference = proximity(target, b) - proximity(target, a)
  return difference < 0 ? -1 : difference > 0 ? 1 : 0
}

/** The proximity order of keys that count as the same: `max`, or the key's length in bits if that is less. */
export function capOf (key: Uint8Array, max: number): number {
  return Math.min(max, key.length * 8)
}

/** {@link proximity} of keys already known to have one length; `cap` as from {@link capOf}. */
export function sharedBits (a: Uint8Array, b: Uint8Array, from: number, cap: number): number {
  let at = from >> 3
  const skipped = from & 7
  if (skipped !== 0 && at < a.length) {
    const differing = (a[at]! ^ b[at]!) & (0xff >> skipped)
    // clz32 counts over 32 bits; 24 of them lie above a byte.
    if (differing !== 0) return Math.min(cap, at * 8 + Math.clz32(differing) - 24)
    at++
  }
  for (; at < a.length; at++) {
    const differing = a[at]! ^ b[at]!
    if (differing !== 0) return Math.min(cap, at * 8 + Math.clz32(differing) - 24)
  }
  return cap
}

/** What to throw when two keys cannot be compared. */
export function lengths (a: Uint8Array, b: Uint8Array): RangeError {
  return new RangeError(`keys differ in length: ${a.length} and ${b.length} bytes`)
}

function bit (name: string, value: number): number {
  if (value === Infinity || (Number.isInteger(value) && value >= 0)) return value
  throw new RangeError(`${name} is not the number of a bit: ${value}`)
}
