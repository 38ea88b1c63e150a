/**
 * The key with every bit from `bits` on set to zero: the lowest key of the subtree
 * that shares its first `bits` bits.
 */
export function prefixOf (key: Uint8Array, bits: number): Uint8Array {
  const prefix = new Uint8Array(key.length)
  const whole = Math.min(bits >> 3, key.length)
  prefix.set(key.subarray(0, whole))
  if (whole < key.length) prefix[whole] = key[whole]! & ~(0xff >> (bits & 7))
  return prefix
}

/** Whether the first `bits` bits of both keys agree. */
export function hasPrefix (key: Uint8Array, prefix: Uint8Array, bits: number): boolean {
  const whole = bits >> 3
  for (let i = 0; i < whole; i++) if (key[i] !== prefix[i]) return false
  const rest = bits & 7
  return rest === 0 || ((key[whole]! ^ prefix[whole]!) >> (8 - rest)) === 0
}

/** A copy of `key` with one bit turned over: the nearest relative in that bin. */
export function flipBit (key: Uint8Array, bit: number): Uint8Array {
  if (!Number.isInteger(bit) || bit < 0 || bit >= key.length * 8) throw new RangeError(`no such bit: ${bit}`)
  const flipped = key.slice()
  flipped[bit >> 3]! ^= 0x80 >> (bit & 7)
  return flipped
}

/**
 * One key of each bin of `base`, farthest bin first: the targets of lookups that
 * refresh a table.
 *
 * @param bins - how many bins, from 0. Defaults to the length of `base` in bits.
 */
export function * binTargets (base: Uint8Array, bins: number = base.length * 8): Generator<Uint8Array> {
  for (let po = 0; po < bins; po++) yield flipBit(base, po)
}
