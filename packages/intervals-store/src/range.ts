/** The largest index: 2^64 - 1. */
export const MAX_INDEX = 0xffff_ffff_ffff_ffffn

/** An inclusive range of indices. */
export type Range = readonly [from: bigint, to: bigint]

/** A gap; without `to` it is open ended. */
export interface Gap {
  readonly from: bigint
  readonly to: bigint | undefined
}

/** Refuses what is no range of unsigned 64-bit numbers. */
export function checkRange (from: bigint, to: bigint): void {
  if (from < 0n || to > MAX_INDEX) throw new RangeError(`${from} to ${to} is outside of 64 bits`)
  if (from > to) throw new RangeError(`${from} to ${to} is no range`)
}
