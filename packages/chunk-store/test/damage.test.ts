import type { Corruption, Fault } from '@skep/chunk-store'
import { expect, test } from 'vitest'
import { addresses, chunk, chunks, fixture, inBin, type Fixture } from './fixture.ts'

/** Keys by the README's format, so that the format is tested and not only used. */
const dataKey = (seq: number): Uint8Array => Uint8Array.of(0x63, 1, 0, 0, 0, 0, 0, 0, 0, seq)
const addressKey = (address: Uint8Array): Uint8Array => Uint8Array.of(0x63, 2, ...address)
const indexKey = (bin: number, index: number): Uint8Array => Uint8Array.of(0x63, 3, bin, 0, 0, 0, 0, 0, 0, 0, index)
const quarantineKey = (seq: number): Uint8Array => Uint8Array.of(0x63, 5, 0, 0, 0, 0, 0, 0, 0, seq)

async function flip (disk: Fixture['store'], key: Uint8Array, at: number): Promise<void> {
  const value = await disk.get(key)
  value![at]! ^= 0x10
  await disk.batch([{ type: 'put', key, value: value! }])
}

async function faults (store: { verify (): AsyncIterable<Fault> }): Promise<Fault['code'][]> {
  const found: Fault['code'][] = []
  for await (const { code } of store.verify()) found.push(code)
  return found
}

test.each([0, 3, 5, 20, 47, 48, 56, 87])('a body with byte %i changed is not served, but reported once and kept aside', async at => {
  const { store: disk, open } = fixture()
  await (await open()).put(chunks(0, 3))
  await flip(disk, dataKey(1), at)
  const reports: Corruption[] = []
  const store = await open({ onCorrupt: report => reports.push(report) })
  expect(await store.getMany(addresses(chunks(0, 3)))).toEqual([undefined, chunk(1).data, chunk(2).data])
  await store.put([chunk(3)])
  expect(reports).toMatchObject([{ address: chunk(0).address, kind: 'content', why: 'checksum' }])
  expect(await disk.get(quarantineKey(1))).toBeDefined()
  expect(await store.get(chunk(0).address)).toBeUndefined()
  expect(reports).toHaveLength(1)
  expect(await faults(store)).toEqual([])
  expect(await store.put([chunk(0)])).toEqual(['stored'])
  expect(await store.get(chunk(0).address)).toEqual(chunk(0).data)
})

test('a listener hears of what was damaged or made room, once a batch, and not of what was deleted', async () => {
  const { store: disk, open } = fixture()
  const store = await open({ capacity: 4, depth: () => 17 })
  const lost = (): number => Array.from({ length: 17 }, (_, bin) => store.lost(bin)).reduce((sum, n) => sum + n)
  const heard: number[] = []
  const stop = store.onLost(() => heard.push(lost()))
  await store.put(chunks(0, 4))
  await store.delete(addresses(chunks(3, 4)))
  expect(heard).toEqual([])
  await flip(disk, dataKey(1), 20)
  await store.get(chunk(0).address)
  await store.pin([])
  expect(heard).toEqual([1])
  await store.put(chunks(4, 8))
  expect(heard).toEqual([1, 3])
  let seq = 5
  while (await disk.get(dataKey(seq)) === undefined) seq++
  await disk.batch([{ type: 'del', key: dataKey(seq) }])
  expect(await store.repair()).not.toEqual([])
  expect(heard.at(-1)).toBe(4)
  const before = heard.length
  stop()
  await store.put(chunks(8, 12))
  expect(lost()).toBeGreaterThan(4)
  expect(heard).toHaveLength(before)
})

test('a body that has gone is reported as missing', async () => {
  const { store: disk, open } = fixture()
  const reports: Corruption[] = []
  const store = await open({ onCorrupt: report => reports.push(report) })
  await store.put(chunks(0, 2))
  await disk.batch([{ type: 'del', key: dataKey(2) }])
  expect(await store.get(chunk(1).address)).toBeUndefined()
  await store.put([chunk(3)])
  expect(reports).toMatchObject([{ address: chunk(1).address, why: 'missing' }])
})

test('a chunk that was stored under a wrong kind of trust is found when reading verifies', async () => {
  const reports: Corruption[] = []
  const store = await fixture().open({ onCorrupt: report => reports.push(report) })
  await store.put([{ address: chunk(0).address, data: chunk(1).data }], { kind: 'content' })
  expect(await store.get(chunk(0).address)).toEqual(chunk(1).data)
  expect(await store.get(chunk(0).address, { verify: true })).toBeUndefined()
  await store.put([chunk(5)])
  expect(reports).toMatchObject([{ address: chunk(0).address, why: 'invalid' }])
})

test('damaged bodies are kept aside up to a bound', async () => {
  const { store: disk, open } = fixture()
  await (await open()).put(chunks(0, 6))
  for (let seq = 1; seq <= 5; seq++) await flip(disk, dataKey(seq), 60)
  const store = await open({ maxQuarantine: 2 })
  await store.getMany(addresses(chunks(0, 6)))
  await store.close()
  let kept = 0
  for await (const _ of disk.range({ gte: quarantineKey(0), lt: quarantineKey(255) })) kept++
  expect(kept).toBe(2)
})

test('a healthy store has no faults', async () => {
  const store = await fixture().open({ capacity: 40 })
  for (const each of chunks(0, 50)) await store.put([each])
  await store.delete(addresses(chunks(40, 45)))
  expect(await faults(store)).toEqual([])
})

test('verify finds every kind of fault, and repair leaves none', async () => {
  const { store: disk, open } = fixture()
  const store = await open()
  const list = inBin(0, 8)
  await store.put(list)
  await disk.batch([{ type: 'del', key: dataKey(1) }])
  await flip(disk, dataKey(2), 70)
  await disk.batch([{ type: 'put', key: addressKey(list[2]!.address), value: new Uint8Array(3) }])
  await flip(disk, indexKey(0, 8), 3 * 42 + 1)
  await disk.batch([{ type: 'del', key: addressKey(list[4]!.address) }])
  await store.put([{ address: chunk(0).address, data: chunk(1).data }].filter(({ address }) => !list.some(each => each.address === address)), { kind: 'content' })
  const found = new Set(await faults(store))
  for (const code of ['BODY_MISSING', 'BODY_DAMAGED', 'ENTRY_DAMAGED', 'PLACE_WRONG', 'PLACE_DANGLING', 'COUNT_WRONG'] as const) expect(found).toContain(code)
  await store.repair()
  expect(await faults(store)).toEqual([])
  expect((await store.entries(0, 1, undefined, 99)).map(({ index }) => index).slice(0, 4)).toEqual([4, 6, 7, 8])
  expect(await store.getMany(addresses(list.slice(5)))).toEqual(list.slice(5).map(({ data }) => data))
})
