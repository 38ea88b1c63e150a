import { createCipheriv, type Cipher } from 'node:crypto'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { SeededRandom } from '@skep/sim'
import { FrameMac } from '../src/frame-mac.ts'
import { FrameReader } from '../src/frame-reader.ts'
import { deriveSecrets, makeAck, makeAuth, readAck, readAuth, type Fresh, type Secrets } from '../src/handshake.ts'
import { decodeReason, encodeHello, type RlpxHello } from '../src/hello.ts'
import { snappySize, snappyWrite } from '../src/snappy.ts'
import { after, ids, keys, swarm } from './pair.ts'

/** What a raw peer hears. */
export interface Heard {
  readonly code: number
  readonly payload: Uint8Array
}

/** A node that says whatever pleases a test, at any stage. */
export class RawPeer {
  readonly socket: Socket
  snappy = false
  readonly #cipher: Cipher
  readonly #mac: FrameMac
  readonly #reader: FrameReader
  readonly #heard: Heard[] = []
  #isGreeted = false
  #isOver = false
  #wake: (() => void) | undefined

  constructor (socket: Socket, secrets: Secrets, rest: Uint8Array) {
    this.socket = socket
    this.#cipher = createCipheriv('aes-256-ctr', secrets.aes, new Uint8Array(16))
    this.#mac = new FrameMac(secrets.mac, secrets.egress)
    this.#reader = new FrameReader(secrets, 2 ** 24 - 1)
    socket.on('data', (bytes: Uint8Array) => this.#receive(bytes))
    socket.on('close', () => { this.#isOver = true; this.#wake?.() })
    this.#receive(rest)
  }

  /** Connects to node 1 and goes through the transport's handshake, no further. */
  static async dial (port: number, key: Uint8Array = keys[0]!): Promise<RawPeer> {
    const own = freshKeys(key)
    const auth = makeAuth(own, ids[1]!)
    const socket = await rawSocket(port)
    socket.write(auth)
    const { packet: ack, rest } = await packet(socket)
    return new RawPeer(socket, deriveSecrets(true, own, readAck(key, ack), { auth, ack }), rest)
  }

  /** Waits to be dialled as node 1. @param hangsUp - whether it does when the other side has. */
  static async listen (hangsUp: boolean = true): Promise<{ port: number, peer: Promise<RawPeer> }> {
    let found = (_: RawPeer | PromiseLike<RawPeer>): void => {}
    const peer = new Promise<RawPeer>(resolve => { found = resolve })
    const port = await rawListener(socket => found(packet(socket).then(({ packet: auth, rest }) => {
      const own = freshKeys(keys[1]!)
      const read = readAuth(keys[1]!, auth)
      const ack = makeAck(own, read)
      socket.write(ack)
      if (hangsUp) socket.on('end', () => socket.end())
      return new RawPeer(socket, deriveSecrets(false, own, read, { auth, ack }), rest)
    })))
    return { port, peer }
  }

  /** Says hello as node 0, and goes over to compression as that says. */
  hello (more: Partial<RlpxHello> = {}): void {
    this.say(0, encodeHello({ version: 5, client: 'raw', capabilities: swarm, port: 0, id: ids[0]!, ...more }))
    this.snappy = (more.version ?? 5) >= 5
  }

  say (code: number, payload: Uint8Array): void {
    this.socket.write(this.frame(this.body(code, payload)))
  }

  /** A code and a payload as a frame holds them. */
  body (code: number, payload: Uint8Array): Uint8Array {
    const head = code === 0 ? [0x80] : code < 0x80 ? [code] : [0x81, code]
    const block = new Uint8Array(this.snappy ? snappySize(payload.length) : payload.length)
    if (this.snappy) snappyWrite(block, 0, payload)
    else block.set(payload)
    return Buffer.concat([Uint8Array.from(head), block])
  }

  /** A frame of any bytes, whose header may claim another size. */
  frame (body: Uint8Array, claim: number = body.length): Uint8Array {
    const padded = new Uint8Array(Math.ceil(body.length / 16) * 16)
    padded.set(body)
    const head = this.#cipher.update(Uint8Array.of(claim >>> 16, claim >>> 8, claim, 0xc2, 0x80, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    const headMac = Uint8Array.from(this.#mac.header(head).subarray(0, 16))
    const sealed = this.#cipher.update(padded)
    return Buffer.concat([head, headMac, sealed, this.#mac.body(sealed).subarray(0, 16)])
  }

  /** The next message; `undefined` when the connection is over. */
  async next (): Promise<Heard | undefined> {
    while (this.#heard.length === 0 && !this.#isOver) await new Promise<void>(resolve => { this.#wake = resolve })
    return this.#heard.shift()
  }

  /** The reason that the other side gives, whatever else it says; `undefined` if it gives none. */
  async goodbye (): Promise<number | undefined> {
    for (let next = await this.next(); next !== undefined; next = await this.next()) {
      if (next.code === 1) return decodeReason(next.payload)
    }
    return undefined
  }

  #receive (bytes: Uint8Array): void {
    this.#reader.push(bytes)
    while (true) {
      // What comes behind the other hello is compressed where ours says that we can read it.
      this.#reader.snappy = this.#isGreeted && this.snappy
      const next = this.#reader.next()
      if (next === undefined) break
      this.#isGreeted ||= next.code === 0
      this.#heard.push({ code: next.code, payload: Uint8Array.from(next.message.subarray(1)) })
    }
    this.#wake?.()
  }
}

/** A socket to a port of ours, with nothing said. */
export async function rawSocket (port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => {})
  after(() => socket.destroy())
  await new Promise(resolve => socket.once('connect', resolve))
  return socket
}

/** A listener that does as it pleases with its sockets. */
export async function rawListener (onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, socket => {
    socket.on('error', () => {})
    after(() => socket.destroy())
    onSocket(socket)
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  after(() => server.close())
  return (server.address() as AddressInfo).port
}

/** One EIP-8 packet, and what came behind it. */
async function packet (socket: Socket): Promise<{ packet: Uint8Array, rest: Uint8Array }> {
  return await new Promise((resolve, reject) => {
    let got = Buffer.alloc(0)
    const receive = (bytes: Uint8Array): void => {
      got = Buffer.concat([got, bytes])
      const length = got.length < 2 ? Infinity : 2 + got.readUInt16BE(0)
      if (got.length < length) return
      socket.off('data', receive)
      resolve({ packet: got.subarray(0, length), rest: got.subarray(length) })
    }
    socket.on('data', receive)
    socket.once('close', () => reject(new Error('hung up on')))
  })
}

let seed = 1000

/** Key material of a handshake, other each time. */
export function freshKeys (key: Uint8Array): Fresh {
  const random = new SeededRandom(seed++)
  return { key, ephemeral: random.bytes(32), nonce: random.bytes(32), ecies: { key: random.bytes(32), iv: random.bytes(16) }, padding: 100 }
}
