import { makeChunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { expect, test } from 'vitest'
import { addresses, base, binOf, chunk, chunks, fixture, inBin } from './fixture.ts'

const ALL = Array.from({ length: 17 }, (_, bin) => bin)

test('what was put is read back, and what was not is absent', async () => {
  const store = await fixture().open()
  expect(await store.put([chunk(0), chunk(1)])).toEqual(['stored', 'stored'])
  expect(await store.get(chunk(0).address)).toEqual(chunk(0).data)
  expect(await store.get(chunk(2).address)).toBeUndefined()
  expect(await store.getMany(addresses([chunk(1), chunk(2), chunk(0)]))).toEqual([chunk(1).data, undefined, chunk(0).data])
  expect(await store.hasMany(addresses([chunk(1), chunk(2)]))).toEqual([true, false])
  expect(await store.has(chunk(2).address)).toBe(false)
  expect(store.size).toBe(2)
})

test('every chunk gets the next index of its own bin, from 1 on without a gap', async () => {
  const store = await fixture().open()
  await Promise.all([store.put(chunks(0, 70)), store.put(chunks(50, 120)), store.put(chunks(119, 200))])
  for (const bin of ALL) {
    const expected = chunks(0, 200).filter(({ address }) => binOf(address) === bin)
    const entries = await store.entries(bin, 1, undefined, 1_000)
    expect(entries.map(({ index }) => index)).toEqual(expected.map((_, i) => i + 1))
    expect(entries.map(({ address }) => address)).toEqual(addresses(expected))
    expect(store.last(bin)).toBe(expected.length)
    expect(store.counts()[bin]).toBe(expected.length)
  }
})

test('entries are taken between two indices, and at most as many as asked for', async () => {
  const store = await fixture().open()
  await store.put(inBin(1, 20))
  const indices = async (from: number, to: number | undefined, limit: number): Promise<number[]> => (await store.entries(1, from, to, limit)).map(({ index }) => index)
  expect(await indices(3, 5, 10)).toEqual([3, 4, 5])
  expect(await indices(19, undefined, 10)).toEqual([19, 20])
  expect(await indices(1, undefined, 3)).toEqual([1, 2, 3])
  expect(await indices(5, 4, 10)).toEqual([])
  expect(await indices(21, undefined, 10)).toEqual([])
  expect(await store.entries(2, 1, undefined, 10)).toEqual([])
})

test('a chunk that is here is present, and nothing is written for it', async () => {
  const disk = memoryStore()
  const store = await fixture(disk).open()
  await store.put([chunk(0)])
  let batches = 0
  const batch = disk.batch.bind(disk)
  disk.batch = async operations => { batches++; return batch(operations) }
  expect(await store.put([chunk(0)])).toEqual(['present'])
  expect(batches).toBe(0)
  expect(await store.put([chunk(1), chunk(1), chunk(0)])).toEqual(['stored', 'present', 'present'])
  expect(batches).toBe(1)
})

test('puts made at the same time share batches', async () => {
  const disk = memoryStore()
  const store = await fixture(disk).open()
  const sizes: number[] = []
  const batch = disk.batch.bind(disk)
  disk.batch = async operations => { sizes.push(operations.length); return batch(operations) }
  await Promise.all(chunks(0, 200).map(each => store.put([each])))
  expect(sizes).toHaveLength(1)
  await Promise.all(chunks(200, 1_000).map(each => store.put([each])))
  expect(sizes.length).toBeLessThanOrEqual(1 + Math.ceil(800 / 256))
})

test('a deleted chunk leaves its place empty for ever, and comes back at a new one', async () => {
  const { open } = fixture()
  const store = await open()
  const [a, b, c, d] = inBin(1, 4)
  await store.put([a!, b!, c!])
  expect(await store.delete(addresses([b!, d!]))).toBe(1)
  expect(await store.get(b!.address)).toBeUndefined()
  expect((await store.entries(1, 1, undefined, 2)).map(({ index }) => index)).toEqual([1, 3])
  await store.delete([c!.address])
  expect(store.last(1)).toBe(3)
  await store.close()

  const again = await open()
  expect(again.last(1)).toBe(3)
  expect(again.counts()[1]).toBe(1)
  await again.put([b!])
  expect((await again.entries(1, 1, undefined, 10)).map(({ index, address }) => [index, address])).toEqual([[1, a!.address], [4, b!.address]])
})

test('everything is there after opening again, and the epoch with it', async () => {
  const { open } = fixture()
  const store = await open()
  await store.put(chunks(0, 100))
  await store.close()
  const again = await open()
  expect(again.epoch).toBe(store.epoch)
  expect(again.epoch).toMatch(/^[0-9a-f]{16}$/)
  expect(again.size).toBe(100)
  expect(again.counts()).toEqual(store.counts())
  expect(await again.getMany(addresses(chunks(0, 100)))).toEqual(chunks(0, 100).map(({ data }) => data))
  expect(await again.put([chunk(99), chunk(100)])).toEqual(['present', 'stored'])
})

test('another life of a store has another epoch', async () => {
  const clock = new VirtualClock()
  const random = new SeededRandom(5)
  const make = async (): Promise<ChunkStore> => ChunkStore.open({ store: memoryStore(), base, clock, random })
  expect((await make()).epoch).not.toBe((await make()).epoch)
})

test('a listener hears of its own bin in the tick of the commit, once a batch', async () => {
  const store = await fixture().open()
  const heard: number[] = []
  const stop = store.onBin(1, () => heard.push(store.last(1)))
  store.onBin(2, () => heard.push(-1))
  await store.put(inBin(1, 5))
  expect(heard).toEqual([5])
  await store.put(inBin(1, 5))
  expect(heard).toEqual([5])
  stop()
  await store.put(inBin(1, 6))
  expect(heard).toEqual([5])
})

test('the kind travels with a chunk', async () => {
  const store = await fixture().open()
  const [a, b] = inBin(1, 2)
  await store.put([a!])
  await store.put([b!], { kind: 'resource' })
  expect((await store.entries(1, 1, undefined, 10)).map(({ kind }) => kind)).toEqual(['content', 'resource'])
})

test('data that is not what its address says is refused, and nothing of the put is stored', async () => {
  const store = await fixture().open()
  const lie = { address: chunk(0).address, data: chunk(1).data }
  await expect(store.put([chunk(2), lie])).rejects.toMatchObject({ name: 'ChunkStoreError', code: 'CHUNK_STORE_INVALID' })
  expect(store.size).toBe(0)
  await expect(store.put([{ address: new Uint8Array(31), data: chunk(1).data }], { kind: 'content' })).rejects.toThrow(RangeError)
})

test('what waits to be written is bounded', async () => {
  const store = await fixture().open({ maxQueued: 3, maxBatch: 2 })
  const first = store.put([chunk(0), chunk(1)])
  const second = store.put([chunk(2)])
  await expect(store.put([chunk(3)])).rejects.toMatchObject({ code: 'CHUNK_STORE_OVERLOADED' })
  await Promise.all([first, second])
  expect(await store.put([chunk(3)])).toEqual(['stored'])
})

test('a store of another base, of another version or with damaged records is refused', async () => {
  const { store: disk, open } = fixture()
  await (await open()).close()
  const needs = { store: disk, clock: new VirtualClock(), random: new SeededRandom(1) }
  await expect(ChunkStore.open({ ...needs, base: new Uint8Array(32).fill(1) })).rejects.toMatchObject({ code: 'CHUNK_STORE_FOREIGN' })
  const counters = Uint8Array.of(0x63, 0, 1)
  await disk.batch([{ type: 'put', key: counters, value: new Uint8Array(3) }])
  await expect(open()).rejects.toMatchObject({ code: 'CHUNK_STORE_CORRUPT' })
  for (const version of [0, 3]) {
    await disk.batch([{ type: 'put', key: Uint8Array.of(0x63, 0, 0), value: Uint8Array.of(version) }])
    await expect(open()).rejects.toMatchObject({ code: 'CHUNK_STORE_VERSION' })
  }
})

test('a closed store refuses, after it has written what it took', async () => {
  const { open } = fixture()
  const store = await open()
  const put = store.put(chunks(0, 10))
  await store.close()
  expect(await put).toHaveLength(10)
  await expect(store.put([chunk(11)])).rejects.toMatchObject({ code: 'CHUNK_STORE_CLOSED' })
  await expect(store.get(chunk(1).address)).rejects.toMatchObject({ code: 'CHUNK_STORE_CLOSED' })
  await store.close()
  expect((await open()).size).toBe(10)
})

test('a batch the disk refuses fails its puts and leaves no trace', async () => {
  const { store: disk, open } = fixture()
  const store = await open()
  await store.put(inBin(1, 2))
  const batch = disk.batch.bind(disk)
  disk.batch = async () => { throw new Error('no space') }
  await expect(store.put(inBin(1, 3))).rejects.toMatchObject({ code: 'CHUNK_STORE_IO' })
  expect(store.last(1)).toBe(2)
  disk.batch = batch
  await store.put(inBin(1, 3))
  expect((await store.entries(1, 1, undefined, 9)).map(({ index }) => index)).toEqual([1, 2, 3])
})

test('no index is given out twice when a batch landed although it failed', async () => {
  const { store: disk, open } = fixture()
  const store = await open()
  const batch = disk.batch.bind(disk)
  disk.batch = async operations => { await batch(operations); throw new Error('who knows') }
  await expect(store.put(inBin(1, 2))).rejects.toMatchObject({ code: 'CHUNK_STORE_IO' })
  disk.batch = batch
  expect(await store.put(inBin(1, 3))).toEqual(['present', 'present', 'stored'])
  expect((await store.entries(1, 1, undefined, 9)).map(({ index }) => index)).toEqual([1, 2, 3])
})

test('a chunk that was found absent, and came meanwhile, is present', async () => {
  const disk = memoryStore()
  const store = await fixture(disk).open()
  expect(await store.has(chunk(0).address)).toBe(false)
  expect(await store.put([chunk(0)])).toEqual(['stored'])
  expect(await store.put([chunk(0)])).toEqual(['present'])
  // A look-up that began before the put and ends after it.
  const getMany = disk.getMany.bind(disk)
  let go = (): void => {}
  const held = new Promise<void>(resolve => { go = resolve })
  disk.getMany = async keys => {
    const found = await getMany(keys)
    disk.getMany = getMany
    await held
    return found
  }
  const looking = store.has(chunk(1).address)
  expect(await store.put([chunk(1)])).toEqual(['stored'])
  go()
  expect(await looking).toBe(false)
  expect(await store.put([chunk(1)])).toEqual(['present'])
  // One that was deleted is absent again.
  await store.delete([chunk(1).address])
  expect(await store.has(chunk(1).address)).toBe(false)
  expect(await store.put([chunk(1)])).toEqual(['stored'])
  expect(store.size).toBe(2)
  for await (const fault of store.verify()) expect.fail(fault.code)
})

test('a put of what was just found absent does not look again', async () => {
  const disk = memoryStore()
  const store = await fixture(disk).open()
  await store.hasMany(addresses(chunks(0, 100)))
  let looked = 0
  const getMany = disk.getMany.bind(disk)
  disk.getMany = async keys => { looked++; return getMany(keys) }
  await store.put(chunks(0, 100))
  expect(looked).toBe(0)
  await store.put(chunks(0, 100))
  expect(looked).toBe(1)
})

test('what came with zeros cut off or added is kept as it was made', async () => {
  const store = await fixture().open()
  const payload = new Uint8Array(100).fill(1, 0, 90)
  const { address, data } = makeChunk(payload)
  await store.put([{ address, data: data.slice(0, -10) }])
  expect(await store.get(address)).toEqual(data)
  const longer = makeChunk(payload.subarray(0, 95))
  await store.put([{ address: longer.address, data: Uint8Array.from([...longer.data, 0, 0, 0]) }])
  expect(await store.get(longer.address)).toEqual(longer.data)
})
