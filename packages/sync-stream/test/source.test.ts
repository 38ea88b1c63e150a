import { makeChunk, type Chunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { randomAddressAt } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { expect, test } from 'vitest'
import { BinSink } from '../src/sink.ts'
import { BinSource } from '../src/source.ts'

const base = new Uint8Array(32)
const limits = { batch: 128, skip: 65_536 }
const forever = new AbortController().signal

async function setUp (): Promise<{ clock: VirtualClock, chunks: ChunkStore, source: BinSource, put: (n: number) => Promise<Uint8Array[]> }> {
  const clock = new VirtualClock()
  const random = new SeededRandom(1)
  const chunks = await ChunkStore.open({ store: memoryStore(), base, clock, random })
  const source = new BinSource(chunks, 3, limits, { kinds: ['content'], serves: () => true })
  const put = async (n: number): Promise<Uint8Array[]> => {
    const list = Array.from({ length: n }, () => ({ address: randomAddressAt(random, base, 3), data: random.bytes(100) }))
    await chunks.put(list, { kind: 'content' })
    return list.map(({ address }) => address)
  }
  return { clock, chunks, source, put }
}

test('the cursor is the last index of the bin, with the epoch', async () => {
  const { chunks, source, put } = await setUp()
  expect(await source.cursor()).toEqual({ epoch: chunks.epoch, last: 0 })
  await put(5)
  expect(await source.cursor()).toEqual({ epoch: chunks.epoch, last: 5 })
})

test('a batch of history does not wait, and history tiles without a gap', async () => {
  const { clock, source, put } = await setUp()
  const ids = await put(300)
  const seen: Uint8Array[] = []
  for (let from = 1; from <= 300;) {
    const batch = await source.batch(from, 300, { limit: 128, signal: forever })
    expect(batch.from).toBe(from)
    seen.push(...batch.ids)
    from = batch.to + 1
  }
  expect(seen).toEqual(ids)
  expect(clock.now()).toBe(0)
})

test('an open batch wakes with the first chunk, and nothing polls', async () => {
  const { clock, source, put } = await setUp()
  const pending = source.batch(1, undefined, { limit: 128, signal: forever })
  await clock.advance(10_000)
  expect(clock.pending).toBe(0)
  const ids = await put(2)
  expect(await pending).toEqual({ from: 1, to: 2, ids })
})

test('a batch has no more than the limit', async () => {
  const { source, put } = await setUp()
  const pending = source.batch(1, undefined, { limit: 500, signal: forever })
  const ids = await put(200)
  expect(await pending).toEqual({ from: 1, to: 128, ids: ids.slice(0, 128) })
})

test('places that are empty are covered, but nothing is claimed beyond them', async () => {
  const { chunks, source, put } = await setUp()
  const ids = await put(10)
  await chunks.delete(ids.slice(0, 3))
  await chunks.delete(ids.slice(7))
  expect(await source.batch(1, 10, { limit: 128, signal: forever })).toEqual({ from: 1, to: 10, ids: ids.slice(3, 7) })
  expect(await source.batch(1, 5, { limit: 2, signal: forever })).toEqual({ from: 1, to: 5, ids: ids.slice(3, 5) })
  expect(await source.batch(1, 10, { limit: 2, signal: forever })).toEqual({ from: 1, to: 5, ids: ids.slice(3, 5) })
  expect(await source.batch(8, 10, { limit: 2, signal: forever })).toEqual({ from: 8, to: 10, ids: [] })
  const open = source.batch(8, undefined, { limit: 128, signal: forever })
  const later = await put(1)
  expect(await open).toEqual({ from: 8, to: 11, ids: later })
})

test('a stream of one kind passes over the others, and finds the few among the many', async () => {
  const { chunks, put } = await setUp()
  const random = new SeededRandom(4)
  const rare: Uint8Array[] = []
  for (let i = 0; i < 4; i++) {
    await put(200)
    const address = randomAddressAt(random, base, 3)
    rare.push(address)
    await chunks.put([{ address, data: random.bytes(100) }], { kind: 'resource' })
  }
  await put(100)
  const source = new BinSource(chunks, 3, limits, { kinds: ['resource'], serves: ({ kind }) => kind === 'resource' })
  expect(await source.batch(1, 904, { limit: 128, signal: forever })).toEqual({ from: 1, to: 904, ids: rare })
  expect(await source.batch(1, 904, { limit: 3, signal: forever })).toEqual({ from: 1, to: 603, ids: rare.slice(0, 3) })
  expect(await source.batch(805, 904, { limit: 128, signal: forever })).toEqual({ from: 805, to: 904, ids: [] })
  const live = source.batch(805, undefined, { limit: 128, signal: forever })
  await put(10)
  const address = randomAddressAt(random, base, 3)
  await chunks.put([{ address, data: random.bytes(100) }], { kind: 'resource' })
  expect(await live).toEqual({ from: 805, to: 915, ids: [address] })
})

test('what has come lately is said at once, each kind for itself, and nothing of what is long here or to come', async () => {
  const { chunks, source, put } = await setUp()
  const ids = await put(300)
  expect(source.peek(301)).toBeUndefined()
  expect(source.peek(1)).toBeUndefined()
  expect(source.peek(250)).toEqual({ from: 250, to: 300, ids: ids.slice(249) })
  const random = new SeededRandom(4)
  const address = randomAddressAt(random, base, 3)
  await chunks.put([{ address, data: random.bytes(100) }], { kind: 'resource' })
  const rare = new BinSource(chunks, 3, limits, { kinds: ['resource'], serves: ({ kind }) => kind === 'resource' })
  expect(rare.peek(299)).toEqual({ from: 299, to: 301, ids: [address] })
  await chunks.delete([ids[299]!])
  expect(source.peek(250)).toBeUndefined()
  const without = { epoch: chunks.epoch, last: () => 5, lastOf: () => 5, entries: async () => [], getMany: async () => [], onBin: () => () => {} }
  expect(new BinSource(without, 3, limits, { kinds: ['content'], serves: () => true }).peek(1)).toBeUndefined()
})

test('a kind of which there is nothing more is not looked for', async () => {
  const { chunks, put } = await setUp()
  let reads = 0
  const counted = new Proxy(chunks, {
    get (target, name) {
      if (name === 'entries') reads++
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
  const source = new BinSource(counted, 3, limits, { kinds: ['resource'], serves: ({ kind }) => kind === 'resource' })
  await put(500)
  expect(await source.batch(1, 500, { limit: 128, signal: forever })).toEqual({ from: 1, to: 500, ids: [] })
  const random = new SeededRandom(4)
  const live = source.batch(501, undefined, { limit: 128, signal: forever })
  await put(20)
  expect(reads).toBe(0)
  const address = randomAddressAt(random, base, 3)
  await chunks.put([{ address, data: random.bytes(100) }], { kind: 'resource' })
  expect(await live).toEqual({ from: 501, to: 521, ids: [address] })
})

test('a batch without a hash passes over a bounded number of places', async () => {
  const { chunks, put } = await setUp()
  const source = new BinSource(chunks, 3, { ...limits, skip: 4 }, { kinds: ['content'], serves: () => true })
  await chunks.delete(await put(10))
  expect(await source.batch(1, 10, { limit: 128, signal: forever })).toEqual({ from: 1, to: 4, ids: [] })
  expect(await source.batch(9, 10, { limit: 128, signal: forever })).toEqual({ from: 9, to: 10, ids: [] })
})

test('a waiting batch ends with the signal, and with the source, and leaves nothing behind', async () => {
  const { clock, source } = await setUp()
  const stop = new AbortController()
  const reason = new Error('enough')
  const waiting = source.batch(1, undefined, { limit: 128, signal: stop.signal })
  stop.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  const other = source.batch(1, undefined, { limit: 128, signal: forever })
  source.close()
  await expect(other).rejects.toThrow('closed')
  expect(clock.pending).toBe(0)
})

test('only chunks of the bin that are not here are needed', async () => {
  const { chunks, put } = await setUp()
  const random = new SeededRandom(9)
  const [here] = await put(1)
  const at = (po: number): Uint8Array => randomAddressAt(random, base, po)
  const sink = new BinSink({ chunks, ours: () => true, done: () => {} }, base, 3)
  expect(await sink.need([here!, at(3), at(2), at(4), at(16)], { signal: forever })).toEqual([false, true, false, false, false])
  const nearest = new BinSink({ chunks, ours: () => true, done: () => {} }, base, 16)
  expect(await nearest.need([at(16), at(20), at(8), at(7)], { signal: forever })).toEqual([true, true, true, false])
})

test('what is not ours at the depth of now is declined by its bin, until it is', async () => {
  const { chunks } = await setUp()
  const random = new SeededRandom(9)
  const at = (po: number): Uint8Array => randomAddressAt(random, base, po)
  let depth = 12
  const sink = new BinSink({ chunks, ours: (_, bin) => bin >= depth, done: () => {} }, base, 16)
  expect(await sink.need([at(8), at(11), at(12), at(20), at(3)], { signal: forever })).toEqual(['bin 8', 'bin 11', true, true, false])
  expect(['bin 8', 'bin 11'].map(reason => sink.declines(reason))).toEqual([true, true])
  depth = 10
  expect(['bin 8', 'bin 11', 'something else'].map(reason => sink.declines(reason))).toEqual([true, false, false])
})

test('a chunk that is a lie is the peer\'s fault, a full disk is ours', async () => {
  const { chunks } = await setUp()
  const good: Chunk = makeChunk(Uint8Array.of(1, 2, 3))
  const sink = new BinSink({ chunks, ours: () => true, done: () => {} }, base, 3)
  await expect(sink.put(good.address, Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'CHUNK_STORE_INVALID' })
  await sink.put(good.address, good.data)
  expect(await chunks.has(good.address)).toBe(true)
  await chunks.close()
  await expect(sink.put(good.address, good.data)).rejects.toMatchObject({ code: 'STREAMER_SINK_FAILED' })
})
