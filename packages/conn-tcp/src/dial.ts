import type { Conn } from '@skep/interface'
import { connect, type Socket } from 'node:net'
import { TcpConn } from './conn.ts'
import { ConnError } from './errors.ts'
import type { TcpLimits } from './limits.ts'
import { addressOf } from './listen.ts'
import type { Intake } from './reader.ts'

export interface DialOptions {
  readonly host: string
  readonly port: number
  /** Gives up. */
  readonly signal?: AbortSignal
  readonly limits?: TcpLimits & {
    /** Milliseconds until the connection must stand. Defaults to 10,000 (limits.md, dials). */
    readonly dialTimeout?: number
  }
}

/** Bytes that one read of a dialled socket takes at most: twice as many as by itself, which is what a sync has waiting. */
const READ = 131_072
/** Where all of them read to: what was read is copied before anything else can be. */
let shared: Buffer | undefined

/**
 * Connects over TCP.
 *
 * @throws ConnError - `CONN_REFUSED` or `CONN_TIMEOUT`; and the signal's reason.
 */
export async function dialTcp (options: DialOptions): Promise<{ conn: Conn, remoteAddress: string }> {
  const { host, port, signal, limits = {} } = options
  const { dialTimeout = 10_000 } = limits
  if (signal?.aborted === true) throw signal.reason
  // Nothing comes before the conn is there, which is made in the turn in which the socket stands.
  const intake: Intake = { push: () => {} }
  // Straight on, past the queue of a stream that has one of its own; a socket that was accepted offers no such way.
  const onread = {
    buffer: shared ??= Buffer.allocUnsafeSlow(READ),
    callback (length: number, bytes: Uint8Array): boolean {
      const chunk = Buffer.allocUnsafeSlow(length)
      chunk.set(bytes.subarray(0, length))
      intake.push(chunk)
      return true
    }
  }
  const socket = connect({ host, port, noDelay: true, onread })
  await connected(socket, `${host}:${port}`, dialTimeout, signal)
  return { conn: new TcpConn(socket, limits, intake), remoteAddress: addressOf(socket) }
}

async function connected (socket: Socket, target: string, timeout: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      socket.off('connect', done)
    }
    const fail = (error: unknown): void => {
      settle()
      socket.destroy()
      reject(error)
    }
    const done = (): void => {
      settle()
      socket.off('error', refused)
      resolve()
    }
    const refused = (cause: NodeJS.ErrnoException): void => fail(new ConnError('CONN_REFUSED', `${target}: ${cause.code ?? cause.message}`, { cause }))
    const aborted = (): void => fail(signal?.reason)
    const timer = setTimeout(() => fail(new ConnError('CONN_TIMEOUT', `no connection to ${target} within ${timeout} ms`)), timeout)
    signal?.addEventListener('abort', aborted)
    socket.on('connect', done)
    socket.on('error', refused)
  })
}
