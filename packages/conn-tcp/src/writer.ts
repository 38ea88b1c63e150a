import { encode } from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import type { Socket } from 'node:net'

/** Bytes of ready messages that go out in one write. */
const MERGED = 61_440
/** Where the buffer of a write begins; most writes are a short message alone. */
const SMALL = 2048

/** The writing half of a conn: messages to as few writes as they fit in, no faster than the socket takes them. */
export class Writer {
  readonly #socket: Socket
  readonly #maxMessageSize: number
  #buffer: Buffer = Buffer.allocUnsafeSlow(0)
  #length = 0
  #scheduled = false
  #blocked = false
  #unblock: (() => void) | undefined

  constructor (socket: Socket, maxMessageSize: number) {
    this.#socket = socket
    this.#maxMessageSize = maxMessageSize
    socket.on('drain', () => this.release())
  }

  /** Writes all of `messages`; a message is copied before the next is asked for. */
  async write (messages: AsyncIterable<Uint8Array>): Promise<void> {
    await pipe(
      messages,
      source => encode(source, { maxDataLength: this.#maxMessageSize }),
      async pieces => {
        for await (const piece of pieces) {
          this.#append(piece)
          if (this.#blocked) await new Promise<void>(resolve => { this.#unblock = resolve })
        }
      }
    )
    this.flush()
    if (this.#blocked) await new Promise<void>(resolve => { this.#unblock = resolve })
  }

  /** Writes what is merged so far. */
  flush (): void {
    if (this.#length === 0) return
    const full = this.#buffer.subarray(0, this.#length)
    this.#buffer = Buffer.allocUnsafeSlow(0)
    this.#length = 0
    if (this.#socket.writable && !this.#socket.write(full)) this.#blocked = true
  }

  /** Lets `write` go on, to find that the conn is over. */
  release (): void {
    this.#blocked = false
    this.#unblock?.()
  }

  #append (piece: Uint8Array): void {
    if (this.#length + piece.length > MERGED) this.flush()
    this.#reserve(piece.length)
    this.#buffer.set(piece, this.#length)
    this.#length += piece.length
    if (this.#length >= MERGED) {
      this.flush()
    } else if (!this.#scheduled) {
      this.#scheduled = true
      // Runs once no promise job is left: nothing more is ready by then.
      process.nextTick(() => {
        this.#scheduled = false
        this.flush()
      })
    }
  }

  #reserve (length: number): void {
    const needed = this.#length + length
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(needed <= SMALL ? SMALL : Math.max(MERGED, needed))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}
