import { MAX_CHUNK_DATA, SPAN_SIZE } from '@skep/chunk'
import { MAX_SINGLE_OWNER_CHUNK } from '@skep/chunk/validators'
import { toHex } from '@skep/pot'
import type { Hono } from 'hono'
import type { Backend } from './backend.ts'
import { readBody } from './body.ts'
import { transferOf, within } from './deadline.ts'
import type { ApiEnv } from './env.ts'
import { ApiError } from './errors.ts'
import type { Gate } from './gate.ts'
import type { ApiSettings } from './options.ts'
import { parseReference } from './reference.ts'

/** Bytes of one address in the JSON of `POST /chunks/has`: 64 characters, two quotes, a comma, and room for white space. */
const ADDRESS_IN_JSON = 80

/** Single chunks: `POST /chunks`, `GET` and `HEAD /chunks/{address}`, and our own `POST /chunks/has` and `POST /chunks/{address}`. */
export function chunksRoutes (app: Hono<ApiEnv>, backend: Backend, options: ApiSettings, transfers: Gate): void {
  app.post('/chunks', async c => {
    const data = await readBody(c, MAX_CHUNK_DATA)
    if (data.length < SPAN_SIZE) {
      throw new ApiError('API_BAD_BODY', `a chunk is a span of ${SPAN_SIZE} bytes and its payload; ${data.length} bytes came`)
    }
    return c.json({ reference: toHex(await backend.putChunk(data)) }, 201)
  })

  app.post('/chunks/has', async c => {
    const text = new TextDecoder().decode(await readBody(c, options.maxAddresses * ADDRESS_IN_JSON + 64))
    const addresses = parseAddresses(text)
    if (addresses.length > options.maxAddresses) {
      throw new ApiError('API_TOO_LARGE', `${addresses.length} addresses at once; ${options.maxAddresses} are allowed`)
    }
    return c.json({ has: await backend.hasLocal(addresses.map(parseReference)) })
  })

  app.post('/chunks/:address', async c => {
    const address = parseReference(c.req.param('address'))
    // The longest chunk of any kind.
    const data = await readBody(c, MAX_SINGLE_OWNER_CHUNK)
    return c.json({ reference: toHex(await backend.putChunk(data, address)) }, 201)
  })

  app.get('/chunks/:address', async c => {
    const address = parseReference(c.req.param('address'))
    // hono answers HEAD with this handler. Bee's HEAD asks only the node itself, and so does ours.
    if (c.req.method === 'HEAD') {
      const [held] = await backend.hasLocal([address])
      return c.body(null, held === true ? 200 : 404)
    }
    const leave = transfers.enter()
    const transfer = transferOf(c.req.raw)
    try {
      const data = await within(options.clock, options.findTimeout, transfer, backend.getChunk(address, { signal: transfer.signal }))
      if (data === undefined) throw new ApiError('API_NOT_FOUND', `nobody has chunk ${toHex(address)}`)
      c.header('content-type', 'application/octet-stream')
      return c.body(data.slice(), 200)
    } finally {
      leave()
    }
  })
}

function parseAddresses (text: string): unknown[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ApiError('API_BAD_BODY', 'the body is no JSON', { cause })
  }
  const addresses = typeof value === 'object' && value !== null && 'addresses' in value ? value.addresses : undefined
  if (!Array.isArray(addresses)) throw new ApiError('API_BAD_BODY', 'the body is {"addresses": [64 hex characters, …]}')
  return addresses
}
