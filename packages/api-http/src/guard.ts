import type { MiddlewareHandler } from 'hono'
import type { ApiEnv } from './env.ts'
import { ApiError } from './errors.ts'
import type { ApiSettings } from './options.ts'

/**
 * Keeps web pages out.
 *
 * A browser lets any page send requests to a loopback address, and a page may give its own
 * name that address. The first kind names its origin, the second comes under a foreign host.
 */
export function guard ({ allowedOrigins, allowedHosts }: ApiSettings): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const origin = c.req.header('origin')
    if (origin !== undefined && !allowedOrigins.includes(origin)) {
      throw new ApiError('API_FORBIDDEN', `pages of ${origin} may not use this API`)
    }
    const host = new URL(c.req.url).hostname
    if (allowedHosts !== undefined && !allowedHosts.includes(host)) {
      throw new ApiError('API_FORBIDDEN', `this API is not known as ${host}`)
    }
    await next()
  }
}
