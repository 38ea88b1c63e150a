import { toHex } from '@skep/pot'
import type { Hono } from 'hono'
import type { Backend } from './backend.ts'
import { requestBody } from './body.ts'
import { transferOf, within } from './deadline.ts'
import type { ApiEnv } from './env.ts'
import { ApiError } from './errors.ts'
import type { Gate } from './gate.ts'
import type { ApiSettings } from './options.ts'
import { parseRange } from './range.ts'
import { parseReference } from './reference.ts'
import { streamOf } from './stream.ts'

/** Headers that would make Bee store something else; storing plain bytes instead would break a promise. */
const UNSUPPORTED: ReadonlyArray<readonly [header: string, harmless: readonly string[]]> = [
  ['swarm-encrypt', ['false']],
  ['swarm-act', ['false']],
  ['swarm-redundancy-level', ['0']]
]

/** Whole files: `POST /bytes`, `GET` and `HEAD /bytes/{reference}`. */
export function bytesRoutes (app: Hono<ApiEnv>, backend: Backend, options: ApiSettings, transfers: Gate): void {
  app.post('/bytes', async c => {
    for (const [header, harmless] of UNSUPPORTED) {
      const value = c.req.header(header)
      if (value !== undefined && !harmless.includes(value)) throw new ApiError('API_UNSUPPORTED', `${header}: ${value} is not supported`)
    }
    const leave = transfers.enter()
    try {
      const { reference } = await backend.upload(requestBody(c), { signal: transferOf(c.req.raw).signal })
      return c.json({ reference: toHex(reference) }, 201)
    } finally {
      leave()
    }
  })

  app.get('/bytes/:reference', async c => {
    const reference = parseReference(c.req.param('reference'))
    const leave = transfers.enter()
    const transfer = transferOf(c.req.raw)
    const { signal } = transfer

    const open = async () => {
      const whole = await backend.download(reference, { signal })
      const part = parseRange(c.req.header('range'), whole.size)
      const length = part?.length ?? whole.size
      if (c.req.method === 'HEAD') return { size: whole.size, part, length }
      const { body } = part === undefined ? whole : await backend.download(reference, { ...part, signal })
      const rest = body[Symbol.asyncIterator]()
      return { size: whole.size, part, length, body: { first: await rest.next(), rest, length } }
    }

    try {
      const { size, part, length, body } = await within(options.clock, options.findTimeout, transfer, open())
      c.header('content-type', 'application/octet-stream')
      c.header('content-length', String(length))
      c.header('accept-ranges', 'bytes')
      c.header('etag', `"${toHex(reference)}"`)
      if (part !== undefined) c.header('content-range', `bytes ${part.offset}-${part.offset + length - 1}/${size}`)
      const status = part === undefined ? 200 : 206
      if (body === undefined) {
        leave()
        return c.body(null, status)
      }
      return c.body(streamOf(body, () => {
        leave()
        transfer.abort()
      }), status)
    } catch (error) {
      leave()
      transfer.abort(error)
      throw error
    }
  })
}
