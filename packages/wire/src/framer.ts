/** The most bytes of frames that share one piece of memory. */
const SLAB = 65_536
/** How many frames of the length at hand a new piece of memory is for. */
const COMPANY = 16
/** Pieces of full size that are kept for the next frames of any session. */
const KEPT = 16
const kept: Uint8Array[] = []

/** A piece of memory, and how many frames in it are in use. */
interface Slab {
  readonly bytes: Uint8Array
  at: number
  live: number
}

/**
 * Makes the frames of a sub-protocol's channel, each with a copy of its message, and keeps
 * them until they are taken.
 *
 * Frames share memory, which is used again once the conn is done with them: taking fresh
 * memory for each costs more than copying the message.
 */
export class Framer {
  readonly #channel: number
  readonly #frames: Uint8Array[] = []
  /** Where each frame lies. */
  readonly #slabs: Slab[] = []
  #current: Slab = { bytes: new Uint8Array(), at: 0, live: 0 }
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
    return this.#frames[0]
  }

  push (message: Uint8Array): void {
    const length = message.length + 1
    const slab = this.#room(length)
    const frame = slab.bytes.subarray(slab.at, slab.at += length)
    frame[0] = this.#channel
    frame.set(message, 1)
    slab.live++
    this.#bytes += length
    this.#frames.push(frame)
    this.#slabs.push(slab)
  }

  /** Takes the next frame, which must be there. It is good until {@link Framer.release}. */
  take (): Uint8Array {
    const frame = this.#frames.shift()!
    this.#taken = this.#slabs.shift()
    this.#bytes -= frame.length
    return frame
  }

  /** Gives back the memory of the frame that was taken last. */
  release (): void {
    const slab = this.#taken
    this.#taken = undefined
    if (slab === undefined || --slab.live > 0) return
    if (slab === this.#current) slab.at = 0
    else if (slab.bytes.length === SLAB && kept.length < KEPT) kept.push(slab.bytes)
  }

  clear (): void {
    this.#frames.length = this.#slabs.length = this.#bytes = 0
    this.#taken = undefined
    this.#current = { bytes: new Uint8Array(), at: 0, live: 0 }
  }

  #room (length: number): Slab {
    if (this.#current.at + length > this.#current.bytes.length) {
      const size = Math.max(length, Math.min(SLAB, COMPANY * length))
      this.#current = { bytes: (size === SLAB ? kept.pop() : undefined) ?? new Uint8Array(size), at: 0, live: 0 }
    }
    return this.#current
  }
}
