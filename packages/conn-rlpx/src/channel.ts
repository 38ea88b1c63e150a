import type { Conn, EagerIterator } from '@skep/interface'
import { RlpxError } from './errors.ts'

/** What a message costs of a window beside its bytes: about what holds it, so that many short ones are bounded too. */
const OVERHEAD = 128

/** What a channel needs of its session. */
export interface ChannelHost {
  /** How many message codes the sub-protocol has. */
  readonly codes: number
  /** Gathers a message of this sub-protocol, its code first. */
  send (message: Uint8Array): void
  /** Resolves when there is room for more; `undefined` where there is. */
  room (): Promise<void> | undefined
  /** What waits to be read has become less. */
  drained (): void
  /** The sub-protocol is over, and with it the session; `reason` says that it broke. Resolves when that is done. */
  ended (reason: Error | undefined): Promise<void>
}

/** One sub-protocol of an RLPx session: a message is its code as one byte, and its payload. */
export class RlpxChannel implements Conn {
  readonly maxMessageSize: number
  readonly source: AsyncIterable<Uint8Array>
  opened = false
  /** What waits to be read, in bytes with what holds them. */
  waiting = 0
  readonly #host: ChannelHost
  readonly #messages: Uint8Array[] = []
  #reader: (() => void) | undefined
  /** Nothing more comes in; `#error` says that it broke. */
  #isEnded = false
  #error: Error | undefined
  /** Why nothing more goes out. */
  #over: Error | undefined
  #isSinking = false
  /** Rejects the running sink. */
  #cut: ((reason: Error) => void) | undefined

  constructor (host: ChannelHost, maxMessageSize: number) {
    this.#host = host
    this.maxMessageSize = maxMessageSize
    const reader: EagerIterator<Uint8Array> = { next: () => this.#next(), take: () => this.#take() }
    this.source = { [Symbol.asyncIterator]: () => reader }
  }

  // The Conn's side.

  async sink (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    if (this.#isSinking) throw new TypeError('a conn has one sink')
    this.#isSinking = true
    if (this.#over !== undefined) throw this.#over
    const iterator = (Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]()) as EagerIterator<Uint8Array>
    const cut = new Promise<never>((_, reject) => { this.#cut = reject })
    try {
      await Promise.race([cut, this.#pull(iterator)])
    } catch (error) {
      // Not awaited: a generator that waits for something else returns when that is there.
      Promise.resolve(iterator.return?.()).catch(() => {})
      throw error
    } finally {
      this.#cut = undefined
    }
  }

  /** RLPx closes a sub-protocol only by closing the session, whose goodbye follows what was sunk. */
  async close (): Promise<void> {
    this.#drop()
    this.finish(undefined)
    await this.#host.ended(undefined)
  }

  abort (reason: Error): void {
    if (this.#over === undefined) this.#fail(reason)
  }

  // The session's side.

  /** A message came. */
  receive (message: Uint8Array): void {
    if (this.#isEnded) return
    this.#messages.push(message)
    this.waiting += message.length + OVERHEAD
    this.#reader?.()
  }

  /** The session is over: what came before can still be read, then the end or `error`. */
  finish (error: Error | undefined): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#error = error
    this.#over ??= error ?? new RlpxError('RLPX_CLOSED', 'the session is over', 'REQUESTED')
    this.#cut?.(this.#over)
    this.#reader?.()
  }

  #fail (reason: Error): void {
    this.#drop()
    this.finish(reason)
    void this.#host.ended(reason)
  }

  #drop (): void {
    this.#messages.length = 0
    this.waiting = 0
  }

  async #pull (iterator: EagerIterator<Uint8Array>): Promise<void> {
    while (true) {
      const { done, value } = await iterator.next()
      if (this.#over !== undefined) throw this.#over
      if (done === true) return
      let room: Promise<void> | undefined
      for (let message: Uint8Array | undefined = value; message !== undefined; message = room === undefined ? iterator.take?.() : undefined) {
        this.#send(message)
        room = this.#host.room()
      }
      if (room !== undefined) await room
      if (this.#over !== undefined) throw this.#over
    }
  }

  #send (message: Uint8Array): void {
    const fault = this.#faultOf(message)
    if (fault !== undefined) {
      this.abort(fault)
      throw fault
    }
    this.#host.send(message)
  }

  #faultOf (message: Uint8Array): RlpxError | undefined {
    const { length } = message
    if (length === 0) return new RlpxError('RLPX_MESSAGE', 'a message without a code', 'SUBPROTOCOL')
    if (length > this.maxMessageSize) return new RlpxError('RLPX_MESSAGE', `a message of ${length} bytes, not at most ${this.maxMessageSize}`, 'SUBPROTOCOL')
    // It would be taken for a message of the next sub-protocol.
    if (message[0]! >= this.#host.codes) return new RlpxError('RLPX_MESSAGE', `the code ${message[0]!} of ${this.#host.codes}`, 'SUBPROTOCOL')
    return undefined
  }

  /** Answers at once with what is here; most messages come in company. */
  #next (): Promise<IteratorResult<Uint8Array>> {
    const value = this.#take()
    return value === undefined ? this.#wait() : Promise.resolve({ done: false, value })
  }

  #take (): Uint8Array | undefined {
    const value = this.#messages.shift()
    if (value === undefined) return undefined
    this.waiting -= value.length + OVERHEAD
    this.#host.drained()
    return value
  }

  async #wait (): Promise<IteratorResult<Uint8Array>> {
    while (this.#messages.length === 0) {
      if (this.#error !== undefined) throw this.#error
      if (this.#isEnded) return { done: true, value: undefined }
      await new Promise<void>(resolve => { this.#reader = resolve })
      this.#reader = undefined
    }
    return await this.#next()
  }
}
