import type { Conn } from '@skep/interface'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { TcpConn } from './conn.ts'
import { ConnError } from './errors.ts'
import type { TcpLimits } from './limits.ts'

export interface ListenOptions {
  /** An IP address or a name. Defaults to `127.0.0.1`. */
  readonly host?: string
  /** Defaults to 0: any that is free. */
  readonly port?: number
  /** Told of every connection. What it throws closes that connection and nothing else. */
  readonly onConn: (conn: Conn, remoteAddress: string) => unknown
  readonly limits?: TcpLimits & {
    /** Connections at a time; the next is cut at once. Defaults to 512. */
    readonly connections?: number
  }
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** Stops listening. Conns that were accepted stay. Idempotent, never rejects. */
  close (): Promise<void>
}

/**
 * Accepts TCP connections, each as a conn.
 *
 * @throws ConnError - `CONN_IN_USE` if the address cannot be listened on.
 *
 * @example
 * ```ts
 * import { dialTcp, listenTcp } from '@skep/conn-tcp'
 *
 * const listener = await listenTcp({ onConn: conn => conn.sink([Uint8Array.of(7)]).then(() => conn.close()) })
 * const { conn } = await dialTcp({ host: listener.host, port: listener.port })
 * for await (const message of conn.source) console.log(message[0]) // 7
 * await listener.close()
 * ```
 */
export async function listenTcp (options: ListenOptions): Promise<Listener> {
  const { host = '127.0.0.1', port = 0, onConn, limits = {} } = options
  const server = createServer({ noDelay: true }, socket => void accept(socket))
  server.maxConnections = limits.connections ?? 512
  const accept = async (socket: Socket): Promise<void> => {
    const remoteAddress = addressOf(socket)
    const conn = new TcpConn(socket, limits)
    try {
      await onConn(conn, remoteAddress)
    } catch (error) {
      conn.abort(error instanceof Error ? error : new Error(String(error)))
    }
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new ConnError('CONN_IN_USE', `cannot listen on ${host}:${port}: ${cause.code ?? cause.message}`, { cause }))
    })
    server.listen({ host, port }, resolve)
  })
  // Errors of accepting, no file descriptors for example, concern one connection.
  server.on('error', () => {})
  const address = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    host: address.address,
    port: address.port,
    async close () {
      closing ??= new Promise(resolve => {
        server.close()
        // The port is free once the handle has closed; the event waits for the last connection.
        setImmediate(resolve)
      })
      await closing
    }
  }
}

/** Where the other end of a socket is, as `host:port`. */
export function addressOf (socket: Socket): string {
  const { remoteAddress = '', remotePort = 0 } = socket
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`
}
