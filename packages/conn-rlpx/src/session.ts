import type { Clock, CloseCode, Conn, ProtocolId, Session } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import { CLOSE_CODES, closeCodeFrom, closeCodeOf, negotiate, offsets } from '@skep/wire'
import type { Socket } from 'node:net'
import { RlpxChannel } from './channel.ts'
import { RlpxError } from './errors.ts'
import { FrameReader, FrameWriter, type RlpxMessage } from './frames.ts'
import type { Secrets } from './handshake.ts'
import { BASE_VERSION, type Capability, decodeHello, decodeReason, encodeHello, encodeReason, type RlpxHello } from './hello.ts'
import { MAX_HELLO, type RlpxLimits } from './limits.ts'

// Codes of the base protocol (bzz-handshake §0).
const HELLO = 0
const DISCONNECT = 1
const PING = 2
const PONG = 3
/** An empty RLP list. */
const EMPTY_LIST = Uint8Array.of(0xc0)

/** What the handshake of the transport left behind. */
export interface Established {
  readonly socket: Socket
  readonly secrets: Secrets
  readonly initiator: boolean
  /** The node id that the remote has proven, 64 bytes. */
  readonly remoteId: Uint8Array
  /** `host:port`. */
  readonly address: string
  /** What was read behind the handshake. */
  readonly rest: Uint8Array
}

export interface SessionNeeds {
  readonly clock: Clock
  readonly id: Uint8Array
  readonly client: string
  readonly capabilities: readonly Capability[]
  readonly limits: Required<RlpxLimits>
}

/**
 * devp2p's base protocol on an encrypted connection: hello, ping, disconnect, and one conn
 * for each shared sub-protocol.
 */
export class RlpxSession implements Session {
  readonly initiator: boolean
  readonly closed: Promise<CloseCode>
  readonly remote: Session['remote']
  protocols: readonly ProtocolId[] = []

  readonly #socket: Socket
  readonly #needs: SessionNeeds
  readonly #writer: FrameWriter
  readonly #reader: FrameReader
  readonly #resolveClosed: (code: CloseCode) => void
  /** Each shared sub-protocol's first code, how many it has, and its conn. */
  #channels: ReadonlyArray<{ readonly first: number, readonly length: number, readonly channel: RlpxChannel }> = []
  #hello: { resolve: (hello: RlpxHello) => void, reject: (error: Error) => void } | undefined
  #outgoing: RlpxMessage[] = []
  /** Bytes of their payloads. */
  #queued = 0
  #waiting: Array<() => void> = []
  #isFlushing = false
  #isPaused = false
  #isOver = false
  #heard: number
  #stopTick = (): void => {}
  #stopFrame: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor (established: Established, needs: SessionNeeds) {
    const { socket, secrets, initiator, remoteId, address, rest } = established
    this.#socket = socket
    this.#needs = needs
    this.initiator = initiator
    this.#writer = new FrameWriter(secrets)
    this.#reader = new FrameReader(secrets, MAX_HELLO)
    // Both ends know it, and nobody else does; the secrets themselves stay inside.
    const binding = keccak256(new TextEncoder().encode('skep rlpx binding'), secrets.mac)
    this.remote = { id: remoteId, authenticated: true, address, binding }
    let resolveClosed = (_: CloseCode): void => {}
    this.closed = new Promise(resolve => { resolveClosed = resolve })
    this.#resolveClosed = resolveClosed
    this.#heard = needs.clock.now()
    socket.on('data', bytes => this.#receive(bytes))
    socket.on('drain', () => this.#drained())
    socket.on('close', () => this.#finish('NETWORK', new RlpxError('RLPX_CLOSED', 'the connection broke', 'NETWORK')))
    socket.on('error', cause => this.#finish('NETWORK', new RlpxError('RLPX_CLOSED', 'the connection broke', 'NETWORK', { cause })))
    this.#reader.push(rest)
  }

  /** Exchanges hellos. @throws RlpxError - `RLPX_IDENTITY`, `RLPX_REFUSED`, `RLPX_PROTOCOL`, `RLPX_CLOSED`; the session is closed then. */
  async start (): Promise<void> {
    const { id, client, capabilities } = this.#needs
    const theirs = new Promise<RlpxHello>((resolve, reject) => { this.#hello = { resolve, reject } })
    this.#push(HELLO, encodeHello({ version: BASE_VERSION, client, capabilities, id }))
    this.#parse()
    try {
      await theirs
    } catch (error) {
      await this.close(error instanceof RlpxError ? error.closeCode : 'PROTOCOL')
      throw error
    }
    this.#tick()
  }

  open (protocol: ProtocolId): Conn {
    const at = this.protocols.findIndex(({ name, version }) => name === protocol.name && version === protocol.version)
    const channel = this.#channels[at]?.channel
    if (channel === undefined) throw new RangeError(`${protocol.name}/${protocol.version} is not shared`)
    if (channel.opened) throw new RangeError(`${protocol.name}/${protocol.version} is open already`)
    channel.opened = true
    return channel
  }

  async close (code: CloseCode = 'REQUESTED'): Promise<void> {
    await (this.#closing ??= this.#leave(code))
  }

  async #leave (code: CloseCode): Promise<void> {
    if (this.#isOver) return
    this.#push(DISCONNECT, encodeReason(CLOSE_CODES[code]))
    this.#flush()
    this.#finish(code, undefined)
    const { clock, limits } = this.#needs
    await new Promise<void>(resolve => {
      const cancel = clock.after(limits.goodbye, () => { this.#socket.destroy() })
      this.#socket.once('close', () => { cancel(); resolve() })
      if (this.#socket.destroyed) { cancel(); resolve() }
      // The remote hangs up when it has read the reason; its own last words are of no interest.
      this.#socket.resume()
      this.#socket.end()
    })
  }

  #finish (code: CloseCode, failure: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopTick()
    this.#stopFrame?.()
    this.#hello?.reject(failure ?? new RlpxError('RLPX_REFUSED', `the session ended: ${code}`, code))
    for (const { channel } of this.#channels) channel.finish(failure)
    for (const wake of this.#waiting.splice(0)) wake()
    if (failure !== undefined) this.#socket.destroy()
    this.#resolveClosed(code)
  }

  /** Ends the session for a fault of the remote, and tells it. */
  #fault (error: unknown): void {
    const fault = error instanceof RlpxError ? error : new RlpxError('RLPX_PROTOCOL', 'a fault of the remote', 'PROTOCOL', { cause: error })
    for (const { channel } of this.#channels) channel.finish(fault)
    this.#hello?.reject(fault)
    void this.close(fault.closeCode)
  }

  #receive (bytes: Uint8Array): void {
    if (this.#isOver) return
    this.#heard = this.#needs.clock.now()
    this.#reader.push(bytes)
    this.#parse()
  }

  #parse (): void {
    try {
      while (!this.#isOver && !this.#isPaused) {
        const message = this.#reader.next()
        if (message === undefined) break
        this.#handle(message)
      }
    } catch (error) {
      this.#fault(error)
      return
    }
    this.#watchFrame()
  }

  #handle ({ code, payload }: RlpxMessage): void {
    if (this.#channels.length === 0 && code !== HELLO && code !== DISCONNECT) throw new RlpxError('RLPX_PROTOCOL', `message ${code} before the hello`)
    switch (code) {
      case HELLO: return this.#agree(payload)
      case DISCONNECT: {
        const reason = closeCodeFrom(decodeReason(payload))
        this.#hello?.reject(new RlpxError('RLPX_REFUSED', `the remote refused: ${reason}`, reason))
        this.#finish(reason, undefined)
        this.#socket.end()
        return
      }
      case PING: return this.#push(PONG, EMPTY_LIST)
      case PONG: return
    }
    const found = this.#channels.find(({ first, length }) => code >= first && code < first + length)
    if (found === undefined) throw new RlpxError('RLPX_PROTOCOL', `no message has the code ${code}`)
    const message = new Uint8Array(payload.length + 1)
    message[0] = code - found.first
    message.set(payload, 1)
    found.channel.receive(message)
    if (found.channel.waiting > this.#needs.limits.window) this.#pause()
  }

  #agree (payload: Uint8Array): void {
    if (this.#channels.length > 0) throw new RlpxError('RLPX_PROTOCOL', 'a second hello')
    const hello = decodeHello(payload)
    // From here on both sides compress, whatever they think of each other.
    this.#writer.snappy = this.#reader.snappy = hello.version >= BASE_VERSION
    const { remote } = this
    if (!hello.id.every((byte, i) => byte === remote.id[i])) throw new RlpxError('RLPX_IDENTITY', 'the hello shows another node id than was proven', 'UNEXPECTED_IDENTITY')
    const { capabilities, limits } = this.#needs
    const shared = negotiate(capabilities, hello.capabilities)
    if (shared.length === 0) throw new RlpxError('RLPX_REFUSED', 'no shared sub-protocol', 'USELESS')
    const lengthOf = ({ name, version }: ProtocolId): number => capabilities.find(each => each.name === name && each.version === version)!.length
    const firsts = offsets(shared, lengthOf)
    this.protocols = shared
    this.#channels = shared.map((protocol, i) => ({
      first: firsts[i]!,
      length: lengthOf(protocol),
      channel: new RlpxChannel({
        send: async (code, body) => await this.#send(firsts[i]! + code, body),
        drained: () => this.#resume(),
        ended: reason => { void this.close(reason === undefined ? 'QUITTING' : closeCodeOf(reason)) }
      }, limits.maxMessageSize + 1)
    }))
    this.#reader.limit = limits.maxMessageSize
    this.#hello?.resolve(hello)
    this.#hello = undefined
  }

  /** Sends, and resolves when there is room for more. */
  async #send (code: number, payload: Uint8Array): Promise<void> {
    if (this.#isOver) throw new RlpxError('RLPX_CLOSED', 'the session is over')
    this.#push(code, payload)
    if (this.#socket.writableLength + this.#queued <= this.#needs.limits.highWater) return
    await new Promise<void>(resolve => { this.#waiting.push(resolve) })
  }

  /** Everything that is said in one turn goes out in one write. */
  #push (code: number, payload: Uint8Array): void {
    if (this.#isOver) return
    this.#outgoing.push({ code, payload })
    this.#queued += payload.length
    // The hello is never compressed, so it goes out before that is agreed on.
    if (code === HELLO) return this.#flush()
    if (this.#isFlushing) return
    this.#isFlushing = true
    setImmediate(() => {
      this.#isFlushing = false
      this.#flush()
    })
  }

  #flush (): void {
    if (this.#outgoing.length === 0 || this.#socket.destroyed) return
    const messages = this.#outgoing
    this.#outgoing = []
    this.#queued = 0
    if (this.#socket.write(this.#writer.write(messages))) this.#drained()
  }

  #drained (): void {
    if (this.#socket.writableLength > this.#needs.limits.highWater) return
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Somebody reads slowly: RLPx has no windows, so the whole connection waits. Our pings go on, so the remote does not take us for dead. */
  #pause (): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  #resume (): void {
    if (!this.#isPaused || this.#isOver) return
    if (this.#channels.some(({ channel }) => channel.waiting > this.#needs.limits.window / 2)) return
    this.#isPaused = false
    this.#heard = this.#needs.clock.now()
    this.#socket.resume()
    this.#parse()
  }

  /** A frame that has begun must end in time. */
  #watchFrame (): void {
    if (this.#isOver || this.#isPaused || !this.#reader.isAmid) {
      this.#stopFrame?.()
      this.#stopFrame = undefined
      return
    }
    const { clock, limits } = this.#needs
    this.#stopFrame ??= clock.after(limits.frameTimeout, () => {
      this.#stopFrame = undefined
      if (this.#isPaused) return
      this.#fault(new RlpxError('RLPX_TIMEOUT', `a frame took more than ${limits.frameTimeout} ms`, 'TIMEOUT'))
    })
  }

  #tick (): void {
    const { clock, limits } = this.#needs
    this.#stopTick = clock.after(limits.keepAlive, () => {
      if (this.#isOver) return
      if (!this.#isPaused && clock.now() - this.#heard >= limits.dead) {
        this.#fault(new RlpxError('RLPX_TIMEOUT', 'the remote is silent', 'TIMEOUT'))
        return
      }
      this.#push(PING, EMPTY_LIST)
      this.#tick()
    })
  }
}
