import type { Socket } from 'node:net'
import { ConnError } from './errors.ts'
import type { TcpLimits } from './limits.ts'
import { Splitter } from './splitter.ts'

/**
 * Bytes that wait here unread before the socket is paused: two reads of one that was accepted, so that a quick reader
 * never pauses it, and one of one that was dialled.
 */
const HIGH_WATER = 131_072

/** Milliseconds that a timer may be late in a process that is only busy. */
const STALL = 1000

/** What brings the chunks of a socket that has no `data` events. */
export interface Intake {
  /** Takes a chunk, which is the taker's own. */
  push: (chunk: Uint8Array) => void
}

/** The reading half of a conn: chunks of a socket to messages, no faster than they are read. */
export class Reader {
  readonly #socket: Socket
  readonly #frameTimeout: number
  readonly #splitter: Splitter
  readonly #chunks: Uint8Array[] = []
  #waiting = 0
  #paused = false
  /** Milliseconds that we waited for the rest of the frame that has begun. */
  #waited = 0
  /** Nothing comes any more: the end, or why it broke. */
  #over: { readonly error: Error | undefined } | undefined
  #wake: (() => void) | undefined

  constructor (socket: Socket, limits: Required<TcpLimits>, intake?: Intake) {
    this.#socket = socket
    this.#frameTimeout = limits.frameTimeout
    this.#splitter = new Splitter(limits.maxMessageSize, limits.framePieces)
    const push = (chunk: Uint8Array): void => this.#push(chunk)
    if (intake === undefined) socket.on('data', push)
    else intake.push = push
    socket.on('end', () => this.end(undefined))
  }

  /**
   * The next message of those that are here already.
   *
   * @throws ConnError - if what came is no frame.
   */
  take (): Uint8Array | undefined {
    while (true) {
      const message = this.#splitter.next()
      if (message !== undefined) {
        this.#waited = 0
        return message
      }
      const chunk = this.#chunks.shift()
      if (chunk === undefined) return undefined
      this.#waiting -= chunk.length
      if (this.#paused && this.#chunks.length === 0) {
        this.#paused = false
        this.#socket.resume()
      }
      this.#splitter.add(chunk)
    }
  }

  /**
   * Waits for the next message, where {@link Reader.take} has none; `undefined` at the end.
   *
   * @throws ConnError - if what came is no frame, or took too long; and what the reader was ended with.
   */
  next (): Promise<Uint8Array | undefined> {
    // Between two messages, where most conns are most of the time, it waits in no function of its own.
    return this.#over === undefined && !this.#splitter.inside ? this.#arrival().then(() => this.#next()) : this.#next()
  }

  async #next (): Promise<Uint8Array | undefined> {
    while (true) {
      const message = this.take()
      if (message !== undefined) return message
      if (this.#over !== undefined) {
        if (this.#over.error !== undefined) throw this.#over.error
        if (this.#splitter.inside) throw new ConnError('CONN_BAD_FRAME', 'the remote ended inside a frame')
        return undefined
      }
      await (this.#splitter.inside ? this.#inTime() : this.#arrival())
    }
  }

  /** Lets the reader come to the end after what came before: to its end, or to an error. Idempotent. */
  end (error: Error | undefined): void {
    if (this.#over !== undefined) return
    this.#over = { error }
    this.#wake?.()
  }

  /** Reads on and throws it away, so that the remote's end is seen. */
  discard (): void {
    this.end(undefined)
    this.#chunks.length = 0
    this.#socket.resume()
  }

  #push (chunk: Uint8Array): void {
    if (this.#over !== undefined) return
    this.#chunks.push(chunk)
    this.#waiting += chunk.length
    if (this.#waiting >= HIGH_WATER) {
      this.#paused = true
      this.#socket.pause()
    }
    this.#wake?.()
  }

  /** Waits until something comes. */
  #arrival (): Promise<void> {
    return new Promise(resolve => { this.#wake = resolve })
  }

  /** Waits until something comes, no longer than the frame that has begun may take in all. */
  async #inTime (): Promise<void> {
    const began = performance.now()
    const left = this.#frameTimeout - this.#waited
    let late = false
    // What came while this process was busy is read before the verdict.
    const timer = setTimeout(() => setImmediate(() => { late = true; this.#wake?.() }), left)
    await this.#arrival()
    clearTimeout(timer)
    const took = performance.now() - began
    // A timer that comes much too late tells of a process that stood still, not of the remote.
    const stalled = took > left + STALL
    this.#waited = stalled ? 0 : this.#waited + took
    if (late && !stalled && this.#chunks.length === 0 && this.#over === undefined) {
      throw new ConnError('CONN_TIMEOUT', `a frame was not complete after ${this.#frameTimeout} ms`)
    }
  }
}
