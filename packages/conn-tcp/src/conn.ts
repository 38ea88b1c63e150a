import type { Conn, EagerIterator } from '@skep/interface'
import type { Socket } from 'node:net'
import { ConnError } from './errors.ts'
import { DEFAULT_LIMITS, type TcpLimits } from './limits.ts'
import { Reader, type Intake } from './reader.ts'
import { Writer } from './writer.ts'

/** The largest message whose length a prefix of four bytes holds. */
const MOST = 2 ** 28 - 1

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

  /** @param intake - brings what the socket reads, where it has no `data` events. */
  constructor (socket: Socket, limits: TcpLimits = {}, intake?: Intake) {
    this.#socket = socket
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
    this.maxMessageSize = this.#limits.maxMessageSize
    if (this.maxMessageSize > MOST) throw new RangeError(`messages of up to ${this.maxMessageSize} bytes are over ${MOST}`)
    this.#ended = new Promise(resolve => socket.once('close', () => resolve()))
    socket.setNoDelay(true)
    socket.on('error', (cause: Error) => this.#break(new ConnError('CONN_RESET', cause.message, { cause })))
    this.#reader = new Reader(socket, this.#limits, intake)
    this.#writer = new Writer(socket)
    socket.on('end', () => this.#stop(new ConnError('CONN_CLOSED', 'the remote closed')))
    // After an orderly end this finds everything settled.
    socket.on('close', () => this.#break(new ConnError('CONN_RESET', 'the connection is gone')))
    const reader: EagerIterator<Uint8Array> = { next: () => this.#next(), take: () => this.#take() }
    this.source = { [Symbol.asyncIterator]: () => reader }
    if (socket.destroyed) this.#break(new ConnError('CONN_RESET', 'the connection is gone'))
  }

  sink (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    if (this.#sinking) return Promise.reject(new TypeError('a conn has one sink'))
    this.#sinking = true
    if (this.#over !== undefined) return Promise.reject(this.#over)
    // What waits as long as the conn lives waits in as few functions as may be: most conns are idle.
    return new Promise<void>((resolve, reject) => {
      this.#cut = reject
      this.#send(messages).then(resolve, reject)
    })
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
      this.#reader.end(undefined)
    }
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy()
  }

  /** Answers at once with what is here; most messages come in company. */
  #next (): Promise<IteratorResult<Uint8Array>> {
    try {
      const value = this.#take()
      return value === undefined ? this.#wait() : Promise.resolve({ done: false, value })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #take (): Uint8Array | undefined {
    if (this.#broken || this.#closing !== undefined) return undefined
    try {
      return this.#reader.take()
    } catch (error) {
      throw this.#fault(error)
    }
  }

  #wait (): Promise<IteratorResult<Uint8Array>> {
    if (this.#broken) return Promise.reject(this.#over!)
    if (this.#closing !== undefined) return Promise.resolve({ done: true, value: undefined })
    return this.#reader.next().then(
      value => value === undefined ? { done: true, value } : { done: false, value },
      (error: unknown) => {
        if (this.#closing !== undefined && !this.#broken) return { done: true, value: undefined }
        throw this.#fault(error)
      }
    )
  }

  /** Tears the conn down for what reading threw. */
  #fault (error: unknown): Error {
    if (!this.#broken) {
      // Also where the remote closed in good order after it.
      this.#over = undefined
      this.#break(error as Error)
    }
    return this.#over!
  }

  async #send (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const writer = this.#writer
    const iterator = (Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]()) as EagerIterator<Uint8Array>
    while (true) {
      // None that was written is kept while it waits for the next.
      let { done, value: message }: IteratorResult<Uint8Array, undefined> = await iterator.next()
      if (done === true) break
      try {
        for (; message !== undefined; message = writer.full ? undefined : iterator.take?.()) this.#append(message)
      } catch (error) {
        await Promise.resolve(iterator.return?.()).catch(() => {})
        throw error
      }
      if (writer.full) await writer.room()
    }
    writer.flush()
    await writer.room()
  }

  #append (message: Uint8Array): void {
    if (this.#over !== undefined) throw this.#over
    if (message.length > this.maxMessageSize) {
      const error = new ConnError('CONN_MESSAGE_TOO_LONG', `${message.length} > ${this.maxMessageSize}`)
      this.#break(error)
      throw error
    }
    this.#writer.append(message)
  }
}
