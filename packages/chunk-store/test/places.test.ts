import type { Chunk } from '@skep/chunk'
import { ChunkStore, type ChunkStoreOptions } from '@skep/chunk-store'
import type { Operation } from '@skep/interface'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { expect, test } from 'vitest'
import { countPlaces, walkPlaces } from '../src/places.ts'
import { readPlace, writePlace, type Place } from '../src/records.ts'
import { addresses, base, chunk, fixture, inBin } from './fixture.ts'
import { anyChunk, pageKey, pagesOf, SlowPlaces } from './slow.ts'

const PLACE = 42

test.each<[Place['state'], Place['kind'], number, string]>([
  ['live', 'content', 1, '00000000000000000001'],
  ['deleted', 'resource', 0x1234, '01010000000000001234'],
  ['lost', 'single-owner', 2 ** 53 - 1, '0202001fffffffffffff']
])('a place that is %s, of kind %s and number %i, is written as it is described', (state, kind, seq, head) => {
  const address = new Uint8Array(32).fill(0xee)
  const page = new Uint8Array(3 * PLACE).fill(0xff)
  writePlace(page, PLACE, state, { kind, seq, address })
  expect(Buffer.from(page).toString('hex')).toBe('ff'.repeat(PLACE) + head + 'ee'.repeat(32) + 'ff'.repeat(PLACE))
  expect(readPlace(page, PLACE)).toEqual({ state, kind, seq, address })
})

test.each([[0, 3], [1, 3]])('a place whose byte %i is %i is damaged, and its neighbours are not', (at, value) => {
  const page = new Uint8Array(3 * PLACE)
  page[PLACE + at] = value
  expect([0, 1, 2].map(i => readPlace(page, i * PLACE) !== undefined)).toEqual([true, false, true])
})

test.each([
  [1, 0, 0], [1, 41, 0], [1, 42, 1], [1, 43, 0],
  [5, 84, 2], [5, 210, 5], [5, 252, 0], [200, 128 * 42, 128]
])('a page that ends with place %i and has %i bytes holds %i places', (last, bytes, count) => {
  expect(countPlaces(new Uint8Array(bytes), last)).toBe(count)
})

test('the places of a batch and a bin are one record under the last index, in order', async () => {
  const { store: disk, open } = fixture()
  const store = await open()
  const [one, two] = [inBin(0, 3), inBin(1, 2)]
  await store.put([one[0]!, two[0]!, one[1]!, two[1]!, one[2]!])
  await store.put([inBin(0, 4)[3]!])
  const pages = await pagesOf(disk)
  expect(pages.map(({ bin, last, record }) => [bin, last, record.length])).toEqual([[0, 3, 3 * PLACE], [0, 4, PLACE], [1, 2, 2 * PLACE]])
  const seqs = [1, 3, 5]
  for (const [i, { address }] of one.entries()) {
    expect(pages[0]!.record.slice(i * PLACE, (i + 1) * PLACE)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, seqs[i]!, ...address))
  }
})

test.each([
  [256, 300, [128, 256, 300]],
  [1_000, 300, [128, 256, 300]],
  [100, 250, [100, 200, 250]],
  [128, 128, [128]],
  [129, 129, [128, 129]]
])('with batches of %i at most, a put of %i chunks of a bin makes pages that end with %j', async (maxBatch, count, ends) => {
  const { store: disk, open } = fixture()
  const store = await open({ maxBatch })
  const list = Array.from({ length: count }, (_, n) => anyChunk(2, n))
  await store.put(list, { kind: 'resource' })
  expect((await pagesOf(disk)).map(({ last }) => last)).toEqual(ends)
  const again = await open()
  expect((await again.entries(2, 1, undefined, 999)).map(({ address }) => address)).toEqual(addresses(list))
  expect((await again.entries(2, 100, 140, 999)).map(({ index }) => index)).toEqual(list.map((_, i) => i + 1).slice(99, 140))
})

test('what comes and goes in one batch leaves a tombstone in the new page', async () => {
  const { store: disk, open } = fixture()
  const store = await open()
  const list = inBin(1, 4)
  await store.put(list.slice(0, 1))
  await Promise.all([store.put(list.slice(1)), store.delete([list[2]!.address, list[0]!.address])])
  expect((await pagesOf(disk)).map(({ last, record }) => [last, record.filter((_, i) => i % PLACE === 0)])).toEqual([[1, Uint8Array.of(1)], [4, Uint8Array.of(0, 1, 0)]])
  expect((await store.entries(1, 1, undefined, 9)).map(({ index }) => index)).toEqual([2, 4])
  for await (const { code } of store.verify()) expect.fail(code)
})

/** A disk that counts the ranges that are read and the pages that are written. */
function countingDisk (): { disk: ReturnType<typeof memoryStore>, counts: { ranges: number, pages: number, batches: number } } {
  const disk = memoryStore()
  const counts = { ranges: 0, pages: 0, batches: 0 }
  const { range, batch } = { range: disk.range.bind(disk), batch: disk.batch.bind(disk) }
  disk.range = options => {
    counts.ranges++
    return range(options)
  }
  disk.batch = async (operations: Operation[]) => {
    counts.batches++
    counts.pages += operations.filter(({ key }) => key[1] === 3).length
    return batch(operations)
  }
  return { disk, counts }
}

test('deleting many chunks that lie together reads and writes each page once', async () => {
  const { disk, counts } = countingDisk()
  const store = await fixture(disk).open()
  const list = Array.from({ length: 1_024 }, (_, n) => anyChunk(0, n))
  for (let at = 0; at < 1_024; at += 128) await store.put(list.slice(at, at + 128), { kind: 'resource' })
  Object.assign(counts, { ranges: 0, pages: 0, batches: 0 })
  expect(await store.delete(addresses(list.slice(0, 1_000).reverse()))).toBe(1_000)
  expect(counts).toEqual({ ranges: 8, pages: 8, batches: 1 })
  expect((await store.entries(0, 1, undefined, 9)).map(({ index }) => index)).toEqual([1_001, 1_002, 1_003, 1_004, 1_005, 1_006, 1_007, 1_008, 1_009])
})

test('making room for many chunks writes each page once', async () => {
  const { disk, counts } = countingDisk()
  const { open } = fixture(disk)
  const list = Array.from({ length: 1_280 }, (_, n) => anyChunk(0, n))
  const large = await open()
  for (let at = 0; at < 1_280; at += 128) await large.put(list.slice(at, at + 128), { kind: 'resource' })
  await large.close()
  const store = await open({ capacity: 100, depth: () => 1 })
  Object.assign(counts, { ranges: 0, pages: 0, batches: 0 })
  await store.put([anyChunk(3, 0)], { kind: 'resource' })
  expect(store.size).toBe(256)
  // Eight pages, one place of the next, and the new one. The search takes 64 at a time, and looks for what was asked for.
  expect(counts).toEqual({ pages: 10, batches: 1, ranges: 1_024 / 64 + 2 })
  expect((await store.lostEntries(0, 1, undefined, 9_999)).map(({ index }) => index)).toEqual(Array.from({ length: store.lost(0) }, (_, i) => i + 1))
})

test('a batch whose pages cannot be read fails, and leaves everything as it was', async () => {
  const { store: disk, open } = fixture()
  const store = await open()
  const list = inBin(1, 3)
  await store.put(list)
  const range = disk.range.bind(disk)
  disk.range = () => { throw new Error('the disk is worn out') }
  await expect(store.delete([list[1]!.address])).rejects.toMatchObject({ code: 'CHUNK_STORE_IO' })
  disk.range = range
  expect((await store.entries(1, 1, undefined, 9)).map(({ index }) => index)).toEqual([1, 2, 3])
  expect(await store.delete([list[1]!.address])).toBe(1)
  for await (const { code } of store.verify()) expect.fail(code)
})

test.each([1, 2, 7, 128, 300])('a walk over pages of %i places tells where it ended', async size => {
  const { store: disk, open } = fixture()
  const store = await open()
  const list = Array.from({ length: 700 }, (_, n) => anyChunk(0, n))
  for (let at = 0; at < 700; at += size) await store.put(list.slice(at, at + size), { kind: 'resource' })
  for (const [from, to, limit, next, seen] of [[1, undefined, 5, 6, 5], [3, 10, 99, 11, 8], [699, undefined, 9, 701, 2], [701, undefined, 9, 701, 0], [1, undefined, 999, 701, 700], [9, 8, 5, 9, 0], [9, 9, 0, 9, 0]] as const) {
    let told = 0
    expect(await walkPlaces(disk, 0, from, to, limit, index => index === from + told++)).toBe(next)
    expect(told).toBe(seen)
  }
})

test.each(Array.from({ length: 24 }, (_, i) => [i, i % 2 === 1]))('under random puts, deletions, making room and opening again all is listed that a list of places would list (seed %i, bodies apart: %s)', async (seed, apart) => {
  const random = new SeededRandom(Number(seed))
  const clock = new VirtualClock()
  const store = memoryStore()
  const bodies = apart === true ? memoryStore() : store
  const options: ChunkStoreOptions = { maxBatch: 4 + random.integer(300), depth: () => 17, ...(random.float() < 0.6 && { capacity: 150 + random.integer(150) }) }
  const open = async (): Promise<ChunkStore> => ChunkStore.open({ store, bodies, base, clock, random }, options)
  const pool = [...Array.from({ length: 40 }, (_, n) => chunk(n)), ...Array.from({ length: 600 }, (_, n) => anyChunk(n % 7 % 3, n))]
  const model = new SlowPlaces()
  let chunks = await open()
  for (let round = 0; round < 30; round++) {
    const some = (most: number): Chunk[] => Array.from({ length: 1 + random.integer(most) }, () => random.pick(pool))
    const act = random.float()
    if (act < 0.6) {
      // Where room is made a put has a batch to itself, or a chunk could go in one half of it and come again in the other.
      const lists = options.capacity !== undefined ? [some(Math.min(140, options.maxBatch! - 3))] : random.float() < 0.5 ? [some(200), some(30)] : [some(140)]
      const gone = random.float() < 0.3 ? addresses(random.pick(lists).slice(0, 3)) : []
      await Promise.all([...lists.map(async list => chunks.put(list, { kind: 'resource' })), gone.length > 0 && chunks.delete(gone)])
      for (const list of lists) model.put(list, 'resource')
      for (const address of gone) model.remove(address, 'deleted')
    } else if (act < 0.75) {
      const gone = addresses(some(60))
      await chunks.delete(gone)
      for (const address of gone) model.remove(address, 'deleted')
    } else if (act < 0.85) {
      await chunks.getMany(addresses(some(100)))
    } else {
      await chunks.close()
      chunks = await open()
    }
    const live = model.live()
    for (const [i, here] of (await chunks.hasMany(live)).entries()) if (!here) model.remove(live[i]!, 'lost')
    for (let n = 0; n < 8; n++) {
      const bin = random.integer(4)
      const from = 1 + random.integer(chunks.last(bin) + 3)
      const to = random.float() < 0.5 ? undefined : from - 2 + random.integer(150)
      const limit = 1 + random.integer(random.float() < 0.5 ? 10 : 200)
      expect(await chunks.entries(bin, from, to, limit)).toEqual(model.list('live', bin, from, to, limit))
      expect(await chunks.lostEntries(bin, from, to, limit)).toEqual(model.list('lost', bin, from, to, limit))
    }
  }
  await chunks.close()
  chunks = await open()
  await model.check(chunks)
  for await (const { code } of chunks.verify()) expect.fail(code)
  // Every place stands in one page, and no page is longer than it may be.
  const next = new Map<number, number>()
  for (const { bin, last, record } of await pagesOf(store)) {
    expect(record.length / PLACE).toBeLessThanOrEqual(Math.min(options.maxBatch!, 128))
    expect(last - record.length / PLACE).toBe(next.get(bin) ?? 0)
    next.set(bin, last)
  }
  for (let bin = 0; bin < 17; bin++) expect(next.get(bin) ?? 0).toBe(chunks.last(bin))
})

test('a page is found under its key by the description', async () => {
  const { store: disk, open } = fixture()
  await (await open()).put(Array.from({ length: 128 }, (_, n) => anyChunk(5, n)), { kind: 'resource' })
  await (await open()).put(Array.from({ length: 128 }, (_, n) => anyChunk(5, 200 + n)), { kind: 'resource' })
  expect((await disk.get(pageKey(5, 256)))?.length).toBe(128 * PLACE)
})
