import type { Socket } from 'node:net'

/** Bytes of ready messages that go out in one write. */
const MERGED = 61_440
/** Bytes of the buffer that a write begins in; most writes are a short message alone. */
const SMALL = 2048
/** Buffers of full size that are kept for the next writes of any conn. */
const KEPT = 16
const kept: Buffer[] = []
const EMPTY = Buffer.alloc(0)
/** Bytes of the longest length prefix that we write. */
const PREFIX = 4

/** The writing half of a conn: messages to as few writes as they fit in, no faster than the socket takes them. */
export class Writer {
  readonly #socket: Socket
  #buffer: Buffer = EMPTY
  #length = 0
  #scheduled = false
  #blocked = false
  #unblock: (() => void) | undefined

  constructor (socket: Socket) {
    this.#socket = socket
    socket.on('drain', () => this.release())
  }

  /** Whether the next message is to wait for {@link Writer.room}. */
  get full (): boolean {
    return this.#blocked
  }

  /** Waits until the socket takes more, or nothing any more. */
  async room (): Promise<void> {
    while (this.#blocked) await new Promise<void>(resolve => { this.#unblock = resolve })
  }

  /** Lets everyone go on, to find that the conn is over. */
  release (): void {
    this.#blocked = false
    this.#unblock?.()
  }

  /**
   * Takes a copy of a message, with its length before it as `it-length-prefixed` has it.
   *
   * The library makes an object of every message, which is a third of the cost of sending one.
   */
  append (message: Uint8Array): void {
    const { length } = message
    if (this.#length + PREFIX + length > MERGED) this.flush()
    this.#reserve(PREFIX + length)
    const buffer = this.#buffer
    let at = this.#length
    let rest = length
    for (; rest >= 0x80; rest >>>= 7) buffer[at++] = (rest & 0x7f) | 0x80
    buffer[at++] = rest
    buffer.set(message, at)
    this.#length = at + length
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

  /** Writes what is merged so far. */
  flush (): void {
    if (this.#length === 0) return
    const buffer = this.#buffer
    const full = buffer.subarray(0, this.#length)
    this.#buffer = EMPTY
    this.#length = 0
    if (!this.#socket.writable) return
    const taken = this.#socket.write(full, () => {
      if (buffer.length === MERGED && kept.length < KEPT) kept.push(buffer)
    })
    if (!taken) this.#blocked = true
  }

  #reserve (length: number): void {
    const needed = this.#length + length
    if (needed <= this.#buffer.length) return
    const grown = needed <= SMALL
      ? Buffer.allocUnsafeSlow(SMALL)
      : (needed <= MERGED ? kept.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(MERGED, needed))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}
