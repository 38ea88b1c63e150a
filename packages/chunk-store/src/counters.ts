import { readU64, viewOf, writeU64 } from './bytes.ts'

/** Bins 0 to 16, the last holding everything nearer (architecture: native bins). */
export const BINS = 17

/** What the store counts. Written with every batch, so it is never out of step. */
export class Counters {
  /** The next number of the common sequence of arrivals and accesses. */
  next = 1
  /** Per bin the last index given out. */
  readonly last: number[] = Array.from({ length: BINS }, () => 0)
  /** Per bin the chunks that are here. */
  readonly live: number[] = Array.from({ length: BINS }, () => 0)

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
    }
    return copy
  }

  encode (): Uint8Array {
    const bytes = new Uint8Array(8 + 16 * BINS)
    const view = viewOf(bytes)
    writeU64(view, 0, this.next)
    for (let bin = 0; bin < BINS; bin++) {
      writeU64(view, 8 + 16 * bin, this.last[bin]!)
      writeU64(view, 16 + 16 * bin, this.live[bin]!)
    }
    return bytes
  }

  /** Reads counters; `undefined` when they are damaged. */
  static decode (bytes: Uint8Array): Counters | undefined {
    if (bytes.length !== 8 + 16 * BINS) return undefined
    const view = viewOf(bytes)
    const counters = new Counters()
    counters.next = readU64(view, 0)
    for (let bin = 0; bin < BINS; bin++) {
      counters.last[bin] = readU64(view, 8 + 16 * bin)
      counters.live[bin] = readU64(view, 16 + 16 * bin)
      if (counters.live[bin]! > counters.last[bin]!) return undefined
    }
    return counters
  }
}
