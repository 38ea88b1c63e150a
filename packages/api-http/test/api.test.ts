import { createApi, type ApiOptions } from '@skep/api-http'
import { EMPTY_ADDRESS, makeChunk, MAX_CHUNK_DATA } from '@skep/chunk'
import { encodeMetadata, MAX_SINGLE_OWNER_CHUNK, metadataAddress, metadataHash } from '@skep/chunk/validators'
import { toHex } from '@skep/pot'
import { VirtualClock } from '@skep/sim'
import { describe, expect, test } from 'vitest'
import { CodedError, MemoryBackend, noise } from './memory.ts'

function setup (options: ApiOptions = {}) {
  const node = new MemoryBackend()
  const clock = new VirtualClock()
  const api = createApi(node, { clock, ...options })
  const post = (path: string, body: Uint8Array | string, headers: Record<string, string> = {}) =>
    api.request(path, { method: 'POST', body: body as BodyInit, headers })
  const put = async (body: Uint8Array) => (await (await post('/bytes', body)).json() as { reference: string }).reference
  return { node, clock, api, post, put }
}

const nobody = 'f'.repeat(64)

describe('files', () => {
  test('what was uploaded comes back, whole and in parts', async () => {
    const { api, put } = setup()
    const file = noise(300_000)
    const reference = await put(file)
    const whole = await api.request(`/bytes/${reference}`)
    expect(whole.status).toBe(200)
    expect(whole.headers.get('content-length')).toBe('300000')
    expect(Buffer.compare(new Uint8Array(await whole.arrayBuffer()), file)).toBe(0)
    for (const [range, from, to] of [['bytes=0-0', 0, 1], ['bytes=4095-4096', 4095, 4097], ['bytes=-5', 299_995, 300_000], ['bytes=100000-', 100_000, 300_000]] as const) {
      const part = await api.request(`/bytes/${reference}`, { headers: { range } })
      expect(part.status).toBe(206)
      expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/300000`)
      expect(part.headers.get('content-length')).toBe(String(to - from))
      expect(Buffer.compare(new Uint8Array(await part.arrayBuffer()), file.slice(from, to))).toBe(0)
    }
  })

  test('the empty file has the reference of the empty chunk, and comes back empty', async () => {
    const { api, put } = setup()
    const reference = await put(new Uint8Array())
    expect(reference).toBe(toHex(EMPTY_ADDRESS))
    const found = await api.request(`/bytes/${reference}`, { headers: { range: 'bytes=0-' } })
    expect(found.status).toBe(200)
    expect((await found.arrayBuffer()).byteLength).toBe(0)
  })

  test('HEAD tells the length without reading the file', async () => {
    const { api, node, put } = setup()
    const reference = await put(noise(10_000))
    const kept = node.chunks.get(reference)!
    node.chunks.clear()
    node.chunks.set(reference, kept)
    const head = await api.request(`/bytes/${reference}`, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe('10000')
  })

  test('a range outside the file is 416', async () => {
    const { api, put } = setup()
    const response = await api.request(`/bytes/${await put(noise(10))}`, { headers: { range: 'bytes=10-' } })
    expect(response.status).toBe(416)
    expect(await response.json()).toEqual({ code: 416, reason: 'API_BAD_RANGE', message: 'the file ends at 10 bytes, before the range begins' })
  })

  test('a file that nobody has is 404, and so is one whose first bytes nobody has', async () => {
    const { api, node, put } = setup()
    expect((await api.request(`/bytes/${nobody}`)).status).toBe(404)
    const reference = await put(noise(10_000))
    const kept = node.chunks.get(reference)!
    node.chunks.clear()
    node.chunks.set(reference, kept)
    const response = await api.request(`/bytes/${reference}`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ reason: 'CHUNK_MISSING' })
  })

  test('a search without end becomes 404 when its time is up, and is cancelled', async () => {
    const { api, node, clock } = setup()
    node.missing = 'silent'
    for (const path of [`/bytes/${nobody}`, `/chunks/${nobody}`]) {
      const pending = api.request(path)
      await clock.advance(24_999)
      expect(node.searches.at(-1)!.aborted).toBe(false)
      await clock.advance(1)
      const response = await pending
      expect(response.status).toBe(404)
      expect(node.searches.at(-1)!.aborted).toBe(true)
      expect(clock.pending).toBe(0)
    }
  })

  test('a body that fails half way breaks off instead of ending', async () => {
    const { api, node, put } = setup()
    const reference = await put(noise(1_000_000))
    const leaves = [...node.chunks.keys()]
    node.chunks.delete(leaves[150]!)
    const response = await api.request(`/bytes/${reference}`)
    expect(response.status).toBe(200)
    await expect(response.arrayBuffer()).rejects.toThrow()
  })

  test.each([[90, 'few'], [110, 'many']])('a body of %i bytes where 100 were promised breaks off', async (size, what) => {
    const { api, node } = setup()
    node.download = async () => ({ size: 100, body: (async function * () { yield noise(size) })() })
    const response = await api.request(`/bytes/${nobody}`)
    await expect(response.arrayBuffer()).rejects.toThrow(`10 bytes too ${what} came`)
  })

  test('encryption is refused rather than left out', async () => {
    const { post, node } = setup()
    const response = await post('/bytes', noise(10), { 'swarm-encrypt': 'true' })
    expect(response.status).toBe(400)
    expect(node.chunks.size).toBe(0)
    expect((await post('/bytes', noise(10), { 'swarm-encrypt': 'false', 'swarm-postage-batch-id': nobody, 'swarm-pin': 'true' })).status).toBe(201)
  })

  test('transfers over the limit are told to come again, and places are given back', async () => {
    const { api, node, put } = setup({ maxTransfers: 1 })
    const reference = await put(noise(300_000))
    const first = await api.request(`/bytes/${reference}`)
    const second = await api.request(`/bytes/${reference}`)
    expect(second.status).toBe(503)
    expect(second.headers.get('retry-after')).toBe('1')
    await first.body!.cancel()
    expect((await api.request(`/bytes/${nobody}`)).status).toBe(404)
    expect((await api.request(`/bytes/${reference}`, { method: 'HEAD' })).status).toBe(200)
    node.chunks.clear()
    expect((await api.request(`/bytes/${reference}`)).status).toBe(404)
    expect((await api.request(`/chunks/${reference}`)).status).toBe(404)
  })
})

describe('chunks', () => {
  test('a chunk goes in and comes out as span and payload', async () => {
    const { api, post } = setup()
    const chunk = makeChunk(noise(100))
    const stored = await post('/chunks', chunk.data)
    expect(stored.status).toBe(201)
    expect(await stored.json()).toEqual({ reference: toHex(chunk.address) })
    const found = await api.request(`/chunks/${toHex(chunk.address)}`)
    expect(new Uint8Array(await found.arrayBuffer())).toEqual(chunk.data)
    expect((await api.request(`/chunks/${nobody}`)).status).toBe(404)
  })

  test('HEAD asks this node alone', async () => {
    const { api, node, post } = setup()
    node.missing = 'silent'
    const chunk = makeChunk(noise(5))
    await post('/chunks', chunk.data)
    expect((await api.request(`/chunks/${toHex(chunk.address)}`, { method: 'HEAD' })).status).toBe(200)
    expect((await api.request(`/chunks/${nobody}`, { method: 'HEAD' })).status).toBe(404)
  })

  test.each([[7, 400], [8, 201], [MAX_CHUNK_DATA, 201], [MAX_CHUNK_DATA + 1, 413]])('a body of %i bytes gives %i', async (size, status) => {
    const { post, node } = setup()
    const response = await post('/chunks', noise(size))
    expect(response.status).toBe(status)
    expect(node.chunks.size).toBe(status === 201 ? 1 : 0)
  })

  test('a chunk of another kind goes to its address, and nowhere else', async () => {
    const { api, post, node } = setup()
    const owner = noise(20, 3)
    const data = encodeMetadata({ startTime: 0n, frequency: 60n, name: noise(9), owner })
    const address = toHex(metadataAddress(metadataHash(data), owner))
    expect((await post(`/chunks/${nobody}`, data)).status).toBe(400)
    const stored = await post(`/chunks/${address}`, data)
    expect(stored.status).toBe(201)
    expect(await stored.json()).toEqual({ reference: address })
    expect(new Uint8Array(await (await api.request(`/chunks/${address}`)).arrayBuffer())).toEqual(data)
    expect((await post(`/chunks/${nobody}`, noise(MAX_SINGLE_OWNER_CHUNK))).status).toBe(400)
    expect((await post(`/chunks/${nobody}`, noise(MAX_SINGLE_OWNER_CHUNK + 1))).status).toBe(413)
    expect((await post('/chunks/12', data)).status).toBe(400)
    expect(node.chunks.size).toBe(1)
  })

  test('many are asked about at once, up to a limit', async () => {
    const { post } = setup({ maxAddresses: 2 })
    const chunk = makeChunk(noise(5))
    await post('/chunks', chunk.data)
    const ask = (addresses: unknown) => post('/chunks/has', JSON.stringify({ addresses }))
    expect(await (await ask([nobody, toHex(chunk.address)])).json()).toEqual({ has: [false, true] })
    expect(await (await ask([])).json()).toEqual({ has: [] })
    expect((await ask([nobody, nobody, nobody])).status).toBe(413)
    expect((await ask(['12'])).status).toBe(400)
    expect((await ask([7])).status).toBe(400)
    expect((await ask('x')).status).toBe(400)
    expect((await post('/chunks/has', '{')).status).toBe(400)
    expect((await post('/chunks/has', ' '.repeat(1000))).status).toBe(413)
  })
})

describe('requests that are wrong', () => {
  test.each(['abc', 'g'.repeat(64), '0'.repeat(63), '0'.repeat(65), '0'.repeat(128), '%00'.repeat(64)])('%s is no reference', async text => {
    const { api } = setup()
    for (const path of ['bytes', 'chunks']) {
      const response = await api.request(`/${path}/${text}`)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 400, reason: 'API_BAD_REFERENCE' })
    }
  })

  test('unknown paths are 404, unknown methods 405', async () => {
    const { api } = setup()
    expect((await api.request('/nowhere')).status).toBe(404)
    expect((await api.request(`/bytes/${nobody}/more`)).status).toBe(404)
    expect((await api.request('/status', { method: 'DELETE' })).status).toBe(405)
    expect((await api.request(`/chunks/${nobody}`, { method: 'PUT' })).status).toBe(405)
  })

  test('a page of a foreign origin or under a foreign name is refused', async () => {
    const { api } = setup({ allowedHosts: ['127.0.0.1'], allowedOrigins: ['http://good.example'] })
    const status = async (host: string, headers: Record<string, string> = {}) => (await api.request(`http://${host}/health`, { headers })).status
    expect(await status('127.0.0.1:1633')).toBe(200)
    expect(await status('rebound.example:1633')).toBe(403)
    expect(await status('127.0.0.1', { origin: 'http://evil.example' })).toBe(403)
    const good = await api.request('http://127.0.0.1/health', { headers: { origin: 'http://good.example' } })
    expect(good.headers.get('access-control-allow-origin')).toBe('http://good.example')
  })

  test('what a backend throws gets the status of its code, and 500 without one', async () => {
    const { api, node, post } = setup()
    for (const [code, status] of [['NOT_FOUND', 404], ['BAD_TREE', 422], ['STOPPED', 503], ['toString', 500]] as const) {
      node.download = async () => { throw new CodedError(code, 'because') }
      const response = await api.request(`/bytes/${nobody}`)
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ code: status, message: 'because' })
    }
    node.putChunk = async () => { throw new CodedError('LIGHT_NODE', 'light') }
    expect((await post('/chunks', noise(20))).status).toBe(403)
  })
})

describe('what the node says of itself', () => {
  test('/readiness wants a peer', async () => {
    const { api, node } = setup()
    expect((await api.request('/readiness')).status).toBe(200)
    node.peers = () => []
    expect((await api.request('/readiness')).status).toBe(503)
  })

  test('/status passes on all that the node tells', async () => {
    const { api } = setup()
    expect(await (await api.request('/status')).json()).toMatchObject({ synced: true, bins: [3, 4, 5], reserveSizeWithinRadius: 9, connectedPeers: 2 })
  })

  test('/topology shows bins nearer than the last in the last', async () => {
    const { api, node } = setup()
    node.topology = () => ({ depth: 1, bins: [{ po: 31, connected: [], known: ['33'.repeat(32)] }, { po: 200, connected: ['44'.repeat(32)], known: ['44'.repeat(32)] }] })
    const { bins } = await (await api.request('/topology')).json() as { bins: Record<string, unknown> }
    expect(Object.keys(bins)).toHaveLength(32)
    expect(bins['bin_31']).toEqual({ population: 2, connected: 1, connectedPeers: [{ address: '44'.repeat(32) }], disconnectedPeers: [{ address: '33'.repeat(32) }] })
  })

  test('/table is text', async () => {
    const { api } = setup()
    expect(await (await api.request('/table')).text()).toBe('the table\n')
  })
})

describe('events', () => {
  test('come as server-sent events, with a comment in the silence', async () => {
    const { api, node, clock } = setup()
    const response = await api.request('/events')
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = response.body!.getReader()
    const next = async () => new TextDecoder().decode((await reader.read()).value)
    expect(await next()).toBe(': events begin\n\n')
    node.emit({ type: 'depth', depth: 3 })
    expect(await next()).toBe('event: depth\ndata: {"type":"depth","depth":3}\n\n')
    await clock.advance(15_000)
    expect(await next()).toBe(':\n\n')
    await reader.cancel()
    expect(node.listeners.size).toBe(0)
    expect(clock.pending).toBe(0)
  })

  test('a client that does not read is cut, and gives its place back', async () => {
    const { api, node } = setup({ maxQueuedEvents: 3, maxEventStreams: 1 })
    const response = await api.request('/events')
    expect((await api.request('/events')).status).toBe(503)
    for (let depth = 0; depth < 5; depth++) node.emit({ type: 'depth', depth })
    expect(node.listeners.size).toBe(0)
    await expect(response.text()).rejects.toThrow('unread')
    expect((await api.request('/events')).status).toBe(200)
  })
})
