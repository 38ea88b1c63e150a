import type { Clock, Conn, EagerIterator } from '@skep/interface'
import { WireError } from './errors.ts'
import { Fifo } from './fifo.ts'
import { Framer } from './framer.ts'

/** What a message costs of a window beside its bytes, so that empty ones are bounded too. */
export const OVERHEAD = 32

/** Bytes that may wait here to be framed, beyond the message that passes it. */
const OUTGOING = 65_536

export interface ChannelNeeds {
  /** The channel's number in frames. */
  readonly number: number
  readonly name: string
  readonly maxMessageSize: number
  /** Bytes of ours that the remote takes before it gives credit. */
  readonly remoteWindow: number
  /** Bytes of the remote's that we take before we give credit. */
  readonly window: number
  /** Milliseconds that a close waits for the remote to take what is left. */
  readonly closeTimeout: number
  readonly clock: Pick<Clock, 'after'>
  /** A message is ready to go out. */
  readonly wake: () => void
  /** Something else is to be told: credit, the end, an abort. */
  readonly attend: () => void
}

/** One sub-protocol's share of a session: a Conn on one side, frames on the other. */
export class Channel implements Conn {
  readonly number: number
  readonly maxMessageSize: number
  readonly source: AsyncIterable<Uint8Array>
  opened = false
  /** What this channel may still send in the scheduler's round. */
  deficit = 0

  readonly #needs: ChannelNeeds
  readonly #framer: Framer
  /** Bytes that the remote still takes. */
  #credit: number
  readonly #messages = new Fifo<Uint8Array>()
  /** Bytes that came and were not given back as credit. */
  #owed = 0
  /** Bytes that were read and not given back as credit. */
  #read = 0
  /**
   * Bytes worth a frame of credit: a quarter of the window. With less than that owed, the remote
   * has credit for a message of half the window, the largest there is.
   */
  readonly #grain: number
  /** Nothing more comes in; `error` says that it broke. */
  #ended = false
  #error: Error | undefined
  /** Nothing more goes out. */
  #over: Error | undefined
  /** Our end is to be told when all frames are out. */
  #endDue = false
  /** Our abort is to be told. */
  #resetDue = false
  #sinking = false
  #cut: ((reason: Error) => void) | undefined
  #reader: (() => void) | undefined
  #writer: (() => void) | undefined
  #drained: (() => void) | undefined

  constructor (needs: ChannelNeeds) {
    this.#needs = needs
    this.number = needs.number
    this.#framer = new Framer(needs.number)
    this.maxMessageSize = needs.maxMessageSize
    this.#credit = needs.remoteWindow
    this.#grain = needs.window / 4 - OVERHEAD
    const reader: EagerIterator<Uint8Array> = { next: () => this.#next(), take: () => this.#take() }
    this.source = { [Symbol.asyncIterator]: () => reader }
  }

  // The Conn's side.

  sink (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    if (this.#sinking) return Promise.reject(new TypeError('a conn has one sink'))
    this.#sinking = true
    if (this.#over !== undefined) return Promise.reject(this.#over)
    let iterator: EagerIterator<Uint8Array> | undefined
    // What waits as long as the conn lives waits in as few functions as may be: most conns are idle.
    return new Promise<void>((resolve, reject) => {
      iterator = (Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]()) as EagerIterator<Uint8Array>
      this.#cut = reject
      this.#pull(iterator).then(resolve, reject)
    }).catch((error: unknown) => {
      // Not awaited: a generator that waits for something else returns when that is there.
      Promise.resolve(iterator?.return?.()).catch(() => {})
      throw error
    })
  }

  async close (): Promise<void> {
    if (this.#over === undefined) {
      this.#stop(new WireError('WIRE_CLOSED', `${this.#needs.name} is closed`))
      this.#endDue = true
      this.#ended = true
      this.#drop()
      this.#needs.attend()
    }
    if (!this.#endDue) return
    const { clock, closeTimeout } = this.#needs
    const cancel = clock.after(closeTimeout, () => {
      if (this.#endDue) this.#reset(new WireError('WIRE_TIMEOUT', `${this.#needs.name}: the remote took nothing for ${closeTimeout} ms`))
    })
    await this.drained()
    cancel()
  }

  abort (reason: Error): void {
    if (this.#over === undefined) this.#reset(reason)
  }

  // The session's side.

  /** Waits until a channel that was closed has handed over what it held. */
  async drained (): Promise<void> {
    if (!this.#endDue) return
    await new Promise<void>(resolve => {
      const before = this.#drained
      this.#drained = () => { before?.(); resolve() }
    })
  }

  /** Bytes of the next frame that may go out; 0 when there is none, or no credit for it. */
  get ready (): number {
    const frame = this.#framer.next
    if (frame === undefined) return 0
    const cost = frame.length - 1 + OVERHEAD
    return cost <= this.#credit ? cost : 0
  }

  /** Takes the frame that is {@link Channel.ready}. */
  take (): Uint8Array {
    const frame = this.#framer.take()
    this.#credit -= frame.length - 1 + OVERHEAD
    if (this.#framer.bytes < OUTGOING) this.#writer?.()
    return frame
  }

  /** The conn is done with the frame that was taken last. */
  release (): void {
    this.#framer.release()
  }

  /** Whether this channel was closed, and its end not yet told. */
  get ending (): boolean {
    return this.#endDue
  }

  /** Whether the end of this channel is to be told now, once. */
  takeEnd (): boolean {
    if (!this.#endDue || this.#framer.next !== undefined) return false
    this.#endDue = false
    this.#drained?.()
    return true
  }

  /** Whether an abort of this channel is to be told now, once. */
  takeReset (): boolean {
    const due = this.#resetDue
    this.#resetDue = false
    return due
  }

  /** How many bytes of credit to give now; 0 until it is worth a frame. */
  takeCredit (): number {
    if (this.#read < this.#grain) return 0
    const credit = this.#read
    this.#read = 0
    this.#owed -= credit
    return credit
  }

  /**
   * The remote gave credit.
   *
   * @throws WireError - `WIRE_SESSION` if it gives more than was used.
   */
  grant (bytes: number): void {
    if (this.#credit + bytes > this.#needs.remoteWindow) throw new WireError('WIRE_SESSION', `${this.#needs.name}: more credit than was used`)
    this.#credit += bytes
    this.#needs.wake()
  }

  /**
   * A message came.
   *
   * @throws WireError - `WIRE_MESSAGE_TOO_LONG`, or `WIRE_SESSION` if it is beyond the window.
   */
  receive (message: Uint8Array): void {
    if (message.length > this.maxMessageSize) {
      throw new WireError('WIRE_MESSAGE_TOO_LONG', `${this.#needs.name}: ${message.length} > ${this.maxMessageSize}`)
    }
    const cost = message.length + OVERHEAD
    if (this.#owed + cost > this.#needs.window) throw new WireError('WIRE_SESSION', `${this.#needs.name}: more than its window`)
    this.#owed += cost
    if (this.#ended) {
      this.#consumed(cost)
      return
    }
    this.#messages.push(message)
    this.#reader?.()
  }

  /** The remote closed the channel. */
  receiveEnd (): void {
    this.#ended = true
    this.#reader?.()
    this.#stop(new WireError('WIRE_CLOSED', `${this.#needs.name}: the remote closed`))
    this.#framer.clear()
  }

  /** The session is over: what came is still read, then the end or `error`. */
  finish (error: Error | undefined): void {
    this.#ended = true
    this.#error ??= error
    this.#reader?.()
    this.#stop(error ?? new WireError('WIRE_CLOSED', `${this.#needs.name}: the session is over`))
    this.#framer.clear()
    this.#endDue = false
    this.#drained?.()
  }

  /** Breaks the channel at once. */
  fail (reason: Error): void {
    this.#error ??= reason
    this.#messages.clear()
    this.finish(reason)
  }

  #reset (reason: Error): void {
    this.fail(reason)
    this.#resetDue = true
    this.#needs.attend()
  }

  /** Answers at once with what is here; most messages come in company. */
  #next (): Promise<IteratorResult<Uint8Array>> {
    const value = this.#take()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise<void>(resolve => { this.#reader = resolve }).then(() => {
      this.#reader = undefined
      return this.#next()
    })
  }

  #take (): Uint8Array | undefined {
    const value = this.#messages.shift()
    if (value !== undefined) this.#consumed(value.length + OVERHEAD)
    return value
  }

  #consumed (cost: number): void {
    this.#read += cost
    if (this.#read >= this.#grain) this.#needs.attend()
  }

  /** Reads away what came. */
  #drop (): void {
    while (this.#take() !== undefined);
    this.#reader?.()
  }

  /** Lets nothing more in from the sink. */
  #stop (reason: Error): void {
    if (this.#over !== undefined) return
    this.#over = reason
    this.#cut?.(reason)
    this.#writer?.()
  }

  async #pull (iterator: EagerIterator<Uint8Array>): Promise<void> {
    while (true) {
      // None that went on is kept while it waits for the next.
      let { done, value: message }: IteratorResult<Uint8Array, undefined> = await iterator.next()
      if (this.#over !== undefined) throw this.#over
      if (done === true) return
      for (; message !== undefined; message = this.#framer.bytes < OUTGOING ? iterator.take?.() : undefined) {
        if (message.length > this.maxMessageSize) {
          const error = new WireError('WIRE_MESSAGE_TOO_LONG', `${this.#needs.name}: ${message.length} > ${this.maxMessageSize}`)
          this.abort(error)
          throw error
        }
        this.#framer.push(message)
      }
      this.#needs.wake()
      while (this.#framer.bytes >= OUTGOING && this.#over === undefined) {
        await new Promise<void>(resolve => { this.#writer = resolve })
        this.#writer = undefined
      }
      if (this.#over !== undefined) throw this.#over
    }
  }
}
