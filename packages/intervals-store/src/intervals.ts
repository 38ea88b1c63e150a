import { IntervalsError } from './errors.ts'
import { checkRange, MAX_INDEX, type Gap, type Range } from './range.ts'
import { formatBase36, parseBase36 } from './text.ts'

/** An index as callers have it: a bigint, or a safe integer. */
export type Index = bigint | number

/**
 * The set of indices that are covered, as ordered, disjoint, merged ranges.
 *
 * Indices are unsigned and 64 bits wide; both ends of a range are inclusive. What
 * lies below `start` is not part of the set, whatever is added.
 *
 * @example
 * ```ts
 * import { Intervals } from '@skep/intervals-store'
 *
 * const covered = new Intervals()
 * covered.add(0, 99)
 * covered.add(120, 140)
 * covered.next() // { from: 100n, to: 119n }
 * covered.marshal() // '0;0,2r;3c,3w'
 * ```
 */
export class Intervals {
  readonly start: bigint
  #ranges: [from: bigint, to: bigint][] = []

  /** @throws RangeError - if `start` is no unsigned 64-bit number. */
  constructor (start: Index = 0n) {
    this.start = BigInt(start)
    checkRange(this.start, MAX_INDEX)
  }

  /**
   * Reads the original's text form, and normalises it: ranges in any order,
   * overlapping or below the start are put right, inverted ones are left out.
   *
   * @throws IntervalsError - `INTERVALS_TEXT` if the text is malformed.
   */
  static unmarshal (text: string): Intervals {
    const [first, ...rest] = text.split(';')
    const intervals = new Intervals(parseBase36(first ?? '', 'start'))
    for (const [i, part] of rest.entries()) {
      const comma = part.indexOf(',')
      if (comma < 0) throw new IntervalsError('INTERVALS_TEXT', `range ${i + 1} has fewer than 2 elements`)
      const from = parseBase36(part.slice(0, comma), `first element of range ${i + 1}`)
      const to = parseBase36(part.slice(comma + 1), `second element of range ${i + 1}`)
      if (from <= to) intervals.add(from, to)
    }
    return intervals
  }

  /** Makes intervals of ranges in any order. */
  static of (ranges: Iterable<readonly [Index, Index]>, start: Index = 0n): Intervals {
    const intervals = new Intervals(start)
    for (const [from, to] of ranges) intervals.add(from, to)
    return intervals
  }

  /**
   * Covers `from` to `to`, both included.
   *
   * @throws RangeError - if `from > to` or either is no unsigned 64-bit number; nothing changes then.
   */
  add (from: Index, to: Index): void {
    let low = BigInt(from)
    let high = BigInt(to)
    checkRange(low, high)
    if (high < this.start) return
    if (low < this.start) low = this.start
    const ranges = this.#ranges
    // `first` is the first range that overlaps or touches, `end` the one after the last such.
    const first = this.#find(low === 0n ? 0n : low - 1n)
    let end = first
    for (; end < ranges.length && ranges[end]![0] <= (high === MAX_INDEX ? high : high + 1n); end++) {
      const [a, b] = ranges[end]!
      if (a < low) low = a
      if (b > high) high = b
    }
    ranges.splice(first, end - first, [low, high])
  }

  /** Uncovers `from` to `to`, both included. @throws RangeError - as {@link Intervals.add} does. */
  subtract (from: Index, to: Index): void {
    const low = BigInt(from)
    const high = BigInt(to)
    checkRange(low, high)
    const first = this.#find(low)
    const kept: [bigint, bigint][] = []
    let end = first
    for (; end < this.#ranges.length && this.#ranges[end]![0] <= high; end++) {
      const [a, b] = this.#ranges[end]!
      if (a < low) kept.push([a, low - 1n])
      if (b > high) kept.push([high + 1n, b])
    }
    this.#ranges.splice(first, end - first, ...kept)
  }

  /** Covers all that `other` covers. Its start is ignored. */
  merge (other: Intervals): void {
    for (const [from, to] of [...other]) this.add(from, to)
  }

  /** The first gap at or after `from` (the start if absent); `undefined` when nothing is left below 2^64. */
  next (from: Index = this.start): Gap | undefined {
    let low = BigInt(from)
    if (low < this.start) low = this.start
    let at = this.#find(low)
    const range = this.#ranges[at]
    if (range !== undefined && range[0] <= low) {
      if (range[1] === MAX_INDEX) return undefined
      low = range[1] + 1n
      at++
    }
    const after = this.#ranges[at]
    return { from: low, to: after === undefined ? undefined : after[0] - 1n }
  }

  /** Every gap between `from` and `to`, both included, in order. */
  gaps (from: Index, to: Index): Range[] {
    const end = BigInt(to)
    const gaps: Range[] = []
    let at = BigInt(from)
    while (at <= end) {
      const gap = this.next(at)
      if (gap === undefined || gap.from > end) break
      const last = gap.to === undefined || gap.to > end ? end : gap.to
      gaps.push([gap.from, last])
      at = last + 1n
    }
    return gaps
  }

  /** The end of the last range; 0 when nothing is covered. */
  last (): bigint {
    return this.#ranges.at(-1)?.[1] ?? 0n
  }

  /** Whether every index from `from` to `to` is covered. */
  covers (from: Index, to: Index): boolean {
    const low = BigInt(from)
    const high = BigInt(to)
    checkRange(low, high)
    const range = this.#ranges[this.#find(low)]
    return range !== undefined && range[0] <= low && range[1] >= high
  }

  /** How many ranges there are. */
  get length (): number {
    return this.#ranges.length
  }

  /** Whether both have the same start and cover the same. */
  equals (other: Intervals): boolean {
    return this.marshal() === other.marshal()
  }

  /** A copy that changes on its own. */
  clone (): Intervals {
    const copy = new Intervals(this.start)
    copy.#ranges = this.#ranges.map(([from, to]) => [from, to])
    return copy
  }

  /** The ranges in order, as they are while iterating. */
  * [Symbol.iterator] (): Generator<Range> {
    for (const [from, to] of this.#ranges) yield [from, to]
  }

  /** The original's display form, `[[0 2] [5 9]]`. */
  toString (): string {
    return `[${this.#ranges.map(([from, to]) => `[${from} ${to}]`).join(' ')}]`
  }

  /** The original's text form, `0;0,2r;3c,3w`: start and ranges in base 36. */
  marshal (): string {
    return [
      formatBase36(this.start),
      ...this.#ranges.map(([from, to]) => `${formatBase36(from)},${formatBase36(to)}`)
    ].join(';')
  }

  /** Where the first range lies that ends at or after `index`. */
  #find (index: bigint): number {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#ranges[middle]![1] < index) low = middle + 1
      else high = middle
    }
    return low
  }
}
