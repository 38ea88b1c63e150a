import type { Clock, Conn, EagerIterator } from '@skep/interface'
import { Aborts } from './aborts.ts'
import { WireError } from './errors.ts'
import { encodeMessage, readMessage } from './message.ts'
import { Scratch } from './scratch.ts'
import type { Message, MessageName, MessageValue, ProtocolSpec } from './protocol.ts'
import { WeightedQueue, type Priority } from './queue.ts'
import { validate, validateEnvelope } from './validate.ts'

export interface PeerLimits {
  /** Messages of one priority that wait to be sent; the next is refused. Defaults to 4,096. */
  readonly queuedMessages?: number
  /** Milliseconds without the remote taking anything of what waits, then the peer is dropped. Needs a clock. Defaults to 30,000 (streamer §1, sendTimeout). */
  readonly sendTimeout?: number
  /** Milliseconds for a handshake. Needs a clock. Defaults to 3,000 (bzz-handshake §2). */
  readonly handshakeTimeout?: number
}

export interface PeerOptions {
  /** Without one nothing times out but by a signal. */
  readonly clock?: Clock
  /** Whether this side dialled, and so speaks first in a handshake. Defaults to false. */
  readonly initiator?: boolean
  readonly limits?: PeerLimits
  /** The remote's node id, for whoever asks the peer. */
  readonly id?: Uint8Array
  /** Called for every message, in this order. */
  readonly interceptors?: readonly Interceptor[]
}

/** A message on its way, as an interceptor sees it. */
export interface Passing {
  readonly spec: ProtocolSpec<any>
  readonly name: string
  readonly value: unknown
  /** Bytes on the conn. */
  readonly size: number
}

/** A point where metrics, tracing or accounting look at messages, and may refuse them. */
export interface Interceptor {
  /** A message is about to go out. What it throws, `send` rejects with, and the message stays here. */
  send? (message: Passing): void
  /** A message came and was found good. What it throws ends the conversation as a handler's error does. */
  receive? (message: Passing): void
}

export interface SendOptions {
  /** Defaults to 2, high. */
  readonly priority?: Priority
  /** Takes the message back while it waits. */
  readonly signal?: AbortSignal
}

export interface SendManyOptions<V> {
  /** Defaults to 2, high. */
  readonly priority?: Priority
  /** Hears of each message that the conn has taken, in order. */
  readonly taken?: (value: V) => void
}

export interface RunOptions {
  /** Called when every message that was here has been handled, and before an error ends the conversation: most come in company. */
  readonly rest?: () => void
}

export interface HandshakeOptions {
  /** Milliseconds; overrides {@link PeerLimits.handshakeTimeout}. */
  readonly timeout?: number
  readonly signal?: AbortSignal
  /** Whether this side sends before it has heard the remote. Defaults to whether it dialled. */
  readonly first?: boolean
}

/** What to do with each message, called on the object itself. A message that is missing here is refused when it comes. */
export type Handlers<S extends ProtocolSpec<any>> = { readonly [N in MessageName<S>]?: (value: MessageValue<S, N>) => unknown }

interface Outgoing {
  readonly name: string
  readonly value: unknown
  readonly taken: () => void
  readonly failed: (reason: unknown) => void
}

/**
 * One sub-protocol with one remote, over a Conn.
 *
 * Messages go out in order within a priority; over priorities by weight of their bytes, so
 * that none starves. Handlers run one at a time, in the order of the messages, and the remote is
 * held back meanwhile.
 *
 * @example
 * ```ts
 * import { pair } from '@skep/conn-memory'
 * import { defineProtocol, Peer, struct, text } from '@skep/wire'
 *
 * const chat = defineProtocol({ name: 'chat', version: 1, maxMessageSize: 1024, messages: { Say: struct({ Text: text() }) } })
 * const [a, b] = pair()
 * const [ann, bob] = [new Peer(a, chat), new Peer(b, chat)]
 * const heard = bob.run({ Say: ({ Text }) => console.log(Text) })
 * await ann.send('Say', { Text: 'hello' })
 * ann.off()
 * await heard
 * ```
 */
export class Peer<S extends ProtocolSpec<any>> {
  readonly spec: S
  /** The remote's node id, where it was given. */
  readonly id: Uint8Array | undefined
  /** Whether this side dialled. */
  readonly initiator: boolean
  /** Resolves when the conversation is over, however that happened. */
  readonly closed: Promise<void>

  readonly #conn: Conn
  readonly #clock: Clock | undefined
  readonly #limits: Required<PeerLimits>
  readonly #interceptors: readonly Interceptor[]
  readonly #source: EagerIterator<Uint8Array>
  readonly #queue = new WeightedQueue<Outgoing>()
  readonly #aborts = new Aborts()
  readonly #end: () => void
  /** Wakes the sink when there is something to send. */
  #wake: (() => void) | undefined
  /** Nothing more is accepted for sending. */
  #over = false
  #reason: Error | undefined
  /** When the conn last took a message, or the first began to wait. */
  #progress = 0
  /** Stops the watch that is kept. */
  #watching: (() => void) | undefined
  #running = false
  /** Where messages are put together; given back when nothing waits. */
  readonly #scratch = new Scratch()

  constructor (conn: Conn, spec: S, options: PeerOptions = {}) {
    this.spec = spec
    this.id = options.id
    this.initiator = options.initiator ?? false
    this.#conn = conn
    this.#clock = options.clock
    this.#limits = { queuedMessages: 4096, sendTimeout: 30_000, handshakeTimeout: 3000, ...options.limits }
    this.#interceptors = options.interceptors ?? []
    this.#source = conn.source[Symbol.asyncIterator]()
    let end = (): void => {}
    this.closed = new Promise(resolve => { end = resolve })
    this.#end = end
    conn.sink({ [Symbol.asyncIterator]: () => this.#outgoing() }).then(
      // The sink ends by itself only after off() or drop().
      () => this.#finish(undefined),
      (cause: unknown) => this.#finish(gone(spec.name, cause))
    )
  }

  /**
   * Sends a message. `value` must stay as it is until the promise settles.
   *
   * @returns a promise that resolves when the conn has taken the message.
   * @throws WireError - `WIRE_CLOSED`, `WIRE_WRITE`, `WIRE_TIMEOUT`, `WIRE_QUEUE_FULL`, `WIRE_INVALID_TYPE`, `WIRE_MESSAGE_TOO_LONG`.
   * @throws TypeError | RangeError - if the codec cannot write `value`.
   */
  async send<N extends MessageName<S>> (name: N, value: MessageValue<S, N>, options: SendOptions = {}): Promise<void> {
    const { priority = 2, signal } = options
    if (signal?.aborted === true) throw signal.reason
    this.#admit(name, 1, priority)
    await new Promise<void>((resolve, reject) => {
      let settle = (): void => {}
      const outgoing: Outgoing = {
        name,
        value,
        taken: () => { settle(); resolve() },
        failed: reason => { settle(); reject(reason) }
      }
      if (signal !== undefined) {
        settle = this.#aborts.on(signal, () => {
          this.#queue.remove(outgoing, priority)
          outgoing.failed(signal.reason)
        })
      }
      this.#enqueue(outgoing, priority)
      this.#stir()
    })
  }

  /**
   * Sends messages of one kind, one after the other, at the price of one promise for all.
   * Each of `values` must stay as it is until it was taken.
   *
   * @returns a promise that resolves when the conn has taken the last.
   * @throws WireError - as {@link Peer.send}; where `WIRE_QUEUE_FULL`, none of them goes out.
   * @throws TypeError | RangeError - if the codec cannot write one of them; the others go out.
   */
  async sendMany<N extends MessageName<S>> (name: N, values: ReadonlyArray<MessageValue<S, N>>, options: SendManyOptions<MessageValue<S, N>> = {}): Promise<void> {
    const { priority = 2, taken } = options
    if (values.length === 0) return
    this.#admit(name, values.length, priority)
    await new Promise<void>((resolve, reject) => {
      let left = values.length
      for (const value of values) {
        this.#enqueue({
          name,
          value,
          taken: () => {
            taken?.(value)
            if (--left === 0) resolve()
          },
          failed: reject
        }, priority)
      }
      this.#stir()
    })
  }

  /**
   * Handles what the remote sends until the conversation is over.
   *
   * @returns a promise that resolves when the remote, or `off`, ended it.
   * @throws WireError - on the remote's fault, on a handler that threw, and when the conn broke. The peer is dropped then.
   */
  async run (handlers: Handlers<S>, options: RunOptions = {}): Promise<void> {
    if (this.#running) throw new TypeError('a peer runs once')
    this.#running = true
    try {
      while (true) {
        // None that was handled is kept while it waits for the next.
        let { done, value: bytes }: IteratorResult<Uint8Array, undefined> = await this.#source.next()
        if (done === true) break
        try {
          for (; bytes !== undefined; bytes = this.#source.take?.()) {
            const handling = this.#handle(bytes, handlers)
            if (handling !== undefined) await handling
          }
        } finally {
          options.rest?.()
        }
      }
    } catch (error) {
      const fault = this.#asFault(error)
      this.drop(fault)
      throw fault
    }
    // A remote that closed its side hears nothing any more either.
    this.off()
  }

  /**
   * Exchanges one message each: the side that dialled sends first, the other answers, unless
   * `options.first` says otherwise. To be done before {@link Peer.run}.
   *
   * @param verify - throws if the remote's message is not acceptable. The listening side
   *   sends its own message all the same, as the original does, so that the remote learns why.
   * @returns the remote's message.
   * @throws WireError - `WIRE_HANDSHAKE`, with the `cause`. The conversation is over then. The signal's reason if it was that.
   */
  async handshake<N extends MessageName<S>> (
    name: N,
    message: MessageValue<S, N>,
    verify: (remote: MessageValue<S, N>) => unknown = () => {},
    options: HandshakeOptions = {}
  ): Promise<MessageValue<S, N>> {
    const { signal, timeout = this.#limits.handshakeTimeout, first = this.initiator } = options
    if (!this.spec.codes.has(name)) throw new WireError('WIRE_HANDSHAKE', `${this.spec.name}/${this.spec.version} has no message ${name}`)
    let stop = (): void => {}
    const cut = new Promise<never>((_, reject) => {
      const aborted = (): void => reject(signal?.reason)
      signal?.addEventListener('abort', aborted)
      const cancel = this.#clock?.after(timeout, () => reject(new WireError('WIRE_TIMEOUT', `no handshake within ${timeout} ms`)))
      stop = () => { signal?.removeEventListener('abort', aborted); cancel?.() }
      if (signal?.aborted === true) aborted()
    })
    cut.catch(() => {})
    /** What `verify` threw; what we said ourselves is still delivered then. */
    let refused: { readonly error: unknown } | undefined
    try {
      return await Promise.race([cut, this.#exchange(name, message, first, async remote => {
        try {
          await verify(remote)
        } catch (error) {
          refused = { error }
          throw error
        }
      })])
    } catch (cause) {
      const error = new WireError('WIRE_HANDSHAKE', `${this.spec.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      if (refused !== undefined && cause === refused.error) this.off()
      else this.drop(error)
      throw signal?.aborted === true ? signal.reason : error
    } finally {
      stop()
    }
  }

  /** Ends the conversation at once; what waits is lost. The reason is for this side only. Idempotent. */
  drop (error: Error = new WireError('WIRE_CLOSED', 'dropped')): void {
    if (this.#reason === undefined) this.#conn.abort(error)
    this.#finish(error)
  }

  /** Ends the conversation: what was sent before is delivered, then the conn closes. Idempotent. */
  off (): void {
    if (this.#over) return
    this.#over = true
    this.#wake?.()
  }

  async #exchange<N extends MessageName<S>> (name: N, message: MessageValue<S, N>, first: boolean, verify: (remote: MessageValue<S, N>) => unknown): Promise<MessageValue<S, N>> {
    if (first) {
      await this.send(name, message, { priority: 3 })
      const remote = await this.#expect(name)
      await verify(remote)
      return remote
    }
    const remote = await this.#expect(name)
    try {
      await verify(remote)
    } catch (error) {
      await this.send(name, message, { priority: 3 })
      throw error
    }
    await this.send(name, message, { priority: 3 })
    return remote
  }

  async #expect<N extends MessageName<S>> (name: N): Promise<MessageValue<S, N>> {
    const bytes = await this.#receive()
    if (bytes === undefined) throw new WireError('WIRE_CLOSED', 'the remote left')
    const message = this.#open(bytes)
    if (message.name !== name) throw new WireError('WIRE_NO_HANDLER', `${String(message.name)} where ${name} belongs`)
    return message.value as MessageValue<S, N>
  }

  async #receive (): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#source.next()
    return done === true ? undefined : value
  }

  #open (bytes: Uint8Array): Message<S> {
    const message = readMessage(this.spec, bytes, validateEnvelope)
    validate(this.spec, message)
    return message
  }

  /** Most handlers are done when they return; who waits for a promise each time pays for it with every message. */
  #handle (bytes: Uint8Array, handlers: Handlers<S>): Promise<void> | undefined {
    const { name, value } = this.#open(bytes)
    const handler = Object.hasOwn(handlers, name) ? handlers[name as MessageName<S>] : undefined
    if (handler === undefined) throw new WireError('WIRE_NO_HANDLER', `nobody handles ${String(name)} of ${this.spec.name}/${this.spec.version}`)
    try {
      for (const interceptor of this.#interceptors) interceptor.receive?.({ spec: this.spec, name, value, size: bytes.length })
      const done: unknown = handler.call(handlers, value as never)
      return isPromise(done) ? Promise.resolve(done).then(() => {}, (cause: unknown) => { throw this.#failed(name, cause) }) : undefined
    } catch (cause) {
      throw this.#failed(name, cause)
    }
  }

  #failed (name: PropertyKey, cause: unknown): WireError {
    return new WireError('WIRE_HANDLER', `${this.spec.name} ${String(name)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }

  /** Refuses what cannot be sent. */
  #admit (name: string, count: number, priority: Priority): void {
    if (this.#over) throw this.#closedError()
    if (!this.spec.codes.has(name)) throw new WireError('WIRE_INVALID_TYPE', `${this.spec.name}/${this.spec.version} has no message ${name}`)
    const { queuedMessages } = this.#limits
    if (this.#queue.waiting(priority) + count > queuedMessages) throw new WireError('WIRE_QUEUE_FULL', `more than ${queuedMessages} messages of priority ${priority} would wait`)
  }

  #enqueue (outgoing: Outgoing, priority: Priority): void {
    if (this.#queue.size === 0) this.#progressed()
    this.#queue.push(outgoing, priority)
  }

  /** Where the conn is waiting it takes at once what was enqueued. */
  #stir (): void {
    if (this.#wake === undefined) this.#watch()
    else this.#wake()
  }

  /** What the conn pulls. */
  #outgoing (): EagerIterator<Uint8Array> {
    let isLeft = false
    const take = (): Uint8Array | undefined => isLeft ? undefined : this.#take()
    return {
      take,
      next: async () => {
        while (true) {
          const value = take()
          if (value !== undefined) return { done: false, value }
          if (this.#over || isLeft) return { done: true, value }
          await new Promise<void>(resolve => { this.#wake = resolve })
          this.#wake = undefined
        }
      },
      // What a conn asks for after it has broken stays here.
      return: async () => {
        isLeft = true
        return { done: true, value: undefined }
      }
    }
  }

  /** The next message to send, good until the one after it is asked for. */
  #take (): Uint8Array | undefined {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#progressed()
      if (this.#queue.size > 0) this.#watch()
      let bytes: Uint8Array
      try {
        bytes = encodeMessage(this.spec, next.name as MessageName<S>, next.value as never, this.#scratch)
        if (bytes.length > this.#conn.maxMessageSize) throw new WireError('WIRE_MESSAGE_TOO_LONG', `${bytes.length} > ${this.#conn.maxMessageSize}`)
        for (const interceptor of this.#interceptors) interceptor.send?.({ spec: this.spec, name: next.name, value: next.value, size: bytes.length })
      } catch (error) {
        next.failed(error)
        continue
      }
      this.#queue.charge(bytes.length)
      next.taken()
      return bytes
    }
    this.#rest()
    return undefined
  }

  #progressed (): void {
    if (this.#clock !== undefined) this.#progress = this.#clock.now()
  }

  /** Keeps watch on a remote that takes nothing of what waits. One timer does, however many messages pass. */
  #watch (ms: number = this.#limits.sendTimeout): void {
    const clock = this.#clock
    if (clock === undefined || this.#watching !== undefined) return
    this.#watching = clock.after(ms, () => {
      this.#watching = undefined
      if (this.#queue.size === 0) return
      const { sendTimeout } = this.#limits
      const left = this.#progress + sendTimeout - clock.now()
      if (left > 0) this.#watch(left)
      else this.drop(new WireError('WIRE_TIMEOUT', `the remote took nothing for ${sendTimeout} ms`))
    })
  }

  /** Nothing waits to be sent. */
  #rest (): void {
    this.#watching?.()
    this.#watching = undefined
    this.#scratch.release()
  }

  /** Settles everything, once. */
  #finish (error: Error | undefined): void {
    if (this.#reason !== undefined) return
    this.#over = true
    this.#reason = error ?? new WireError('WIRE_CLOSED', 'the conversation is over')
    this.#rest()
    this.#wake?.()
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next.failed(this.#reason)
    this.#conn.close().then(this.#end, this.#end)
  }

  #closedError (): Error {
    return this.#reason ?? new WireError('WIRE_CLOSED', 'the conversation is over')
  }

  #asFault (error: unknown): WireError {
    if (error instanceof WireError) return error
    if (this.#reason instanceof WireError) return this.#reason
    return new WireError('WIRE_CLOSED', `${this.spec.name}: the conn broke`, { cause: error })
  }
}

function isPromise (value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | undefined | null)?.then === 'function'
}

/** Why nothing goes out any more: the other end closed in good order, or the conn broke. */
function gone (protocol: string, cause: unknown): WireError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'CONN_CLOSED' || code === 'WIRE_CLOSED' || code === 'RLPX_CLOSED'
    ? new WireError('WIRE_CLOSED', `${protocol}: the conversation is over`, { cause })
    : new WireError('WIRE_WRITE', `${protocol}: sending failed`, { cause })
}
