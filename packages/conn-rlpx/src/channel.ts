import type { Conn } from '@skep/interface'
import { RlpxError } from './errors.ts'

/** What a channel needs of its session. */
export interface ChannelHost {
  /** Sends a message of this sub-protocol; resolves when there is room for the next. */
  send (code: number, payload: Uint8Array): Promise<void>
  /** Bytes waiting to be read have become fewer. */
  drained (): void
  /** The sub-protocol is over, and with it the session. */
  ended (reason: Error | undefined): void
}

/** One sub-protocol of an RLPx session: a message is its code as one byte, and its payload. */
export class RlpxChannel implements Conn {
  readonly maxMessageSize: number
  readonly source: AsyncIterable<Uint8Array>
  opened = false
  /** Bytes that wait to be read. */
  waiting = 0
  readonly #host: ChannelHost
  #queue: Uint8Array[] = []
  #head = 0
  #wake: (() => void) | undefined
  #isOver = false
  #failure: Error | undefined
  #isSinking = false

  constructor (host: ChannelHost, maxMessageSize: number) {
    this.#host = host
    this.maxMessageSize = maxMessageSize
    this.source = this.#read()
  }

  /** A message came. */
  receive (message: Uint8Array): void {
    if (this.#isOver) return
    this.#queue.push(message)
    this.waiting += message.length
    this.#wake?.()
  }

  /** The session is over: what came before can still be read, unless it broke. */
  finish (failure: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    if (failure !== undefined) {
      this.#queue = []
      this.waiting = 0
    }
    this.#wake?.()
  }

  async sink (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    if (this.#isSinking) throw new TypeError('a conn has one sink')
    this.#isSinking = true
    await this.#send(messages)
  }

  /** RLPx closes a sub-protocol only by closing the session, whose goodbye follows what was sunk. */
  async close (): Promise<void> {
    this.#host.ended(undefined)
  }

  abort (reason: Error): void {
    this.finish(reason)
    this.#host.ended(reason)
  }

  async #send (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    try {
      for await (const message of messages) {
        if (this.#isOver) throw this.#failure ?? new RlpxError('RLPX_CLOSED', 'the session is over')
        if (message.length === 0 || message.length > this.maxMessageSize) throw new RangeError(`a message of ${message.length} bytes, not 1 to ${this.maxMessageSize}`)
        await this.#host.send(message[0]!, message.subarray(1))
      }
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  async * #read (): AsyncGenerator<Uint8Array> {
    while (true) {
      while (this.#head < this.#queue.length) {
        const message = this.#queue[this.#head]!
        this.#queue[this.#head++] = EMPTY
        if (this.#head === this.#queue.length) {
          this.#queue = []
          this.#head = 0
        }
        this.waiting -= message.length
        this.#host.drained()
        yield message
      }
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isOver) return
      await new Promise<void>(resolve => { this.#wake = resolve })
      this.#wake = undefined
    }
  }
}

const EMPTY = new Uint8Array(0)
