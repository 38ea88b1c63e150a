import { decode } from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import type { Socket } from 'node:net'
import type { Uint8ArrayList } from 'uint8arraylist'
import { ConnError } from './errors.ts'
import type { TcpLimits } from './limits.ts'
import { MAX_PREFIX, strictPrefix } from './prefix.ts'

/** Bytes that wait here unread before the socket is paused. */
const HIGH_WATER = 65_536

/** The reading half of a conn: chunks of a socket to messages, no faster than they are read. */
export class Reader {
  readonly messages: AsyncIterator<Uint8Array>
  readonly #socket: Socket
  readonly #limits: Required<TcpLimits>
  readonly #chunks: Uint8Array[] = []
  #waiting = 0
  /** Bytes taken from the socket, and those of them in frames that are complete. */
  #taken = 0
  #framed = 0
  /** Chunks since the last complete frame, and milliseconds that we waited for them. */
  #pieces = 0
  #waited = 0
  /** Nothing comes any more: the end, or why it broke. */
  #over: { readonly error?: Error } | undefined
  #wake: (() => void) | undefined

  constructor (socket: Socket, limits: Required<TcpLimits>) {
    this.#socket = socket
    this.#limits = limits
    const prefix = strictPrefix()
    this.messages = pipe(
      this.#read(),
      chunks => decode(chunks, {
        lengthDecoder: prefix,
        maxLengthLength: MAX_PREFIX,
        maxDataLength: limits.maxMessageSize,
        onData: data => {
          this.#framed += prefix.bytes + data.byteLength
          this.#pieces = 0
          this.#waited = 0
        }
      }),
      owned
    )
    socket.on('data', (chunk: Uint8Array) => this.#push(chunk))
    socket.on('end', () => this.end())
  }

  /** Lets the reader come to the end, after what came before or at once with an error. Idempotent. */
  end (error?: Error): void {
    if (this.#over !== undefined) return
    this.#over = error === undefined ? {} : { error }
    this.#wake?.()
  }

  /** Reads on and throws it away, so that the remote's end is seen. */
  discard (): void {
    this.end()
    this.#chunks.length = 0
    this.#socket.resume()
  }

  #push (chunk: Uint8Array): void {
    if (this.#over !== undefined) return
    this.#chunks.push(chunk)
    this.#waiting += chunk.length
    if (this.#waiting >= HIGH_WATER) this.#socket.pause()
    this.#wake?.()
  }

  async * #read (): AsyncGenerator<Uint8Array> {
    while (true) {
      const chunk = this.#chunks.shift() ?? await this.#next()
      if (chunk === undefined) return
      this.#waiting -= chunk.length
      this.#taken += chunk.length
      if (++this.#pieces > this.#limits.framePieces) throw new ConnError('CONN_BAD_FRAME', `a frame in more than ${this.#limits.framePieces} pieces`)
      yield chunk
    }
  }

  /** Waits for a chunk; where a frame has begun, no longer than it may take. */
  async #next (): Promise<Uint8Array | undefined> {
    const { frameTimeout } = this.#limits
    let timer: NodeJS.Timeout | undefined
    let late = false
    const began = performance.now()
    if (this.#taken > this.#framed) {
      timer = setTimeout(() => { late = true; this.#wake?.() }, Math.max(0, frameTimeout - this.#waited))
    }
    try {
      while (true) {
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) return chunk
        if (this.#over !== undefined) {
          if (this.#over.error !== undefined) throw this.#over.error
          return undefined
        }
        if (late) throw new ConnError('CONN_TIMEOUT', `a frame was not complete after ${frameTimeout} ms`)
        if (this.#socket.isPaused()) this.#socket.resume()
        await new Promise<void>(resolve => { this.#wake = resolve })
        this.#wake = undefined
      }
    } finally {
      clearTimeout(timer)
      if (timer !== undefined) this.#waited += performance.now() - began
    }
  }
}

/**
 * Copies each message out of the chunks that it came in: the receiver owns it, and a short
 * message that is kept does not keep a whole chunk.
 */
async function * owned (messages: AsyncIterable<Uint8ArrayList>): AsyncGenerator<Uint8Array> {
  for await (const message of messages) yield new Uint8Array(message.subarray())
}
