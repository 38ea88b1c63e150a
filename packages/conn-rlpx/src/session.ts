import type { Clock, CloseCode, Conn, ProtocolId, Session } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import { CLOSE_CODES, closeCodeFrom, closeCodeOf, negotiate, offsets } from '@skep/wire'
import type { Socket } from 'node:net'
import { RlpxChannel } from './channel.ts'
import { RlpxError } from './errors.ts'
import { BASE_LENGTH, DISCONNECT, HELLO, PING, PONG } from './frame.ts'
import { FrameReader, type RlpxMessage } from './frame-reader.ts'
import { FrameWatch } from './frame-watch.ts'
import type { Secrets } from './handshake.ts'
import { BASE_VERSION, type Capability, decodeHello, decodeReason, encodeHello, encodeReason, type RlpxHello } from './hello.ts'
import { KeepAlive } from './keep-alive.ts'
import { MAX_HELLO, type RlpxLimits } from './limits.ts'
import { Outbox } from './outbox.ts'

/** An empty RLP list. */
const EMPTY_LIST = Uint8Array.of(0xc0)
/** The goodbyes of a remote that met a fault, after which conns break instead of ending. */
const FAULTS: ReadonlySet<CloseCode> = new Set(['NETWORK', 'PROTOCOL', 'TIMEOUT', 'SUBPROTOCOL'])

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

/** A message code of a sub-protocol. */
interface Slot {
  readonly channel: RlpxChannel
  /** The code as the sub-protocol counts it. */
  readonly code: number
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
  readonly #outbox: Outbox
  readonly #reader: FrameReader
  readonly #watch: FrameWatch
  readonly #pulse: KeepAlive
  readonly #resolveClosed: (code: CloseCode) => void
  #channels: readonly RlpxChannel[] = []
  /** Where each message code from `BASE_LENGTH` on belongs. */
  #slots: readonly Slot[] = []
  #hello: { resolve: (hello: RlpxHello) => void, reject: (error: Error) => void } | undefined
  #isPaused = false
  #isOver = false
  #closing: Promise<void> | undefined

  constructor (established: Established, needs: SessionNeeds) {
    const { socket, secrets, initiator, remoteId, address, rest } = established
    this.#socket = socket
    this.#needs = needs
    this.initiator = initiator
    this.#outbox = new Outbox(socket, secrets, needs.limits.highWater)
    this.#reader = new FrameReader(secrets, MAX_HELLO)
    this.#watch = new FrameWatch(needs.clock, needs.limits.frameTimeout, {
      isWaiting: () => !this.#isOver && !this.#isPaused && this.#reader.isAmid,
      late: error => this.#fault(error)
    })
    this.#pulse = new KeepAlive({
      clock: needs.clock,
      keepAlive: needs.limits.keepAlive,
      dead: needs.limits.dead,
      isListening: () => !this.#isPaused,
      ping: () => { if (this.#outbox.hasRoom) this.#outbox.add(PING, EMPTY_LIST, 0) },
      silent: () => this.#fault(new RlpxError('RLPX_TIMEOUT', 'the remote is silent', 'TIMEOUT'))
    })
    // Both ends know it, and nobody else does; the secrets themselves stay inside.
    const binding = keccak256(new TextEncoder().encode('skep rlpx binding'), secrets.mac)
    this.remote = { id: remoteId, authenticated: true, address, binding }
    let resolveClosed = (_: CloseCode): void => {}
    this.closed = new Promise(resolve => { resolveClosed = resolve })
    this.#resolveClosed = resolveClosed
    socket.on('data', bytes => this.#receive(bytes))
    socket.on('close', () => this.#broke(undefined))
    socket.on('error', cause => this.#broke(cause))
    this.#reader.push(rest)
  }

  /** Exchanges hellos. @throws RlpxError - `RLPX_IDENTITY`, `RLPX_REFUSED`, `RLPX_PROTOCOL`, `RLPX_BROKEN`; the session is closed then. */
  async start (): Promise<void> {
    const { id, client, capabilities } = this.#needs
    const theirs = new Promise<RlpxHello>((resolve, reject) => { this.#hello = { resolve, reject } })
    // Never compressed, so it goes out before that is agreed on.
    this.#outbox.add(HELLO, encodeHello({ version: BASE_VERSION, client, capabilities, port: 0, id }), 0)
    this.#outbox.flush()
    this.#parse()
    try {
      await theirs
    } catch (error) {
      await this.close(error instanceof RlpxError ? error.closeCode : 'PROTOCOL')
      throw error
    }
    if (!this.#isOver) this.#pulse.start()
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
    await (this.#closing ??= this.#leave(code))
  }

  async #leave (code: CloseCode): Promise<void> {
    if (!this.#isOver) {
      this.#outbox.add(DISCONNECT, encodeReason(CLOSE_CODES[code]), 0)
      this.#outbox.flush()
      this.#finish(code, undefined)
    }
    await this.#hangUp()
  }

  /** Closes the connection once what was written is out, and waits for that; not for ever. */
  async #hangUp (): Promise<void> {
    const socket = this.#socket
    if (socket.closed) return
    const { clock, limits } = this.#needs
    await new Promise<void>(resolve => {
      const cancel = clock.after(limits.goodbye, () => { socket.destroy() })
      socket.once('close', () => { cancel(); resolve() })
      // The remote hangs up when it has read the reason; its own last words are of no interest.
      // Unread they would make the system reset the connection, and lose ours.
      socket.resume()
      socket.end()
    })
  }

  #finish (code: CloseCode, failure: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#pulse.stop()
    this.#watch.stop()
    this.#hello?.reject(failure ?? new RlpxError('RLPX_REFUSED', `the session ended: ${code}`, code))
    for (const channel of this.#channels) channel.finish(failure)
    this.#outbox.end()
    this.#resolveClosed(code)
  }

  #broke (cause: Error | undefined): void {
    this.#outbox.drop()
    this.#finish('NETWORK', new RlpxError('RLPX_BROKEN', 'the connection broke', 'NETWORK', { cause }))
  }

  /** Ends the session for a fault of the remote, and tells it. */
  #fault (error: unknown): void {
    const fault = error instanceof RlpxError ? error : new RlpxError('RLPX_PROTOCOL', 'a fault of the remote', 'PROTOCOL', { cause: error })
    for (const channel of this.#channels) channel.finish(fault)
    this.#hello?.reject(fault)
    void this.close(fault.closeCode)
  }

  #receive (bytes: Uint8Array): void {
    if (this.#isOver) return
    this.#pulse.heard()
    this.#reader.push(bytes)
    this.#parse()
  }

  #parse (): void {
    let isProgress = false
    try {
      while (!this.#isOver && !this.#isPaused) {
        const message = this.#reader.next()
        if (message === undefined) break
        isProgress = true
        this.#handle(message)
      }
    } catch (error) {
      this.#fault(error)
      return
    }
    this.#watch.look(isProgress)
  }

  #handle ({ code, message }: RlpxMessage): void {
    const slot = this.#slots[code - BASE_LENGTH]
    if (slot === undefined) {
      this.#handleBase(code, message.subarray(1))
      return
    }
    message[0] = slot.code
    slot.channel.receive(message)
    if (slot.channel.waiting > this.#needs.limits.window) this.#pause()
  }

  #handleBase (code: number, payload: Uint8Array): void {
    if (this.#hello !== undefined && code !== HELLO && code !== DISCONNECT) throw new RlpxError('RLPX_PROTOCOL', `message ${code} before the hello`)
    switch (code) {
      case HELLO: return this.#agree(payload)
      case DISCONNECT: return this.#disconnected(closeCodeFrom(decodeReason(payload)))
      // Where there is no room the remote has enough of ours to read, and shall not fill our memory.
      case PING: if (this.#outbox.hasRoom) this.#outbox.add(PONG, EMPTY_LIST, 0); return
      case PONG: return
      default: throw new RlpxError('RLPX_PROTOCOL', `no message has the code ${code}`)
    }
  }

  #disconnected (reason: CloseCode): void {
    this.#hello?.reject(new RlpxError('RLPX_REFUSED', `the remote refused: ${reason}`, reason))
    this.#outbox.drop()
    this.#finish(reason, FAULTS.has(reason) ? new RlpxError('RLPX_BROKEN', `the remote ended the session: ${reason}`, reason) : undefined)
    void this.close()
  }

  #agree (payload: Uint8Array): void {
    if (this.#hello === undefined) throw new RlpxError('RLPX_PROTOCOL', 'a second hello')
    const hello = decodeHello(payload)
    // From here on both sides compress, whatever they think of each other.
    this.#outbox.snappy = this.#reader.snappy = hello.version >= BASE_VERSION
    const { remote } = this
    const { id, capabilities, limits } = this.#needs
    if (!same(hello.id, remote.id)) throw new RlpxError('RLPX_IDENTITY', 'the hello shows another node id than was proven', 'UNEXPECTED_IDENTITY')
    if (same(hello.id, id)) throw new RlpxError('RLPX_REFUSED', 'a connection to ourselves', 'SELF')
    const shared = negotiate(capabilities, hello.capabilities)
    if (shared.length === 0) throw new RlpxError('RLPX_REFUSED', 'no shared sub-protocol', 'USELESS')
    const lengthOf = ({ name, version }: ProtocolId): number => capabilities.find(each => each.name === name && each.version === version)!.length
    const firsts = offsets(shared, lengthOf)
    this.protocols = shared
    this.#channels = shared.map((protocol, i) => this.#channel(firsts[i]!, lengthOf(protocol)))
    this.#slots = this.#channels.flatMap((channel, i) => Array.from({ length: lengthOf(shared[i]!) }, (_, code) => ({ channel, code })))
    this.#reader.limit = limits.maxMessageSize
    this.#hello.resolve(hello)
    this.#hello = undefined
  }

  #channel (first: number, codes: number): RlpxChannel {
    return new RlpxChannel({
      codes,
      send: message => this.#outbox.add(first + message[0]!, message, 1),
      room: () => this.#outbox.room(),
      drained: () => { if (this.#isPaused) this.#resume() },
      ended: async reason => {
        if (reason !== undefined) {
          this.#outbox.drop()
          await this.close(closeCodeOf(reason))
        } else {
          // Whoever closes the session for the sub-protocol's end does it now, and knows why.
          await new Promise(resolve => setImmediate(resolve))
          await this.close('QUITTING')
        }
      }
    }, this.#needs.limits.maxMessageSize + 1)
  }

  /** Somebody reads slowly: RLPx has no windows, so the whole connection waits. Our pings go on, so the remote does not take us for dead. */
  #pause (): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  #resume (): void {
    if (this.#isOver) return
    const { window } = this.#needs.limits
    if (this.#channels.some(channel => channel.waiting > window / 2)) return
    this.#isPaused = false
    this.#pulse.heard()
    this.#watch.restart()
    this.#parse()
    if (!this.#isPaused) this.#socket.resume()
  }
}

function same (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
