import { ConnError } from './errors.ts'

/** Bytes of the longest length that we read: up to 2^28 - 1, far over any limit of ours. */
const PREFIX = 4
/** How many times its own size a message may keep alive. */
const FAIR = 16
const NOTHING = new Uint8Array()

/**
 * Splits a byte stream into the messages that `it-length-prefixed` frames: an unsigned
 * varint, then so many bytes.
 *
 * Messages are made when they are asked for, and memory is taken by what came, never by
 * what a length claims. Lengths are taken in their shortest form only.
 *
 * @example
 * ```ts
 * import { Splitter } from '@skep/conn-tcp'
 *
 * const splitter = new Splitter(131_072, 8192)
 * splitter.add(Uint8Array.of(2, 104, 105))
 * splitter.next() // the two bytes after the length
 * ```
 */
export class Splitter {
  readonly #maxMessageSize: number
  readonly #maxPieces: number
  #chunk: Uint8Array = NOTHING
  #at = 0
  /** The length so far, while its bytes come. */
  #length = 0
  #digits = 0
  /** Bytes that a begun message misses; -1 between messages. */
  #missing = -1
  /** A begun message, as far as it came in earlier chunks. */
  readonly #parts: Uint8Array[] = []
  #pieces = 0

  /**
   * @param maxMessageSize - a longer length is refused.
   * @param maxPieces - chunks that a frame may come in after its first.
   */
  constructor (maxMessageSize: number, maxPieces: number) {
    this.#maxMessageSize = maxMessageSize
    this.#maxPieces = maxPieces
  }

  /** Whether a frame has begun and is not complete. */
  get inside (): boolean {
    return this.#missing >= 0 || this.#digits > 0
  }

  /**
   * Takes the next chunk, once {@link Splitter.next} has nothing more.
   *
   * @throws ConnError - `CONN_BAD_FRAME` if a frame comes in too many pieces.
   */
  add (chunk: Uint8Array): void {
    if (this.inside && ++this.#pieces > this.#maxPieces) throw new ConnError('CONN_BAD_FRAME', `a frame in more than ${this.#maxPieces} pieces`)
    this.#chunk = chunk
    this.#at = 0
  }

  /**
   * The next message; `undefined` when the chunk holds no further one.
   *
   * @throws ConnError - `CONN_BAD_FRAME` or `CONN_MESSAGE_TOO_LONG`.
   */
  next (): Uint8Array | undefined {
    if (this.#missing < 0 && !this.#prefix()) return this.#spent()
    const chunk = this.#chunk
    const start = this.#at
    const end = start + this.#missing
    if (end > chunk.length) {
      if (start < chunk.length) this.#parts.push(chunk.subarray(start))
      this.#missing = end - chunk.length
      return this.#spent()
    }
    this.#at = end
    this.#missing = -1
    this.#pieces = 0
    if (this.#parts.length > 0) return this.#join(chunk.subarray(start, end))
    // A message keeps its chunk alive where it makes up a fair part of it; else it is copied.
    const { buffer, byteOffset } = chunk
    const message = new Uint8Array(buffer, byteOffset + start, end - start)
    return buffer.byteLength <= FAIR * message.length ? message : message.slice()
  }

  /** Lets the chunk go: the next may be long in coming. */
  #spent (): undefined {
    this.#chunk = NOTHING
    this.#at = 0
  }

  /** Reads a length as far as it came; whether it is complete. */
  #prefix (): boolean {
    const chunk = this.#chunk
    while (this.#at < chunk.length) {
      const byte = chunk[this.#at++]!
      this.#length += (byte & 0x7f) << (7 * this.#digits)
      this.#digits++
      if (byte < 0x80) {
        if (byte === 0 && this.#digits > 1) throw new ConnError('CONN_BAD_FRAME', 'a length in more bytes than it needs')
        if (this.#length > this.#maxMessageSize) throw new ConnError('CONN_MESSAGE_TOO_LONG', `${this.#length} > ${this.#maxMessageSize}`)
        this.#missing = this.#length
        this.#length = this.#digits = 0
        return true
      }
      if (this.#digits === PREFIX) throw new ConnError('CONN_BAD_FRAME', `a length of more than ${PREFIX} bytes`)
    }
    return false
  }

  #join (last: Uint8Array): Uint8Array {
    this.#parts.push(last)
    const message = new Uint8Array(this.#parts.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const part of this.#parts) {
      message.set(part, at)
      at += part.length
    }
    this.#parts.length = 0
    return message
  }
}
