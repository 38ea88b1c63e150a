import type { Clock, CloseCode, Conn, EagerIterator, ProtocolId, Random, Session } from '@skep/interface'
import { Channel, OVERHEAD } from './channel.ts'
import { CLOSE_CODES, closeCodeFrom } from './close-code.ts'
import { WireError } from './errors.ts'
import { CONTROL, control, controlFrame, readControl } from './frame.ts'
import { negotiate, type Hello } from './hello.ts'
import { Scheduler } from './scheduler.ts'

/** The version of the native base protocol. */
const BASE_VERSION = 1
/** Bytes of a node id. */
const ID_LENGTH = 64
/** The longest frame before the hellos are through (bzz-handshake §0, hello payload limit). */
const HELLO_LIMIT = 2048 + 2
/** The least that a remote may announce as its largest message. */
const LEAST_MESSAGE = 1024

/** The goodbyes of a remote that met a fault, after which conns break instead of ending. */
const FAULTS: ReadonlySet<CloseCode> = new Set(['NETWORK', 'PROTOCOL', 'TIMEOUT', 'SUBPROTOCOL'])

export interface SessionLimits {
  /** Milliseconds until the remote's hello. Defaults to 3,000 (limits.md, handshake deadline). */
  readonly helloTimeout?: number
  /** Milliseconds between pings. Defaults to 15,000. */
  readonly keepAlive?: number
  /** Milliseconds of silence until the remote is dead. Defaults to 45,000. */
  readonly dead?: number
  /** Milliseconds that a sub-protocol's close waits for the remote to take what is left. Defaults to 3,000. */
  readonly closeTimeout?: number
  /** Milliseconds for the goodbye to go out. Defaults to 1,000 (bzz-handshake §0, disconnect write). */
  readonly goodbye?: number
  /** Bytes of each sub-protocol that may wait to be read here. Defaults to 1,048,576: three quarters of it are more than 100 Mbit/s hold at 50 ms of round trip (decision 0017). */
  readonly window?: number
  /** The largest sub-protocol message. Defaults to 131,072, or less if the conn below takes less. */
  readonly maxMessageSize?: number
}

export interface SessionOptions {
  readonly clock: Clock
  readonly random: Random
  /** Our node id: 64 bytes. */
  readonly id: Uint8Array
  /** Our program's name and version, for people to read. */
  readonly client: string
  /** The sub-protocols that we have. */
  readonly capabilities: readonly ProtocolId[]
  /** Whether this side dialled. */
  readonly initiator: boolean
  /** Where the remote was seen. */
  readonly address?: string
  /** Ends the wait for the remote's hello. */
  readonly signal?: AbortSignal
  readonly limits?: SessionLimits
}

/**
 * Turns a message conn to a remote into a session: says hello, finds the shared
 * sub-protocols, and carries them side by side.
 *
 * Each sub-protocol has a window of its own in each direction, so a slow reader of one
 * stalls neither another nor keep-alive.
 *
 * @throws WireError - with a `closeCode`: `WIRE_TIMEOUT`, `WIRE_SESSION`, `WIRE_DECODE`, `WIRE_CLOSED`.
 *   The conn is closed then.
 *
 * @example
 * ```ts
 * import { pair } from '@skep/conn-memory'
 * import { systemClock, systemRandom } from '@skep/runtime'
 * import { createSession } from '@skep/wire'
 *
 * const [a, b] = pair()
 * const common = { clock: systemClock, random: systemRandom, client: 'demo', capabilities: [{ name: 'chat', version: 1 }] }
 * const [ann] = await Promise.all([
 *   createSession(a, { ...common, id: new Uint8Array(64).fill(1), initiator: true }),
 *   createSession(b, { ...common, id: new Uint8Array(64).fill(2), initiator: false })
 * ])
 * ann.protocols // [{ name: 'chat', version: 1 }]
 * ```
 */
export async function createSession (conn: Conn, options: SessionOptions): Promise<Session> {
  const session = new NativeSession(conn, options)
  await session.start()
  return session
}

class NativeSession implements Session {
  readonly initiator: boolean
  readonly closed: Promise<CloseCode>
  remote: Session['remote'] = { id: new Uint8Array(), authenticated: false }
  protocols: readonly ProtocolId[] = []

  readonly #conn: Conn
  readonly #options: SessionOptions
  readonly #limits: Required<SessionLimits>
  readonly #source: EagerIterator<Uint8Array>
  readonly #resolveClosed: (code: CloseCode) => void
  #channels: readonly Channel[] = []
  #scheduler = new Scheduler([])
  #wake: (() => void) | undefined
  #pingDue = false
  #pongDue = false
  /** Whether the session or a channel may have something of its own to say. */
  #due = false
  /** Set when the goodbye is to be said. */
  #goodbye: CloseCode | undefined
  #over = false
  #heard: number
  #ticked: number
  #stopTimer = (): void => {}
  #closing: Promise<void> | undefined

  constructor (conn: Conn, options: SessionOptions) {
    if (options.id.length !== ID_LENGTH) throw new RangeError(`a node id of ${options.id.length} bytes`)
    this.#conn = conn
    this.#options = options
    this.initiator = options.initiator
    const window = options.limits?.window ?? 1_048_576
    // Credit is given by quarters of the window; the half that is surely left must be enough for the largest message.
    const most = Math.min(conn.maxMessageSize - 1, Math.floor(window / 2))
    this.#limits = {
      helloTimeout: 3000,
      keepAlive: 15_000,
      dead: 45_000,
      closeTimeout: 3000,
      goodbye: 1000,
      ...options.limits,
      window,
      maxMessageSize: Math.min(options.limits?.maxMessageSize ?? 131_072, most)
    }
    if (this.#limits.maxMessageSize < LEAST_MESSAGE) throw new RangeError(`messages of at most ${this.#limits.maxMessageSize} bytes are too small`)
    this.#source = conn.source[Symbol.asyncIterator]()
    let resolveClosed = (_: CloseCode): void => {}
    this.closed = new Promise(resolve => { resolveClosed = resolve })
    this.#resolveClosed = resolveClosed
    this.#heard = this.#ticked = options.clock.now()
  }

  /** Says hello and waits for the remote's. */
  async start (): Promise<void> {
    const { clock, signal } = this.#options
    const { helloTimeout } = this.#limits
    let stop = (): void => {}
    const cut = new Promise<never>((_, reject) => {
      const aborted = (): void => reject(signal?.reason)
      signal?.addEventListener('abort', aborted)
      const cancel = clock.after(helloTimeout, () => {
        reject(new WireError('WIRE_TIMEOUT', `no hello within ${helloTimeout} ms`, { closeCode: 'TIMEOUT' }))
      })
      stop = () => { signal?.removeEventListener('abort', aborted); cancel() }
      if (signal?.aborted === true) aborted()
    })
    cut.catch(() => {})
    this.#conn.sink(this.#frames()).catch(this.#lost)
    try {
      this.#agree(await Promise.race([cut, this.#hello()]))
    } catch (error) {
      if (signal?.aborted === true) {
        await this.close('REQUESTED')
        throw error
      }
      const fault = asRefusal(error)
      await this.close(fault.closeCode)
      throw fault
    } finally {
      stop()
    }
    void this.#read()
    this.#tick()
  }

  open (protocol: ProtocolId): Conn {
    const at = this.protocols.findIndex(({ name, version }) => name === protocol.name && version === protocol.version)
    const channel = this.#channels[at]
    if (channel === undefined) throw new RangeError(`${protocol.name}/${protocol.version} is not shared`)
    if (channel.opened) throw new RangeError(`${protocol.name}/${protocol.version} is open already`)
    channel.opened = true
    return channel
  }

  async close (code: CloseCode = 'REQUESTED'): Promise<void> {
    this.#closing ??= this.#leave(code)
    await this.#closing
  }

  /** Says goodbye, within a bound, and closes the conn. */
  async #leave (code: CloseCode): Promise<void> {
    if (this.#over) return
    const { clock } = this.#options
    let cancel = (): void => {}
    const late = new Promise<void>(resolve => { cancel = clock.after(this.#limits.goodbye, resolve) })
    // What a sub-protocol said before it closed goes out before the goodbye.
    if (!FAULTS.has(code) || code === 'SUBPROTOCOL') await Promise.race([late, Promise.all(this.#channels.map(async channel => channel.drained()))])
    this.#goodbye = code
    this.#wake?.()
    await Promise.race([late, this.#said])
    const ended = this.#finish(code, undefined)
    await Promise.race([late, ended])
    cancel()
    // Whatever did not go out by now never will.
    this.#conn.abort(new WireError('WIRE_CLOSED', `the session is over: ${code}`, { closeCode: code }))
  }

  #resolveSaid = (): void => {}
  readonly #said = new Promise<void>(resolve => { this.#resolveSaid = resolve })

  /** Waits for the first frame, which must be a hello. */
  async #hello (): Promise<Hello> {
    const { done, value: frame } = await this.#source.next()
    if (done === true) throw new WireError('WIRE_CLOSED', 'the remote left before its hello', { closeCode: 'NETWORK' })
    if (frame.length > HELLO_LIMIT) throw breach(`a hello of ${frame.length} bytes`)
    if (frame.length < 2 || frame[0] !== CONTROL) throw breach('something else than a hello came first')
    if (frame[1] === control.disconnect.code) {
      const code = closeCodeFrom(readControl(control.disconnect, frame).reason)
      throw new WireError('WIRE_CLOSED', `the remote refused: ${code}`, { closeCode: code })
    }
    if (frame[1] !== control.hello.code) throw breach('something else than a hello came first')
    return readControl(control.hello, frame)
  }

  #agree (hello: Hello): void {
    const { id, capabilities, address } = this.#options
    if (hello.version !== BASE_VERSION) throw refusal('INCOMPATIBLE', `version ${hello.version} of the base protocol`)
    if (hello.id.length !== ID_LENGTH) throw refusal('INVALID_IDENTITY', `a node id of ${hello.id.length} bytes`)
    if (hello.id.every((byte, i) => byte === id[i])) throw refusal('SELF', 'the remote is this node')
    if (hello.maxMessageSize < LEAST_MESSAGE || hello.window < hello.maxMessageSize + OVERHEAD) throw breach('a window that takes no message')
    const shared = negotiate(capabilities, hello.capabilities)
    if (shared.length === 0) throw refusal('USELESS', 'no shared sub-protocol')
    if (shared.length > 255) throw breach(`${shared.length} shared sub-protocols`)
    this.remote = { id: hello.id, authenticated: false, ...(address === undefined ? {} : { address }) }
    this.protocols = shared
    this.#channels = shared.map(({ name, version }, i) => new Channel({
      number: i + 1,
      name: `${name}/${version}`,
      maxMessageSize: Math.min(this.#limits.maxMessageSize, hello.maxMessageSize),
      remoteWindow: hello.window,
      window: this.#limits.window,
      closeTimeout: this.#limits.closeTimeout,
      clock: this.#options.clock,
      wake: this.#stir,
      attend: this.#attend
    }))
    this.#scheduler = new Scheduler(this.#channels)
    this.#heard = this.#options.clock.now()
  }

  /** Reads frames as they come; channels hold no more than their windows. */
  async #read (): Promise<void> {
    try {
      while (!this.#over) {
        // None that was received is kept while it waits for the next.
        let { done, value: frame }: IteratorResult<Uint8Array, undefined> = await this.#source.next()
        if (done === true) {
          await this.#finish('NETWORK', undefined)
          return
        }
        this.#heard = this.#options.clock.now()
        for (; frame !== undefined && !this.#over; frame = this.#source.take?.()) this.#receive(frame)
      }
    } catch (error) {
      if (!(error instanceof WireError)) {
        this.#broke(error)
        return
      }
      for (const channel of this.#channels) channel.fail(error)
      await this.close(error.closeCode ?? 'PROTOCOL')
    }
  }

  #receive (frame: Uint8Array): void {
    if (frame.length === 0) throw breach('an empty frame')
    if (frame[0] !== CONTROL) {
      const channel = this.#channel(frame[0]!)
      channel.receive(frame.subarray(1))
      return
    }
    switch (frame[1]) {
      case control.disconnect.code: {
        const code = closeCodeFrom(readControl(control.disconnect, frame).reason)
        const error = new WireError('WIRE_CLOSED', `the remote gave up: ${code}`, { closeCode: code })
        void this.#finish(code, FAULTS.has(code) ? error : undefined)
        return
      }
      case control.ping.code:
        readControl(control.ping, frame)
        // However many came, one answer does.
        this.#pongDue = true
        this.#attend()
        return
      case control.pong.code:
        readControl(control.pong, frame)
        return
      case control.credit.code: {
        const { channel, bytes } = readControl(control.credit, frame)
        this.#channel(channel).grant(bytes)
        return
      }
      case control.end.code:
        this.#channel(readControl(control.end, frame).channel).receiveEnd()
        return
      case control.reset.code:
        this.#channel(readControl(control.reset, frame).channel).fail(new WireError('WIRE_CLOSED', 'the remote aborted the sub-protocol'))
        return
      default:
        throw breach(`a control frame ${String(frame[1])}`)
    }
  }

  #channel (number: number): Channel {
    const channel = this.#channels[number - 1]
    if (channel === undefined) throw breach(`no channel ${number}`)
    return channel
  }

  /** What the conn pulls: a hello, the session's own frames, then the channels' in turn, and a goodbye. */
  #frames (): AsyncIterable<Uint8Array> {
    let hello = this.#ownHello()
    let isLast = false
    const take = (): Uint8Array | undefined => {
      // A conn is done with a message when it asks for the next.
      this.#scheduler.release()
      if (isLast) this.#resolveSaid()
      if (isLast || this.#over) return undefined
      if (hello !== undefined) {
        const first = hello
        hello = undefined
        return first
      }
      isLast = this.#goodbye !== undefined
      if (this.#goodbye !== undefined) return controlFrame(control.disconnect, { reason: CLOSE_CODES[this.#goodbye] })
      return (this.#due ? this.#nextControl() : undefined) ?? this.#scheduler.next()
    }
    const frames: EagerIterator<Uint8Array> = {
      take,
      next: async () => {
        while (true) {
          const value = take()
          if (value !== undefined) return { done: false, value }
          if (isLast || this.#over) return { done: true, value }
          await new Promise<void>(resolve => { this.#wake = resolve })
          this.#wake = undefined
        }
      }
    }
    return { [Symbol.asyncIterator]: () => frames }
  }

  #ownHello (): Uint8Array | undefined {
    const { client, capabilities, id } = this.#options
    const { window, maxMessageSize } = this.#limits
    return controlFrame(control.hello, { version: BASE_VERSION, client, capabilities, id, window, maxMessageSize })
  }

  readonly #attend = (): void => {
    this.#due = true
    this.#wake?.()
  }

  // Not written where they are used: they would keep what the start and the hello needed.
  readonly #stir = (): void => { this.#wake?.() }
  readonly #lost = (cause: unknown): void => { this.#broke(cause) }

  /** What the session and its channels have to say for themselves; all of it is a few bytes, however much is due. */
  #nextControl (): Uint8Array | undefined {
    if (this.#pongDue) {
      this.#pongDue = false
      return controlFrame(control.pong, {})
    }
    if (this.#pingDue) {
      this.#pingDue = false
      return controlFrame(control.ping, {})
    }
    let ending = false
    for (const channel of this.#channels) {
      if (channel.takeReset()) return controlFrame(control.reset, { channel: channel.number })
      const bytes = channel.takeCredit()
      if (bytes > 0) return controlFrame(control.credit, { channel: channel.number, bytes })
      if (channel.takeEnd()) return controlFrame(control.end, { channel: channel.number })
      ending ||= channel.ending
    }
    // An end waits for the messages before it.
    this.#due = ending
    return undefined
  }

  /** Pings, and looks whether the remote is alive. */
  #tick (): void {
    if (this.#over) return
    const { clock, random } = this.#options
    const { keepAlive, dead } = this.#limits
    const now = this.#ticked = clock.now()
    // A little early by chance, so that sessions that began together do not ping together.
    const pause = Math.min(keepAlive * (1 - random.float() / 10), this.#heard + dead - now)
    this.#stopTimer = clock.after(pause, () => {
      const now = clock.now()
      // A timer that comes this late tells of a machine that slept, not of a dead remote.
      if (now - this.#ticked > 2 * keepAlive) this.#heard = now
      if (now - this.#heard >= dead) {
        void this.close('TIMEOUT')
        return
      }
      this.#pingDue = true
      this.#attend()
      this.#tick()
    })
  }

  #broke (cause: unknown): void {
    void this.#finish('NETWORK', new WireError('WIRE_CLOSED', 'the conn broke', { cause, closeCode: 'NETWORK' }))
  }

  /** Ends everything, once. */
  async #finish (code: CloseCode, error: Error | undefined): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#stopTimer()
    this.#resolveSaid()
    this.#wake?.()
    for (const channel of this.#channels) channel.finish(error)
    this.#resolveClosed(code)
    await this.#conn.close()
  }
}

/** Gives the error of a failed start its close code. */
function asRefusal (error: unknown): WireError {
  if (!(error instanceof WireError)) return new WireError('WIRE_CLOSED', 'the conn broke before the hello', { cause: error, closeCode: 'NETWORK' })
  if (error.closeCode !== undefined) return error
  return new WireError(error.code, error.message, { cause: error, closeCode: 'PROTOCOL' })
}

function breach (what: string): WireError {
  return new WireError('WIRE_SESSION', what, { closeCode: 'PROTOCOL' })
}

function refusal (closeCode: CloseCode, what: string): WireError {
  return new WireError('WIRE_SESSION', what, { closeCode })
}
