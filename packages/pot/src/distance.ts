import { toHex } from './address.ts'
import { lengths } from './proximity.ts'

/**
 * Compares two keys by their exact XOR distance to `target`: -1 if `a` is nearer, 1 if
 * `b` is, 0 if they are the same key.
 *
 * @throws RangeError - if the keys differ in length.
 *
 * @example
 * ```ts
 * import { compareDistance } from '@skep/pot'
 *
 * const target = Uint8Array.of(0b1000)
 * const keys = [Uint8Array.of(0b0000), Uint8Array.of(0b1011), Uint8Array.of(0b1001)]
 * keys.sort((a, b) => compareDistance(target, a, b)) // 1001, 1011, 0000
 * ```
 */
export function compareDistance (target: Uint8Array, a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  if (a.length !== b.length) throw lengths(a, b)
  if (target.length !== a.length) throw lengths(target, a)
  for (let i = 0; i < target.length; i++) {
    const difference = (target[i]! ^ a[i]!) - (target[i]! ^ b[i]!)
    if (difference !== 0) return difference < 0 ? -1 : 1
  }
  return 0
}

/**
 * The XOR distance as bytes, most significant first.
 *
 * @throws RangeError - if the keys differ in length.
 */
export function distanceBytes (a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length !== b.length) throw lengths(a, b)
  return a.map((byte, i) => byte ^ b[i]!)
}

/**
 * The XOR distance as a number. Its logarithm is what proximity order rounds: for
 * 32-byte keys `proximity` is 255 minus the whole part of log2 of the distance.
 *
 * @throws RangeError - if the keys differ in length.
 */
export function distance (a: Uint8Array, b: Uint8Array): bigint {
  return BigInt(`0x0${toHex(distanceBytes(a, b))}`)
}
