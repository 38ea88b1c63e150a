import type { Context } from 'hono'
import type { ApiEnv } from './env.ts'
import { ApiError } from './errors.ts'
import { concat } from './stream.ts'

/**
 * The body of a request, held back while it is not read.
 *
 * Behind a Node server this is the incoming message itself, whose back-pressure is the socket's own.
 */
export function requestBody (c: Context<ApiEnv>): AsyncIterable<Uint8Array> {
  return c.env?.incoming ?? c.req.raw.body ?? empty()
}

/**
 * Reads a body of at most `limit` bytes.
 *
 * @throws ApiError - API_TOO_LARGE as soon as it is known to be larger.
 */
export async function readBody (c: Context<ApiEnv>, limit: number): Promise<Uint8Array> {
  const refusal = new ApiError('API_TOO_LARGE', `the body is larger than ${limit} bytes`)
  if (Number(c.req.header('content-length') ?? 0) > limit) throw refusal
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of requestBody(c)) {
    size += part.length
    if (size > limit) throw refusal
    parts.push(part)
  }
  return concat(parts, size)
}

async function * empty (): AsyncGenerator<Uint8Array> {}
