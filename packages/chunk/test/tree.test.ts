import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { BRANCHES, CHUNK_SIZE, EMPTY_ADDRESS, fileSize, hasher, join, makeChunk, split } from '@skep/chunk'
import type { CarryRule, Chunk, GetChunk, Hasher } from '@skep/chunk'
import { hex, pattern } from './pattern.ts'

/** A hash that is no hash: cheap, and good enough to tell the chunks of a test apart. */
function cheap (): Hasher {
  const known = new Map<string, Uint8Array>()
  return {
    name: 'cheap',
    address (data) {
      const key = Buffer.from(data).toString('latin1')
      let address = known.get(key)
      if (address === undefined) {
        address = new Uint8Array(32)
        new DataView(address.buffer).setUint32(0, known.size + 1)
        known.set(key, address)
      }
      return address
    }
  }
}

interface File { root: Uint8Array, chunks: Map<string, Uint8Array>, order: Chunk[], get: GetChunk, asked: string[] }

async function store (bytes: Uint8Array, rule: CarryRule = 'swarm', use: Hasher = hasher): Promise<File> {
  const chunks = new Map<string, Uint8Array>()
  const order: Chunk[] = []
  const asked: string[] = []
  for await (const chunk of split([bytes], { rule, hasher: use })) {
    chunks.set(hex(chunk.address), chunk.data)
    order.push(chunk)
  }
  const get: GetChunk = async address => { asked.push(hex(address)); return chunks.get(hex(address)) }
  return { root: order.at(-1)!.address, chunks, order, get, asked }
}

async function read (...args: Parameters<typeof join>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of join(...args)) parts.push(part)
  return Uint8Array.from(Buffer.concat(parts))
}

const LEAVES = [0, 1, 2, 127, 128, 129, 130, 255, 256, 257]
const BOUNDARIES = LEAVES.flatMap(leaves => [-1, 0, 1].map(more => leaves * CHUNK_SIZE + more)).filter(length => length >= 0)

test('a file reads back whole, at every boundary, under both rules', { timeout: 120_000 }, async () => {
  const use = cheap()
  for (const rule of ['swarm', 'bee'] as const) {
    for (const length of BOUNDARIES) {
      const bytes = pattern(length, 5)
      const { root, get } = await store(bytes, rule, use)
      expect(await fileSize(root, get), `${rule} ${length}`).toBe(length)
      expect(Buffer.compare(await read(root, get), bytes), `${rule} ${length}`).toBe(0)
    }
  }
})

test('a tree of three levels reads back under both rules, a lone complete subtree at each height', { timeout: 120_000 }, async () => {
  for (const leaves of [BRANCHES * BRANCHES + 1, BRANCHES * BRANCHES + BRANCHES]) {
    const bytes = pattern(leaves * CHUNK_SIZE, 7)
    for (const rule of ['swarm', 'bee'] as const) {
      const { root, get, asked } = await store(bytes, rule)
      for (const offset of [0, BRANCHES * BRANCHES * CHUNK_SIZE - 1, bytes.length - 1]) {
        asked.length = 0
        expect(await read(root, get, { offset, length: 2 })).toEqual(bytes.slice(offset, offset + 2))
        expect(asked.length).toBeLessThanOrEqual(8)
      }
    }
  }
})

test('children come before their parents, the root last, and nothing twice but equal content', async () => {
  for (const length of BOUNDARIES.filter(length => length < 140 * CHUNK_SIZE)) {
    const { order } = await store(pattern(length, 1), 'swarm', cheap())
    const seen = new Set<string>()
    for (const { address, data } of order) {
      const span = Number(new DataView(data.buffer).getBigUint64(0, true))
      if (span > CHUNK_SIZE || (span === CHUNK_SIZE && data.length === 40)) {
        for (let at = 8; at < data.length; at += 32) expect(seen.has(hex(data.subarray(at, at + 32)))).toBe(true)
      }
      seen.add(hex(address))
    }
    expect(new DataView(order.at(-1)!.data.buffer).getBigUint64(0, true)).toBe(BigInt(length))
  }
})

test('how the source is cut does not matter', async () => {
  const bytes = pattern(3 * CHUNK_SIZE + 100, 9)
  const { root } = await store(bytes)
  for (const size of [1, 7, 1000, 4095, 4096, 4097, 10_000]) {
    const cut = function * (): Generator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) {
        yield new Uint8Array(0)
        yield bytes.subarray(at, at + size)
      }
    }
    let last: Chunk | undefined
    for await (const chunk of split(cut())) last = chunk
    expect(hex(last!.address)).toBe(hex(root))
  }
})

test('a source may reuse its buffer', async () => {
  const buffer = new Uint8Array(1000)
  const reusing = function * (): Generator<Uint8Array> {
    for (let i = 0; i < 10; i++) { buffer.fill(i); yield buffer }
  }
  const { root } = await store(Uint8Array.from({ length: 10_000 }, (_, i) => Math.floor(i / 1000)))
  let last: Chunk | undefined
  for await (const chunk of split(reusing())) last = chunk
  expect(last!.address).toEqual(root)
})

test('an empty source is the empty chunk, and reads as nothing', async () => {
  for (const source of [[], [new Uint8Array(0)]]) {
    const all: Chunk[] = []
    for await (const chunk of split(source)) all.push(chunk)
    expect(all).toEqual([{ address: EMPTY_ADDRESS, data: new Uint8Array(8) }])
  }
  const { root, get } = await store(new Uint8Array(0))
  expect(await read(root, get)).toEqual(new Uint8Array(0))
  expect(await fileSize(root, get)).toBe(0)
})

test('chunks come while the source is still being read', async () => {
  let given = 0
  const endless = function * (): Generator<Uint8Array> { for (;;) { given++; yield new Uint8Array(CHUNK_SIZE).fill(given) } }
  let taken = 0
  for await (const chunk of split(endless(), { hasher: cheap() })) {
    expect(chunk.data.length).toBe(CHUNK_SIZE + 8)
    if (++taken === 100) break
  }
  expect(given).toBe(100)
})

test('a range asks for the chunks on the way to it and for no other', async () => {
  const bytes = pattern(1000 * CHUNK_SIZE, 3)
  const { root, get, asked } = await store(bytes, 'swarm', cheap())
  for (const [offset, length] of [[0, 1], [5000, 3], [4095, 2], [130 * CHUNK_SIZE - 1, 2], [bytes.length - 1, 1]] as const) {
    asked.length = 0
    expect(await read(root, get, { offset, length })).toEqual(bytes.slice(offset, offset + length))
    expect(asked.length).toBeLessThanOrEqual(5)
  }
  // The chunk is looked up, and neither of its neighbours.
  asked.length = 0
  expect(await read(root, get, { offset: 5 * CHUNK_SIZE, length: CHUNK_SIZE })).toEqual(bytes.slice(5 * CHUNK_SIZE, 6 * CHUNK_SIZE))
  expect(asked.length).toBe(3)
  asked.length = 0
  expect(await read(root, get, { offset: bytes.length, length: 10 })).toEqual(new Uint8Array(0))
  expect(await read(root, get, { offset: bytes.length - 1, length: 10 })).toEqual(bytes.slice(-1))
  expect(await read(root, get, { offset: 5, length: 0 })).toEqual(new Uint8Array(0))
})

test('never more than the read-ahead is asked for at a time, and that much is', async () => {
  const bytes = pattern(600 * CHUNK_SIZE, 3)
  const { root, chunks } = await store(bytes, 'swarm', cheap())
  for (const readAhead of [1, 2, 16, 100]) {
    let open = 0
    let most = 0
    const get: GetChunk = async address => {
      most = Math.max(most, ++open)
      // Answers come in an order of their own.
      for (let i = 0; i < 3 + (address[3]! * 7) % 31; i++) await Promise.resolve()
      open--
      return chunks.get(hex(address))
    }
    expect(Buffer.compare(await read(root, get, { readAhead }), bytes)).toBe(0)
    expect(most).toBeLessThanOrEqual(readAhead)
    expect(most).toBeGreaterThanOrEqual(0.9 * readAhead)
  }
})

test('a reader that stands still asks for no more than the read-ahead', async () => {
  const { root, get, asked } = await store(pattern(600 * CHUNK_SIZE, 3), 'swarm', cheap())
  const reader = join(root, get, { readAhead: 8 })
  await reader.next()
  for (let i = 0; i < 1000; i++) await Promise.resolve()
  // The root, the first intermediate chunk, the one given, and those ahead.
  expect(asked.length).toBeLessThanOrEqual(3 + 8 + 8)
  await reader.return()
})

test('a missing chunk is an error with a code, after all the bytes before it', async () => {
  const bytes = pattern(20 * CHUNK_SIZE, 2)
  const { root, order, chunks, get } = await store(bytes)
  chunks.delete(hex(order[7]!.address))
  const got: Uint8Array[] = []
  const reading = async (): Promise<void> => { for await (const piece of join(root, get)) got.push(piece) }
  await expect(reading()).rejects.toMatchObject({ name: 'ChunkError', code: 'CHUNK_MISSING', message: expect.stringContaining(hex(order[7]!.address)) })
  expect(Buffer.compare(Buffer.concat(got), bytes.subarray(0, 7 * CHUNK_SIZE))).toBe(0)
  await expect(fileSize(pattern(32, 1), get)).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
})

test('nothing is asked for behind a chunk that is missing', async () => {
  const { root, order, chunks, get, asked } = await store(pattern(20 * CHUNK_SIZE, 2))
  chunks.delete(hex(order[1]!.address))
  const reader = join(root, get, { readAhead: 4 })
  await reader.next()
  await expect(reader.next()).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
  expect(asked).toEqual([hex(root), ...order.slice(0, 4).map(({ address }) => hex(address))])
})

test('what a getter rejects with ends the reading as it is', async () => {
  const reason = new Error('the disk is gone')
  await expect(read(pattern(32, 1), () => Promise.reject(reason))).rejects.toBe(reason)
  await expect(read(pattern(32, 1), () => { throw reason })).rejects.toBe(reason)
})

/** A tree made by hand, to lie with. */
function liar (): { add: (payload: Uint8Array, span: number | bigint) => Uint8Array, get: GetChunk } {
  const chunks = new Map<string, Uint8Array>()
  return {
    add (payload, span) {
      const chunk = makeChunk(payload, span)
      chunks.set(hex(chunk.address), chunk.data)
      return chunk.address
    },
    async get (address) { return chunks.get(hex(address)) }
  }
}

test('a root whose span lies is refused by its code', async () => {
  const { add, get } = liar()
  const leaf = add(pattern(4096, 1), 4096)
  const short = add(pattern(10, 1), 10)
  const two = Uint8Array.from([...leaf, ...short])
  const cases: [Uint8Array, string][] = [
    [add(pattern(10, 1), 11), 'CHUNK_SIZE'],
    [add(pattern(10, 1), 9), 'CHUNK_SIZE'],
    [add(two, 4096 + 11), 'CHUNK_SPAN'],
    [add(two, 2 * 4096), 'CHUNK_SPAN'],
    [add(two, 2 * 4096 + 1), 'CHUNK_SIZE'],
    [add(two.subarray(0, 63), 4096 + 10), 'CHUNK_SIZE'],
    [add(Uint8Array.from([...two, ...short]), 4096 + 10), 'CHUNK_SIZE'],
    [add(two, 1n << 63n), 'CHUNK_SPAN'],
    [add(two, 2 ** 53 - 1), 'CHUNK_SIZE'],
    [add(leaf, 4096), 'CHUNK_SIZE'],
    [add(new Uint8Array(0), 5), 'CHUNK_SIZE']
  ]
  for (const [root, code] of cases) await expect(read(root, get), code).rejects.toMatchObject({ name: 'ChunkError', code })
  expect((await read(add(two, 4096 + 10), get)).length).toBe(4106)
})

test('a chain of wrappers, or one of an incomplete subtree, is refused', async () => {
  const { add, get } = liar()
  const leaf = add(pattern(4096, 1), 4096)
  const full = Uint8Array.from({ length: 4096 }, (_, i) => leaf[i % 32]!)
  const subtree = add(full, 128 * 4096)
  const once = add(leaf, 4096)
  const twice = add(once, 4096)
  const part = add(add(pattern(10, 1), 10), 10)
  const span = 129 * 4096
  expect((await read(add(Uint8Array.from([...subtree, ...once]), span), get)).length).toBe(span)
  expect((await read(add(Uint8Array.from([...subtree, ...leaf]), span), get)).length).toBe(span)
  await expect(read(add(Uint8Array.from([...subtree, ...twice]), span), get)).rejects.toMatchObject({ code: 'CHUNK_SIZE' })
  await expect(read(add(Uint8Array.from([...subtree, ...part]), 128 * 4096 + 10), get)).rejects.toMatchObject({ code: 'CHUNK_SIZE' })
})

test('a chunk that is too short or too long for one is refused', async () => {
  for (const length of [0, 7, 4105]) {
    await expect(read(pattern(32, 1), async () => new Uint8Array(length))).rejects.toMatchObject({ code: 'CHUNK_SIZE' })
    await expect(fileSize(pattern(32, 1), async () => new Uint8Array(length))).rejects.toMatchObject({ code: 'CHUNK_SIZE' })
  }
})

test('a signal ends the reading at once, although the getter never answers', async () => {
  const { root, get, order } = await store(pattern(20 * CHUNK_SIZE, 2))
  const end = new AbortController()
  let heard = 0
  const stuck: GetChunk = async (address, { signal }) => {
    if (hex(address) === hex(root)) return await get(address, {})
    signal!.addEventListener('abort', () => { heard++ })
    return await new Promise(() => {})
  }
  const reading = read(root, stuck, { signal: end.signal, readAhead: 4 })
  for (let i = 0; i < 20; i++) await Promise.resolve()
  const reason = new Error('enough')
  end.abort(reason)
  await expect(reading).rejects.toBe(reason)
  expect(heard).toBe(4)
  await expect(read(root, get, { signal: end.signal })).rejects.toBe(reason)
  await expect(fileSize(root, get, { signal: end.signal })).rejects.toBe(reason)
  expect(order.length).toBe(21)
})

test('leaving a reader ends what it has asked for, each request by a signal of its own', async () => {
  const { root, get, order } = await store(pattern(20 * CHUNK_SIZE, 2))
  const open = new Map<string, AbortSignal>()
  const late: GetChunk = async (address, options) => {
    if (hex(address) === hex(root) || hex(address) === hex(order[0]!.address)) return await get(address, options)
    open.set(hex(address), options.signal!)
    return await new Promise(() => {})
  }
  for await (const piece of join(root, late, { readAhead: 5 })) {
    expect(piece.length).toBe(CHUNK_SIZE)
    expect(new Set(open.values()).size).toBe(5)
    expect([...open.values()].every(signal => !signal.aborted)).toBe(true)
    break
  }
  expect([...open.values()].every(signal => signal.aborted)).toBe(true)
})

test('a signal that many readers share gathers no listeners', async () => {
  const { root, get } = await store(pattern(20 * CHUNK_SIZE, 2))
  const { signal } = new AbortController()
  await read(root, get, { signal })
  for await (const piece of join(root, get, { signal })) if (piece.length > 0) break
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a signal ends the splitting', async () => {
  const end = new AbortController()
  const reason = new Error('enough')
  const chunks = split([new Uint8Array(10 * CHUNK_SIZE)], { signal: end.signal, hasher: cheap() })
  await chunks.next()
  end.abort(reason)
  await expect(chunks.next()).rejects.toBe(reason)
})

test('options out of range are the caller’s mistake', async () => {
  const { root, get } = await store(pattern(10, 2))
  for (const options of [{ offset: -1 }, { offset: 1.5 }, { length: -1 }, { length: NaN }, { readAhead: 0 }, { readAhead: Infinity }]) {
    await expect(read(root, get, options)).rejects.toThrow(RangeError)
  }
  for (const length of [0, 31, 33]) await expect(read(new Uint8Array(length), get)).rejects.toThrow(RangeError)
  const strings = ['text'] as unknown as Uint8Array[]
  await expect(split(strings).next()).rejects.toThrow(TypeError)
})
