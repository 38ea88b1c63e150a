import type { Clock, Random, Session } from '@skep/interface'
import { generateKey } from '@skep/identity'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { RlpxError } from './errors.ts'
import { deriveSecrets, type Fresh, makeAck, makeAuth, PLAIN_ACK, PLAIN_AUTH, readAck, readAuth } from './handshake.ts'
import type { Capability } from './hello.ts'
import { Incoming } from './incoming.ts'
import { DEFAULTS, MOST, type RlpxLimits } from './limits.ts'
import { type Established, RlpxSession } from './session.ts'

export interface RlpxOptions {
  readonly clock: Clock
  readonly random: Random
  /** The node's private key, 32 bytes. */
  readonly key: Uint8Array
  /** Its node id, 64 bytes. */
  readonly id: Uint8Array
  /** The program's name and version, for people to read. */
  readonly client: string
  readonly capabilities: readonly Capability[]
  readonly limits?: RlpxLimits
}

export interface RlpxDialOptions extends RlpxOptions {
  readonly host: string
  readonly port: number
  /** The node id that has to answer, 64 bytes. */
  readonly remoteId: Uint8Array
  readonly signal?: AbortSignal
}

export interface RlpxListenOptions extends RlpxOptions {
  /** Defaults to `127.0.0.1`. */
  readonly host?: string
  /** Defaults to 0: any that is free. */
  readonly port?: number
  /** Asked before anything is read; `false` hangs up at once. */
  readonly admit?: (address: string) => boolean
  readonly onSession: (session: Session) => void
  /** Told of every admitted connection that came to nothing. */
  readonly onFailure?: (error: unknown, address: string) => void
}

export interface RlpxListener {
  readonly host: string
  readonly port: number
  /** Stops listening; sessions stay. Idempotent, never rejects. */
  close (): Promise<void>
}

/**
 * Connects to a node by its id: the remote must prove that it has the key.
 *
 * @throws RlpxError - see its codes. An aborted `signal` rejects with its reason.
 * @throws RangeError - if `capabilities` or `limits` cannot be.
 */
export async function dialRlpx (options: RlpxDialOptions): Promise<Session> {
  const { host, port, remoteId, signal } = options
  const limits = checked(options)
  signal?.throwIfAborted()
  const socket = connect({ host, port, noDelay: true })
  await guarded(socket, options.clock, limits.dialTimeout, signal, async () => {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', cause => reject(new RlpxError('RLPX_UNREACHABLE', `${host}:${port} does not answer`, 'NETWORK', { cause })))
    })
  })
  return await guarded(socket, options.clock, limits.handshakeTimeout, signal, async () => {
    const bytes = new Incoming(socket)
    const fresh = freshKeys(options)
    const auth = makeAuth(fresh, remoteId)
    socket.write(auth)
    const packet = await bytes.packet(PLAIN_ACK, limits.maxPacket, candidate => readAck(options.key, candidate))
    const secrets = deriveSecrets(true, fresh, packet.read, { auth, ack: packet.bytes })
    return await begin({ socket, secrets, initiator: true, remoteId, address: `${host}:${port}`, rest: bytes.detach() }, options, limits)
  })
}

/**
 * Accepts sessions.
 *
 * @throws RlpxError - `RLPX_UNREACHABLE` if the address cannot be listened on.
 * @throws RangeError - if `capabilities` or `limits` cannot be.
 */
export async function listenRlpx (options: RlpxListenOptions): Promise<RlpxListener> {
  const { host = '127.0.0.1', port = 0, admit = () => true, onSession, onFailure = () => {} } = options
  const limits = checked(options)
  let pending = 0
  const server = createServer({ noDelay: true }, socket => {
    const address = addressOf(socket)
    socket.on('error', () => {})
    if (pending >= limits.pending || !admit(address)) {
      socket.destroy()
      return
    }
    pending++
    guarded(socket, options.clock, limits.handshakeTimeout, undefined, async () => {
      const bytes = new Incoming(socket)
      const { read: auth, bytes: packet } = await bytes.packet(PLAIN_AUTH, limits.maxPacket, candidate => readAuth(options.key, candidate))
      const fresh = freshKeys(options)
      const ack = makeAck(fresh, auth)
      socket.write(ack)
      const secrets = deriveSecrets(false, fresh, auth, { auth: packet, ack })
      return await begin({ socket, secrets, initiator: false, remoteId: auth.remoteId, address, rest: bytes.detach() }, options, limits)
    }).finally(() => { pending-- }).then(onSession, (error: unknown) => onFailure(error, address))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(new RlpxError('RLPX_UNREACHABLE', `cannot listen on ${host}:${port}`, 'NETWORK', { cause })))
    server.listen({ host, port }, resolve)
  })
  // Errors of accepting, no file descriptors for example, concern one connection.
  server.on('error', () => {})
  const at = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    host: at.address,
    port: at.port,
    async close () {
      await (closing ??= new Promise(resolve => {
        server.close()
        setImmediate(resolve)
      }))
    }
  }
}

/** The limits with their defaults; refuses what no frame could carry. */
function checked ({ capabilities, limits: given }: RlpxOptions): Required<RlpxLimits> {
  const limits = { ...DEFAULTS, ...given }
  if (limits.maxMessageSize > MOST) throw new RangeError(`messages of up to ${limits.maxMessageSize} bytes are over ${MOST}`)
  for (const { name, version, length } of capabilities) {
    // A message's code is one byte of it.
    if (!(length >= 1 && length <= 256)) throw new RangeError(`${name}/${version} with ${length} messages, not 1 to 256`)
  }
  return limits
}

async function begin (established: Established, options: RlpxOptions, limits: Required<RlpxLimits>): Promise<Session> {
  const { clock, id, client, capabilities } = options
  const session = new RlpxSession(established, { clock, id, client, capabilities, limits })
  await session.start()
  return session
}

/** Runs what leads to a session within a time, and destroys the socket when it comes to nothing. */
async function guarded<T> (socket: Socket, clock: Clock, within: number, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  let stop = (): void => {}
  const cut = new Promise<never>((_, reject) => {
    const aborted = (): void => reject(signal?.reason as Error)
    const cancel = clock.after(within, () => reject(new RlpxError('RLPX_TIMEOUT', `no session within ${within} ms`, 'TIMEOUT')))
    signal?.addEventListener('abort', aborted)
    stop = () => { cancel(); signal?.removeEventListener('abort', aborted) }
  })
  try {
    return await Promise.race([cut, work()])
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw error
  } finally {
    stop()
  }
}

function freshKeys ({ key, random }: RlpxOptions): Fresh {
  return {
    key,
    ephemeral: generateKey(random),
    nonce: random.bytes(32),
    ecies: { key: generateKey(random), iv: random.bytes(16) },
    padding: 100 + Math.floor(random.float() * 200)
  }
}

function addressOf (socket: Socket): string {
  const { remoteAddress = '', remotePort = 0 } = socket
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`
}
