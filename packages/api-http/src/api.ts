import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { Backend } from './backend.ts'
import { bytesRoutes } from './bytes.ts'
import { chunksRoutes } from './chunks.ts'
import type { ApiEnv } from './env.ts'
import { ApiError, errorBody } from './errors.ts'
import { eventsRoute } from './events.ts'
import { Gate } from './gate.ts'
import { guard } from './guard.ts'
import { infoRoutes } from './info.ts'
import { metricsRoute } from './metrics.ts'
import { settings, type ApiOptions } from './options.ts'

/** The API as a hono app: `fetch` answers a request, `serve` makes it listen. */
export type Api = Hono<ApiEnv>

/**
 * Makes the HTTP API of a node, in the paths and shapes of Bee's.
 *
 * Every error is JSON `{ code, message, reason }`: the HTTP status, one line for people,
 * and a stable code for programs.
 *
 * @example
 * ```ts
 * import { createApi, serve, type Backend } from '@skep/api-http'
 *
 * async function listen (node: Backend) {
 *   const { url } = await serve(createApi(node), { port: 1633 })
 *   return url // http://127.0.0.1:1633
 * }
 * ```
 */
export function createApi (backend: Backend, options?: ApiOptions): Api {
  const filled = settings(options)
  const transfers = new Gate(filled.maxTransfers, 'transfers')
  const app: Api = new Hono<ApiEnv>()
  app.use(guard(filled))
  if (filled.allowedOrigins.length > 0) app.use(cors({ origin: [...filled.allowedOrigins], exposeHeaders: ['content-length', 'content-range', 'etag'] }))
  bytesRoutes(app, backend, filled, transfers)
  chunksRoutes(app, backend, filled, transfers)
  infoRoutes(app, backend, filled)
  metricsRoute(app, backend, filled)
  eventsRoute(app, backend, filled)
  const paths = new Set(app.routes.map(({ path }) => path).filter(path => path !== '/*'))
  for (const path of paths) {
    app.all(path, c => { throw new ApiError('API_BAD_METHOD', `${c.req.path} does not take ${c.req.method}`) })
  }
  app.notFound(c => { throw new ApiError('API_NO_PATH', `there is no ${c.req.path}`) })
  app.onError((error, c) => {
    const body = errorBody(error)
    if (body.code === 503) c.header('retry-after', '1')
    return c.json(body, body.code as 400)
  })
  return app
}
