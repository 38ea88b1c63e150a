import type { Conn } from '@skep/interface'
import type { Socket } from 'node:net'
import { ConnError } from './errors.ts'
import { DEFAULT_LIMITS, type TcpLimits } from './limits.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** A conn of length-prefixed messages over a connected socket, which it owns from then on. */
export class TcpConn implements Conn {
  readonly maxMessageSize: number
  readonly source: AsyncIterable<Uint8Array>
  readonly #socket: Socket
  readonly #limits: Required<TcpLimits>
  readonly #reader: Reader
  readonly #writer: Writer
  readonly #ended: Promise<void>
  #sinking = false
  /** Set when this end closed or aborted, or the other went away. */
  #over: Error | undefined
  /** Whether our source is to throw `#over`, or to end. */
  #broken = false
  #closing: Promise<void> | undefined
  /** Rejects the running sink. */
  #cut: ((reason: Error) => void) | undefined

  constructor (socket: Socket, limits: TcpLimits = {}) {
    this.#socket = socket
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
    this.maxMessageSize = this.#limits.maxMessageSize
    this.#ended = new Promise(resolve => socket.once('close', () => resolve()))
    socket.setNoDelay(true)
    socket.on('error', (cause: Error) => this.#break(new ConnError('CONN_RESET', cause.message, { cause })))
    this.#reader = new Reader(socket, this.#limits)
    this.#writer = new Writer(socket, this.maxMessageSize)
    socket.on('end', () => this.#stop(new ConnError('CONN_CLOSED', 'the remote closed')))
    // After an orderly end this finds everything settled.
    socket.on('close', () => this.#break(new ConnError('CONN_RESET', 'the connection is gone')))
    const reader: AsyncIterator<Uint8Array> = { next: async () => this.#next() }
    this.source = { [Symbol.asyncIterator]: () => reader }
    if (socket.destroyed) this.#break(new ConnError('CONN_RESET', 'the connection is gone'))
  }

  async sink (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    if (this.#sinking) throw new TypeError('a conn has one sink')
    this.#sinking = true
    if (this.#over !== undefined) throw this.#over
    const cut = new Promise<never>((_, reject) => { this.#cut = reject })
    try {
      await Promise.race([cut, this.#writer.write(this.#checked(messages))])
    } finally {
      this.#cut = undefined
    }
  }

  async close (): Promise<void> {
    this.#closing ??= this.#end()
    await this.#closing
  }

  abort (reason: Error): void {
    this.#break(reason)
  }

  async #end (): Promise<void> {
    if (!this.#socket.destroyed) {
      this.#stop(new ConnError('CONN_CLOSED', 'the conn is closed'))
      this.#writer.flush()
      this.#socket.end()
      // Unread data in our buffers would make the system reset the connection, and lose what we sent.
      this.#reader.discard()
      const timer = setTimeout(() => this.#socket.destroy(), this.#limits.closeTimeout)
      await this.#ended
      clearTimeout(timer)
    }
  }

  /** Lets nothing more out. */
  #stop (reason: Error): void {
    if (this.#over !== undefined) return
    this.#over = reason
    this.#cut?.(reason)
    this.#writer.release()
  }

  /** Tears everything down. */
  #break (reason: Error): void {
    if (this.#over === undefined) {
      this.#broken = true
      this.#stop(reason)
      this.#reader.end(reason)
    } else {
      this.#reader.end(this.#closing === undefined ? reason : undefined)
    }
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy()
  }

  async #next (): Promise<IteratorResult<Uint8Array>> {
    if (this.#broken) throw this.#over!
    if (this.#closing !== undefined) return { done: true, value: undefined }
    try {
      return await this.#reader.messages.next()
    } catch (error) {
      if (this.#broken) throw this.#over!
      if (this.#closing !== undefined) return { done: true, value: undefined }
      const fault = error instanceof ConnError ? error : badFrame(error)
      this.#break(fault)
      throw fault
    }
  }

  /** Refuses messages over the limit and stops when the conn does. */
  async * #checked (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const message of messages) {
      if (this.#over !== undefined) throw this.#over
      if (message.length > this.maxMessageSize) {
        const error = new ConnError('CONN_MESSAGE_TOO_LONG', `${message.length} > ${this.maxMessageSize}`)
        this.#break(error)
        throw error
      }
      yield message
    }
  }
}

/** What the splitter of frames threw, as one of ours. */
function badFrame (cause: unknown): ConnError {
  const name = cause instanceof Error ? cause.name : ''
  if (name === 'InvalidDataLengthError') return new ConnError('CONN_MESSAGE_TOO_LONG', 'the remote sent a message over the limit', { cause })
  if (name === 'UnexpectedEOFError') return new ConnError('CONN_BAD_FRAME', 'the remote ended inside a frame', { cause })
  return new ConnError('CONN_BAD_FRAME', 'what came is no frame', { cause })
}
