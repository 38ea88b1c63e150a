import { makeChunk } from '@skep/chunk'
import type { ChunkStore, Fault } from '@skep/chunk-store'
import { SeededRandom } from '@skep/sim'
import { expect, test } from 'vitest'
import { addresses, binOf, chunk, fixture, inBin, type Fixture } from './fixture.ts'
import { pageKey, pagesOf } from './slow.ts'

const PLACE = 42

/** Pages of bin 0 that end with 10, 20, 30 and 40. */
async function fourPages (): Promise<{ disk: Fixture['store'], store: ChunkStore, list: Uint8Array[], open: Fixture['open'] }> {
  const { store: disk, open } = fixture()
  const store = await open()
  const list = inBin(0, 40)
  for (let at = 0; at < 40; at += 10) await store.put(list.slice(at, at + 10))
  return { disk, store: await open(), list: addresses(list), open }
}

async function faults (store: ChunkStore): Promise<Fault['code'][]> {
  const found: Fault['code'][] = []
  for await (const { code } of store.verify()) found.push(code)
  return found
}

/** Has the entry of a chunk say another place. */
async function misplace (disk: Fixture['store'], address: Uint8Array, index: number): Promise<void> {
  const key = Uint8Array.of(0x63, 2, ...address)
  const record = (await disk.get(key))!
  record[11] = index
  await disk.batch([{ type: 'put', key, value: record }])
}

async function indices (store: ChunkStore): Promise<number[]> {
  return (await store.entries(0, 1, undefined, 99)).map(({ index }) => index)
}

const between = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** What becomes of the record of the second page. */
const damages: [string, (record: Uint8Array) => Uint8Array | undefined][] = [
  ['gone', () => undefined],
  ['empty', () => new Uint8Array()],
  ['a byte too short', record => record.slice(0, -1)],
  ['a byte too long', record => Uint8Array.of(...record, 0)],
  ['longer than there are places before it', record => Uint8Array.of(...record, ...record, ...record)]
]

test.each(damages)('the places of a page that is %s are not listed, all others are, and repair brings them back', async (_, damage) => {
  const { disk, store, list } = await fourPages()
  const record = damage((await disk.get(pageKey(0, 20)))!)
  await disk.batch([record === undefined ? { type: 'del', key: pageKey(0, 20) } : { type: 'put', key: pageKey(0, 20), value: record }])
  expect(await indices(store)).toEqual([...between(1, 10), ...between(21, 40)])
  expect((await store.entries(0, 12, 25, 99)).map(({ index }) => index)).toEqual(between(21, 25))
  expect((await store.entries(0, 12, 18, 99))).toEqual([])
  expect(await faults(store)).toEqual(between(11, 20).map(() => 'PLACE_WRONG'))
  expect((await store.repair()).map(({ index }) => index).sort((a, b) => a! - b!)).toEqual(between(11, 20))
  expect(await store.repair()).toEqual([])
  expect((await store.entries(0, 1, undefined, 99)).map(({ address }) => address)).toEqual(list)
})

test.each(damages)('chunks of a page that is %s can be deleted, and those around them', async (_, damage) => {
  const { disk, store, list } = await fourPages()
  const record = damage((await disk.get(pageKey(0, 20)))!)
  await disk.batch([record === undefined ? { type: 'del', key: pageKey(0, 20) } : { type: 'put', key: pageKey(0, 20), value: record }])
  expect(await store.delete([8, 10, 13, 15, 16, 20, 21, 30].map(index => list[index - 1]!))).toBe(8)
  expect(await indices(store)).toEqual([...between(1, 7), 9, ...between(22, 29), ...between(31, 40)])
  expect(await store.repair()).toHaveLength(6)
  expect(await faults(store)).toEqual([])
  expect(await indices(store)).toEqual([...between(1, 7), 9, 11, 12, 14, 17, 18, 19, ...between(22, 29), ...between(31, 40)])
  expect(await store.repair()).toEqual([])
})

test.each([[0, 7], [1, 9]])('a place whose byte %i is %i is damaged alone, stays so when its neighbour changes, and is repaired in its page', async (at, value) => {
  const { disk, store, list } = await fourPages()
  const record = (await disk.get(pageKey(0, 20)))!
  record[4 * PLACE + at] = value
  await disk.batch([{ type: 'put', key: pageKey(0, 20), value: record }])
  expect(await indices(store)).toEqual([...between(1, 14), ...between(16, 40)])
  expect(await store.delete([list[13]!])).toBe(1)
  expect((await disk.get(pageKey(0, 20)))![4 * PLACE + at]).toBe(value)
  expect(await store.repair()).toMatchObject([{ code: 'PLACE_WRONG', bin: 0, index: 15 }])
  expect(await store.repair()).toEqual([])
  expect(await indices(store)).toEqual([...between(1, 13), ...between(15, 40)])
  expect((await pagesOf(disk)).map(({ last }) => last)).toEqual([10, 20, 30, 40])
})

test('a page that lost whole places names wrong ones, and repair puts each where it belongs', async () => {
  for (const cut of [(record: Uint8Array) => record.slice(0, -3 * PLACE), (record: Uint8Array) => record.slice(3 * PLACE)]) {
    const { disk, store, list } = await fourPages()
    await store.delete([list[17]!])
    await disk.batch([{ type: 'put', key: pageKey(0, 20), value: cut((await disk.get(pageKey(0, 20)))!) }])
    expect(await faults(store)).not.toEqual([])
    await store.repair()
    expect(await store.repair()).toEqual([])
    expect((await store.entries(0, 1, undefined, 99)).map(({ address }) => address)).toEqual(list.filter((_, i) => i !== 17))
  }
})

test('a page that grew hides nothing of the page before it', async () => {
  const { disk, store, list } = await fourPages()
  await store.delete([list[4]!])
  const record = (await disk.get(pageKey(0, 20)))!
  await disk.batch([{ type: 'put', key: pageKey(0, 20), value: Uint8Array.of(...new Uint8Array(5 * PLACE).fill(9), ...record) }])
  expect(await indices(store)).toEqual([...between(1, 4), ...between(6, 40)])
  expect(await faults(store)).toEqual([])
  expect(await store.delete([list[8]!])).toBe(1)
  expect(await indices(store)).toEqual([...between(1, 4), 6, 7, 8, ...between(10, 40)])
})

test('every place that points at nothing is found, wherever in its page it stands', async () => {
  const { store: disk, open } = fixture()
  const store = await open()
  const list = inBin(0, 200)
  for (let at = 0; at < 200; at += 90) await store.put(list.slice(at, at + 90))
  await disk.batch(list.map(({ address }) => ({ type: 'del', key: Uint8Array.of(0x63, 2, ...address) })))
  const found: unknown[] = []
  for await (const { code, index } of store.verify()) found.push(code === 'PLACE_DANGLING' ? index : code)
  expect(found).toEqual([...between(1, 200), 'COUNT_WRONG'])
  expect(await store.repair()).toHaveLength(201)
  expect(await store.repair()).toEqual([])
  expect(store.lost(0)).toBe(200)
  expect((await pagesOf(disk)).map(({ last }) => last)).toEqual([90, 180, 200])
})

test.each([0, 45])('an entry that says place %i, which was never given out, is removed, and hides nothing that comes later', async index => {
  const { disk, store, list } = await fourPages()
  await misplace(disk, list[6]!, index)
  expect(await faults(store)).toContain('PLACE_WRONG')
  await store.repair()
  expect(await store.repair()).toEqual([])
  expect(await store.has(list[6]!)).toBe(false)
  await store.put(inBin(0, 60))
  expect(await indices(store)).toEqual([...between(1, 6), ...between(8, 61)])
  expect(await faults(store)).toEqual([])
})

test.each([6, 8, 33])('of two chunks whose entries say place %i the one goes whose place it is not', async index => {
  const { disk, store, list } = await fourPages()
  await misplace(disk, list[6]!, index)
  expect(new Set(await faults(store))).toEqual(new Set(['PLACE_WRONG', 'PLACE_DANGLING']))
  await store.repair()
  expect(await store.repair()).toEqual([])
  expect([await store.has(list[6]!), await store.has(list[index - 1]!)]).toEqual([false, true])
  expect(await indices(store)).toEqual([...between(1, 6), ...between(8, 40)])
  expect((await store.lostEntries(0, 1, undefined, 99)).map(({ index }) => index)).toEqual([7])
  expect(store.counts()[0]).toBe(39)
})

test.each([0, 45])('a chunk whose entry says place %i, which was never given out, is deleted and leaves nothing there', async index => {
  const { disk, store, list } = await fourPages()
  await misplace(disk, list[6]!, index)
  expect(await store.delete([list[6]!])).toBe(1)
  expect((await pagesOf(disk)).map(({ last }) => last)).toEqual([10, 20, 30, 40])
  await store.put(inBin(0, 60).slice(40))
  await store.repair()
  expect(await indices(store)).toEqual([...between(1, 6), ...between(8, 60)])
  expect(await faults(store)).toEqual([])
})

test.each(Array.from({ length: 30 }, (_, i) => i))('repair leaves no fault and no live chunk behind, whatever happened to pages (seed %i)', async seed => {
  const random = new SeededRandom(seed)
  const { store: disk, open } = fixture(undefined, seed)
  const store = await open({ maxBatch: 1 + random.integer(60) })
  const list = Array.from({ length: 150 }, (_, n) => chunk(n))
  for (let at = 0; at < 150;) {
    const end = Math.min(150, at + 1 + random.integer(40))
    await store.put(list.slice(at, end))
    at = end
  }
  const gone = new Set(list.filter(() => random.float() < 0.15))
  await store.delete(addresses([...gone]))
  for (let n = 0; n < 5; n++) {
    const { bin, last, record } = random.pick(await pagesOf(disk))
    const key = pageKey(bin, last)
    const what = random.integer(5)
    if (what === 0) await disk.batch([{ type: 'del', key }])
    else if (what === 1) await disk.batch([{ type: 'put', key, value: record.slice(0, random.integer(record.length)) }])
    else if (what === 2) await disk.batch([{ type: 'put', key, value: Uint8Array.of(...record, ...random.bytes(random.integer(90))) }])
    else if (what === 3) await disk.batch([{ type: 'put', key, value: random.bytes(record.length) }])
    else {
      record[random.integer(record.length)]! ^= 1 << random.integer(8)
      await disk.batch([{ type: 'put', key, value: record }])
    }
  }
  // What is damaged may change before anybody notices.
  const late = list.filter(each => !gone.has(each) && random.float() < 0.1)
  await store.delete(addresses(late))
  for (const each of late) gone.add(each)
  await store.put([makeChunk(random.bytes(50))])
  await store.repair()
  expect(await store.repair()).toEqual([])
  const live = list.filter(each => !gone.has(each))
  expect(await store.getMany(addresses(live))).toEqual(live.map(({ data }) => data))
  expect(store.size).toBe(live.length + 1)
  for (let bin = 0; bin < 8; bin++) {
    const here = (await store.entries(bin, 1, undefined, 999)).map(({ address }) => address)
    const expected = addresses(live.filter(({ address }) => binOf(address) === bin))
    expect(here.slice(0, expected.length)).toEqual(expected)
    expect(here.length).toBe(store.counts()[bin])
  }
})
