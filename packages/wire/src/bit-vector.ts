import { malformed } from './errors.ts'

/**
 * A row of bits as WantedHashes carries it: bit `i` is in byte `i >> 3`, counted from the
 * least significant bit.
 *
 * @example
 * ```ts
 * import { BitVector } from '@skep/wire'
 *
 * const want = new BitVector(128)
 * want.set(3)
 * want.bytes.length // 17, as the original sends it
 * BitVector.from(want.bytes, 128).get(3) // true
 * ```
 */
export class BitVector {
  /** How many bits count. */
  readonly length: number
  /** The bits as they go on the wire. Bits beyond `length` are as the remote sent them. */
  readonly bytes: Uint8Array

  /**
   * Makes a row of zeros, of `floor(length / 8) + 1` bytes as the original does: one to spare
   * when 8 divides the length.
   *
   * @throws RangeError - if `length` is not a positive integer.
   */
  constructor (length: number, bytes?: Uint8Array) {
    if (!Number.isInteger(length) || length <= 0) throw new RangeError(`a bit vector of ${length} bits`)
    if (bytes !== undefined && bytes.length * 8 < length) throw new RangeError(`${bytes.length} bytes for ${length} bits`)
    this.length = length
    this.bytes = bytes ?? new Uint8Array((length >> 3) + 1)
  }

  /**
   * Reads the bits that a peer sent. More bytes than needed are kept as they are.
   *
   * @throws WireError - `WIRE_DECODE` if there are no bits, or too few bytes for them.
   */
  static from (bytes: Uint8Array, length: number): BitVector {
    if (!Number.isInteger(length) || length <= 0 || bytes.length * 8 < length) throw malformed(`${bytes.length} bytes for ${length} bits`)
    return new BitVector(length, bytes)
  }

  /** @throws RangeError - if there is no bit `i`. */
  get (i: number): boolean {
    this.#check(i)
    return (this.bytes[i >> 3]! & (1 << (i & 7))) !== 0
  }

  /** @throws RangeError - if there is no bit `i`. */
  set (i: number, on: boolean = true): void {
    this.#check(i)
    const mask = 1 << (i & 7)
    if (on) this.bytes[i >> 3]! |= mask
    else this.bytes[i >> 3]! &= ~mask
  }

  /** The set bits in order. */
  * ones (): Generator<number> {
    for (let i = 0; i < this.length; i++) {
      if ((this.bytes[i >> 3]! & (1 << (i & 7))) !== 0) yield i
    }
  }

  /** How many bits are set. */
  get count (): number {
    let count = 0
    for (const _ of this.ones()) count++
    return count
  }

  #check (i: number): void {
    if (!Number.isInteger(i) || i < 0 || i >= this.length) throw new RangeError(`bit ${i} of ${this.length}`)
  }
}
