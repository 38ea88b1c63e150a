import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Api } from './api.ts'

/** Where to listen, and what one server takes on. */
export interface ServeOptions {
  /** Defaults to `127.0.0.1`. */
  readonly host?: string
  /** Defaults to 0: any free one. */
  readonly port?: number
  /** Connections at once; more are closed. Defaults to 256. */
  readonly maxConnections?: number
  /** Time for the headers of a request to arrive, in milliseconds. Defaults to 10,000. */
  readonly headersTimeout?: number
  /** Silence on a connection after which it is closed, in milliseconds. Defaults to 120,000. */
  readonly idleTimeout?: number
}

/** An API that listens. */
export interface Served {
  /** `http://127.0.0.1:1633` */
  readonly url: string
  readonly host: string
  readonly port: number
  /** Stops listening and cuts what runs. Idempotent. */
  close (): Promise<void>
}

/**
 * Lets an API listen on a TCP port.
 *
 * @throws Error - with Node's code (`EADDRINUSE`, `EACCES`, …) when the port cannot be had.
 */
export async function serve (api: Pick<Api, 'fetch'>, options: ServeOptions = {}): Promise<Served> {
  const listener = getRequestListener(async (request, env) => {
    const outgoing = env.outgoing as ServerResponse
    await send(await api.fetch(request, env), outgoing)
    return RESPONSE_ALREADY_SENT
  }, { overrideGlobalObjects: false })
  const server = createServer({
    headersTimeout: options.headersTimeout ?? 10_000,
    // An upload may take as long as it goes on; silence is what ends it.
    requestTimeout: 0
  }, (incoming, outgoing) => { void listener(incoming, outgoing) })
  server.maxConnections = options.maxConnections ?? 256
  server.timeout = options.idleTimeout ?? 120_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { address, family, port } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    host: address,
    port,
    async close () {
      closed ??= new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await closed
    }
  }
}

/** Sends a response. When its body fails the connection breaks, so that the client sees it was not all. */
async function send (response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (response.body === null) {
    outgoing.end()
    return
  }
  outgoing.flushHeaders()
  // A client that goes away, or a body that fails: either way the connection is gone, and nobody is left to tell.
  await pipeline(Readable.fromWeb(response.body as import('node:stream/web').ReadableStream), outgoing).catch(() => {})
}
