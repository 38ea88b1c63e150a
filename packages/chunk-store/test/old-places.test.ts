import type { Chunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import type { Operation, Store } from '@skep/interface'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { expect, test } from 'vitest'
import { encodeBody } from '../src/records.ts'
import { addresses, base, binOf, chunk, chunks, fixture, inBin } from './fixture.ts'
import { pageKey, pagesOf, SlowPlaces } from './slow.ts'

const FORMAT = Uint8Array.of(0x63, 0, 0)
const EPOCH = '0807060504030201'
const TWIN = Buffer.from('1122334455667788', 'hex')

function u64 (value: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

function put (key: (number | Uint8Array)[], value: (number | Uint8Array)[]): Operation {
  const bytes = (parts: (number | Uint8Array)[]): Uint8Array => Uint8Array.from(parts.flatMap(part => typeof part === 'number' ? [part] : [...part]))
  return { type: 'put', key: bytes(key), value: bytes(value) }
}

/** Writes what version 1 wrote, record for record: each place has one to itself. */
async function writeOld (store: Store, bodies: Store, list: readonly Chunk[]): Promise<void> {
  const apart = bodies !== store
  const last = Array.from({ length: 17 }, () => 0)
  const operations: Operation[] = []
  for (const [i, { address, data }] of list.entries()) {
    const seq = i + 1
    const bin = binOf(address)
    const index = ++last[bin]!
    const body = encodeBody(new Uint8Array(48 + data.length), address, data, { kind: 'content', bin, index })
    await bodies.batch([put([0x63, 1, u64(seq)], [body])])
    operations.push(put([0x63, 2, address], [0, 0, bin, 0, u64(index), u64(seq), u64(seq)]))
    operations.push(put([0x63, 3, bin, u64(index)], [0, 0, u64(seq), address]))
  }
  const counters = [u64(list.length + 1), ...last.flatMap(index => [u64(index), u64(index), u64(0), u64(0)]), ...last.map(() => u64(0))]
  operations.push(put([FORMAT], [1, Buffer.from(EPOCH, 'hex'), base, ...(apart ? [TWIN] : [])]), put([0x63, 0, 1], counters), put([0x63, 0, 2], [1]))
  if (apart) await bodies.batch([put([FORMAT], [1, TWIN])])
  await store.batch(operations)
}

test.each([false, true])('a store of version 1 goes on as one of version 2, over the border of both (bodies apart: %s)', async apart => {
  const store = memoryStore()
  const bodies = apart ? memoryStore() : store
  const clock = new VirtualClock()
  const open = async (): Promise<ChunkStore> => ChunkStore.open({ store, bodies, base, clock, random: new SeededRandom(1) })
  const model = new SlowPlaces()
  await writeOld(store, bodies, chunks(0, 300))
  model.put(chunks(0, 300), 'content')
  const before = await pagesOf(store)
  let here = await open()
  expect(here.epoch).toBe(EPOCH)
  expect((await store.get(FORMAT))![0]).toBe(2)
  if (apart) expect((await bodies.get(FORMAT))![0]).toBe(1)
  expect(await pagesOf(store)).toEqual(before)
  await model.check(here)
  expect(await here.getMany(addresses(chunks(0, 300)))).toEqual(chunks(0, 300).map(({ data }) => data))

  expect(await here.put(chunks(290, 400))).toEqual([...chunks(290, 300).map(() => 'present'), ...chunks(300, 400).map(() => 'stored')])
  model.put(chunks(300, 400), 'content')
  // Old ones and new ones, in one batch.
  const gone = addresses([...chunks(0, 20), ...chunks(295, 310), chunk(399)])
  expect(await here.delete(gone)).toBe(36)
  for (const address of gone) model.remove(address, 'deleted')
  await here.close()
  here = await open()
  await model.check(here)
  for (let bin = 0; bin < 4; bin++) {
    const last = here.last(bin)
    const early = Math.max(1, last - 60)
    for (const [from, to, limit] of [[1, undefined, 128], [early, undefined, 128], [early, last - 10, 20], [early + 5, last, 50]] as const) {
      expect(await here.entries(bin, from, to, limit)).toEqual(model.list('live', bin, from, to, limit))
    }
  }
  for await (const { code } of here.verify()) expect.fail(code)
})

test('a store of version 1 that belongs to another base, or has other bodies, is refused and stays as it was', async () => {
  const { store: disk, open } = fixture()
  await writeOld(disk, disk, chunks(0, 3))
  const needs = { store: disk, clock: new VirtualClock(), random: new SeededRandom(1) }
  await expect(ChunkStore.open({ ...needs, base: new Uint8Array(32).fill(1) })).rejects.toMatchObject({ code: 'CHUNK_STORE_FOREIGN' })
  await expect(ChunkStore.open({ ...needs, base, bodies: memoryStore() })).rejects.toMatchObject({ code: 'CHUNK_STORE_BODIES' })
  expect((await disk.get(FORMAT))![0]).toBe(1)
  await open()
  expect((await disk.get(FORMAT))![0]).toBe(2)
})

test('a store of version 1 that the machine left open gets another epoch and the new version', async () => {
  const { store: disk, open } = fixture()
  await writeOld(disk, disk, chunks(0, 3))
  await disk.batch([put([0x63, 0, 2], [0, new TextEncoder().encode('monday')])])
  const store = await open({ boot: 'tuesday' })
  expect(store.epoch).not.toBe(EPOCH)
  expect((await disk.get(FORMAT))!.slice(0, 9)).toEqual(Uint8Array.of(2, ...Buffer.from(store.epoch, 'hex')))
})

test('a new store says version 2 from the beginning, and its bodies version 1', async () => {
  const [store, bodies] = [memoryStore(), memoryStore()]
  await ChunkStore.open({ store, bodies, base, clock: new VirtualClock(), random: new SeededRandom(1) })
  expect((await store.get(FORMAT))![0]).toBe(2)
  expect((await bodies.get(FORMAT))![0]).toBe(1)
})

test('old places are read in a few readings, although each is a record', async () => {
  const { store: disk, open } = fixture()
  await writeOld(disk, disk, inBin(0, 200))
  const store = await open()
  let ranges = 0
  const range = disk.range.bind(disk)
  disk.range = options => {
    ranges++
    return range(options)
  }
  expect(await store.entries(0, 1, undefined, 128)).toHaveLength(128)
  expect(ranges).toBeLessThanOrEqual(3)
})

/** Fails unless of so many chunks the first are there, the others lost, and nothing is wrong. */
async function hasLost (store: ChunkStore, left: number, of: number): Promise<void> {
  expect(store.size).toBe(left)
  const model = new SlowPlaces()
  model.put(chunks(0, of), 'content')
  for (const { address } of chunks(left, of)) model.remove(address, 'lost')
  await model.check(store)
  for await (const { code } of store.verify()) expect.fail(code)
}

test('what a power cut left of old places is taken out, if their bodies are gone', async () => {
  const [store, bodies] = [memoryStore(), memoryStore()]
  await writeOld(store, bodies, chunks(0, 100))
  for (let seq = 61; seq <= 100; seq++) await bodies.batch([{ type: 'del', key: Uint8Array.of(0x63, 1, 0, 0, 0, 0, 0, 0, 0, seq) }])
  const here = await ChunkStore.open({ store, bodies, base, clock: new VirtualClock(), random: new SeededRandom(1) })
  await hasLost(here, 60, 100)
})

/** A store of 200 chunks, in pages, of which a power cut took the bodies from number 111 on: more than one page of each bin is concerned. */
async function cut (): Promise<{ store: Store, open: () => Promise<ChunkStore> }> {
  const [store, bodies] = [memoryStore(), memoryStore()]
  const open = async (): Promise<ChunkStore> => ChunkStore.open({ store, bodies, base, clock: new VirtualClock(), random: new SeededRandom(1) })
  const first = await open()
  for (let n = 0; n < 200; n += 20) await first.put(chunks(n, n + 20))
  await first.close()
  for (let seq = 111; seq <= 200; seq++) await bodies.batch([{ type: 'del', key: Uint8Array.of(0x63, 1, 0, 0, 0, 0, 0, 0, 0, seq) }])
  return { store, open }
}

test('what a power cut left of pages is taken out, if their bodies are gone', async () => {
  const here = await (await cut()).open()
  await hasLost(here, 110, 200)
})

test('a damaged page hides from the opening only what it holds itself', async () => {
  const { store, open } = await cut()
  const page = (await pagesOf(store)).filter(({ bin }) => bin === 0).at(-1)!
  await store.batch([{ type: 'put', key: pageKey(0, page.last), value: page.record.slice(1) }])
  const here = await open()
  expect(here.size).toBe(110 + page.record.length / 42)
  const sound = chunks(0, 110).filter(({ address }) => binOf(address) === 0)
  expect((await here.entries(0, 1, undefined, 999)).map(({ address }) => address)).toEqual(addresses(sound))
  await here.repair()
  expect(here.size).toBe(110)
  expect(await here.repair()).toEqual([])
})
