import { readU64, writeU64 } from './bytes.ts'

/** Bins 0 to 16, the last holding everything nearer (architecture: native bins). */
export const BINS = 17

/** Bytes for each bin, and in all. Part of the format on disk. */
const EACH = 32
const OTHER = 8 + EACH * BINS
const SIZE = OTHER + 8 * BINS

/** What the store counts. Written with every batch, so it is never out of step. */
export class Counters {
  /** The next number of the common sequence of arrivals and accesses. */
  next = 1
  /** Per bin the last index given out. */
  readonly last: number[] = Array.from({ length: BINS }, () => 0)
  /** Per bin the chunks that are here. */
  readonly live: number[] = Array.from({ length: BINS }, () => 0)
  /** Per bin the index up to which every chunk that may be deleted stands in the order of access. */
  readonly swept: number[] = Array.from({ length: BINS }, () => 0)
  /** Per bin the chunks that went without anybody's wish: to make room, or damaged. */
  readonly lost: number[] = Array.from({ length: BINS }, () => 0)
  /** Per bin the last index given to a chunk that is not content. */
  readonly other: number[] = Array.from({ length: BINS }, () => 0)

  /** Chunks that are here. */
  get size (): number {
    return this.live.reduce((sum, n) => sum + n, 0)
  }

  clone (): Counters {
    const copy = new Counters()
    copy.next = this.next
    for (let bin = 0; bin < BINS; bin++) {
      copy.last[bin] = this.last[bin]!
      copy.live[bin] = this.live[bin]!
      copy.swept[bin] = this.swept[bin]!
      copy.lost[bin] = this.lost[bin]!
      copy.other[bin] = this.other[bin]!
    }
    return copy
  }

  encode (): Uint8Array {
    const bytes = new Uint8Array(SIZE)
    writeU64(bytes, 0, this.next)
    for (let bin = 0; bin < BINS; bin++) {
      writeU64(bytes, 8 + EACH * bin, this.last[bin]!)
      writeU64(bytes, 16 + EACH * bin, this.live[bin]!)
      writeU64(bytes, 24 + EACH * bin, this.swept[bin]!)
      writeU64(bytes, 32 + EACH * bin, this.lost[bin]!)
      writeU64(bytes, OTHER + 8 * bin, this.other[bin]!)
    }
    return bytes
  }

  /** Reads counters; `undefined` when they are damaged. */
  static decode (bytes: Uint8Array): Counters | undefined {
    if (bytes.length !== SIZE) return undefined
    const counters = new Counters()
    counters.next = readU64(bytes, 0)
    for (let bin = 0; bin < BINS; bin++) {
      counters.last[bin] = readU64(bytes, 8 + EACH * bin)
      counters.live[bin] = readU64(bytes, 16 + EACH * bin)
      counters.swept[bin] = readU64(bytes, 24 + EACH * bin)
      counters.lost[bin] = readU64(bytes, 32 + EACH * bin)
      counters.other[bin] = readU64(bytes, OTHER + 8 * bin)
      if (counters.live[bin]! > counters.last[bin]! || counters.swept[bin]! > counters.last[bin]!) return undefined
    }
    return counters
  }
}
