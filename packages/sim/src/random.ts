import type { Random } from '@skep/interface'

/**
 * Randomness that a seed repeats. Not for keys.
 *
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), seeded with splitmix32.
 */
export class SeededRandom implements Random {
  readonly seed: number
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** @param seed - any integer; its low 32 bits count. */
  constructor (seed: number) {
    this.seed = seed
    let state = seed | 0
    const mix = (): number => {
      state = (state + 0x9e3779b9) | 0
      let z = state
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
      return z ^ (z >>> 15)
    }
    this.#a = mix()
    this.#b = mix()
    this.#c = mix()
    // The generator's author asks for this many rounds before the first output.
    for (let i = 0; i < 15; i++) this.uint32()
  }

  uint32 (): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  bytes (n: number): Uint8Array {
    const out = new Uint8Array(n)
    for (let at = 0; at < n; at += 4) {
      const word = this.uint32()
      for (let i = 0; i < 4 && at + i < n; i++) out[at + i] = word >>> (8 * i)
    }
    return out
  }

  float (): number {
    return ((this.uint32() >>> 5) * 67_108_864 + (this.uint32() >>> 6)) / 9_007_199_254_740_992
  }

  /** An integer in `[0, below)`. */
  integer (below: number): number {
    return Math.floor(this.float() * below)
  }

  /** One of `items`, which must not be empty. */
  pick<T> (items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from')
    return items[this.integer(items.length)]!
  }

  /** A generator of its own, that leaves this one's sequence alone but for one step. */
  fork (): SeededRandom {
    return new SeededRandom(this.uint32())
  }
}
