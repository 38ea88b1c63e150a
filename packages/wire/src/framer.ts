import { Fifo } from './fifo.ts'
import { Pieces } from './pieces.ts'

/** The most bytes of frames that share one piece of memory. */
const SLAB = 65_536
/** The fewest: most messages are short, and alone. */
const SMALL = 2048
/** How many frames of the length at hand a new piece of memory is for. */
const COMPANY = 16
/** For the next frames of any session. */
const pieces = new Pieces([SLAB, SMALL])

/** A piece of memory, and how many frames in it are in use. */
interface Slab {
  readonly bytes: Uint8Array
  at: number
  live: number
}

/** What who has no frames has: nothing fits in. */
const NONE: Slab = { bytes: new Uint8Array(), at: 0, live: 0 }

/** A frame, and where it lies. */
interface Frame {
  readonly bytes: Uint8Array
  readonly slab: Slab
}

/**
 * Makes the frames of a sub-protocol's channel, each with a copy of its message, and keeps
 * them until they are taken.
 *
 * Frames share memory, which is used again once the conn is done with them. It is borrowed while there are
 * frames, so that whoever says nothing holds none.
 */
export class Framer {
  readonly #channel: number
  readonly #frames = new Fifo<Frame>()
  #current = NONE
  /** Where the frame lies that was taken last. */
  #taken: Slab | undefined
  #bytes = 0

  constructor (channel: number) {
    this.#channel = channel
  }

  /** Bytes of the frames that are kept. */
  get bytes (): number {
    return this.#bytes
  }

  /** The frame that is next. */
  get next (): Uint8Array | undefined {
    return this.#frames.first?.bytes
  }

  push (message: Uint8Array): void {
    const length = message.length + 1
    const slab = this.#room(length)
    const bytes = slab.bytes.subarray(slab.at, slab.at += length)
    bytes[0] = this.#channel
    bytes.set(message, 1)
    slab.live++
    this.#bytes += length
    this.#frames.push({ bytes, slab })
  }

  /** Takes the next frame, which must be there. It is good until {@link Framer.release}. */
  take (): Uint8Array {
    const { bytes, slab } = this.#frames.shift()!
    this.#taken = slab
    this.#bytes -= bytes.length
    return bytes
  }

  /** Gives back the memory of the frame that was taken last. */
  release (): void {
    const slab = this.#taken
    this.#taken = undefined
    if (slab === undefined || --slab.live > 0) return
    if (slab === this.#current) this.#current = NONE
    pieces.give(slab.bytes)
  }

  clear (): void {
    this.#frames.clear()
    this.#bytes = 0
    this.#taken = undefined
    this.#current = NONE
  }

  #room (length: number): Slab {
    if (this.#current.at + length > this.#current.bytes.length) {
      const size = Math.max(length, SMALL, Math.min(SLAB, COMPANY * length))
      this.#current = { bytes: pieces.take(size), at: 0, live: 0 }
    }
    return this.#current
  }
}
