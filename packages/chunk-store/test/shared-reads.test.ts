import type { Store } from '@skep/interface'
import { memoryStore } from '@skep/store-memory'
import { expect, test } from 'vitest'
import { addresses, chunk, fixture, inBin } from './fixture.ts'

/** A disk that counts what is read; the answer to the next reading, taken when it is asked, can be held back. */
function slowDisk (): { disk: Store, reads: { ranges: number, keys: number }, hold: () => () => void } {
  const disk = memoryStore()
  const reads = { ranges: 0, keys: 0 }
  let gate: Promise<void> | undefined
  const pass = (): Promise<void> | undefined => {
    const held = gate
    gate = undefined
    return held
  }
  const range = disk.range.bind(disk)
  disk.range = async function * (options) {
    reads.ranges++
    const held = pass()
    const found = []
    for await (const pair of range(options)) found.push(pair)
    await held
    yield * found
  }
  const getMany = disk.getMany.bind(disk)
  disk.getMany = async keys => {
    reads.keys += keys.length
    const held = pass()
    const found = await getMany(keys)
    await held
    return found
  }
  const hold = (): () => void => {
    let release = (): void => {}
    gate = new Promise(resolve => { release = resolve })
    return () => release()
  }
  return { disk, reads, hold }
}

test('a full page is listed once for all who ask, until a place of it changes', async () => {
  const { disk, reads } = slowDisk()
  const { open } = fixture(disk)
  const list = inBin(1, 30)
  const filled = await open()
  await filled.put(list)
  await filled.close()
  const store = await open()
  reads.ranges = 0
  const first = await store.entries(1, 1, 30, 10)
  expect(first.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(await store.entries(1, 1, 25, 10)).toEqual(first)
  first.pop()
  expect(await store.entries(1, 1, 10, 10)).toHaveLength(10)
  expect(reads.ranges).toBe(1)
  await store.delete([list[3]!.address])
  reads.ranges = 0
  expect((await store.entries(1, 1, 30, 10)).map(({ index }) => index)).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10, 11])
  expect((await store.entries(1, 1, 10, 10)).map(({ index }) => index)).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10])
  expect(reads.ranges).toBe(1)
})

test('a page that is being listed when a chunk goes is not given to who asks later', async () => {
  const { disk, hold } = slowDisk()
  const { open } = fixture(disk)
  const list = inBin(1, 20)
  const filled = await open()
  await filled.put(list)
  await filled.close()
  const store = await open()
  const release = hold()
  const before = store.entries(1, 1, 20, 5)
  await store.delete([list[0]!.address])
  const after = store.entries(1, 1, 20, 5)
  release()
  expect(await before).toHaveLength(5)
  expect((await after).map(({ index }) => index)).toEqual([2, 3, 4, 5, 6])
  expect((await store.entries(1, 1, 20, 5)).map(({ index }) => index)).toEqual([2, 3, 4, 5, 6])
})

test('who joins a page that ran against the end sees what came since', async () => {
  const { disk, hold } = slowDisk()
  const store = await fixture(disk).open()
  const list = inBin(1, 20)
  await store.put(list.slice(0, 10))
  await store.delete(addresses(list.slice(0, 5)))
  // Ten places, five of them tombstones: who lists them looks behind the end, where there is nothing yet.
  const release = hold()
  const before = store.entries(1, 1, 10, 10)
  await store.put(list.slice(10), { kind: 'content' })
  const after = store.entries(1, 1, 20, 10)
  release()
  expect((await before).map(({ index }) => index)).toEqual([6, 7, 8, 9, 10])
  expect((await after).map(({ index }) => index)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
})

test('what has just come is listed without reading, and is what the disk says', async () => {
  const { disk, reads } = slowDisk()
  const { open } = fixture(disk)
  const store = await open()
  const list = inBin(1, 600)
  for (let at = 0; at < 600; at += 50) await store.put(list.slice(at, at + 50), { kind: 'content' })
  reads.ranges = 0
  const asked: [from: number, to: number | undefined, limit: number][] = [[345, undefined, 128], [345, 600, 1_000], [599, 600, 10], [500, 520, 10], [600, undefined, 1], [601, undefined, 5], [700, 900, 5], [400, 399, 5]]
  const kept = await Promise.all(asked.map(async of => await store.entries(1, ...of)))
  expect(reads.ranges).toBe(0)
  await store.entries(1, 344, undefined, 10)
  expect(reads.ranges).toBe(1)
  const read = await open()
  expect(await Promise.all(asked.map(async of => await read.entries(1, ...of)))).toEqual(kept)
  expect(kept.map(entries => entries.length)).toEqual([128, 256, 2, 10, 1, 0, 0, 0])
})

test('what has just come is read again when a place of it has changed', async () => {
  const { disk, reads } = slowDisk()
  const store = await fixture(disk).open()
  const list = inBin(1, 20)
  await store.put(list.slice(0, 10))
  await store.delete([list[2]!.address])
  reads.ranges = 0
  expect((await store.entries(1, 1, undefined, 100)).map(({ index }) => index)).toEqual([1, 2, 4, 5, 6, 7, 8, 9, 10])
  await store.put(list.slice(10))
  expect(reads.ranges).toBe(1)
  expect((await store.entries(1, 11, undefined, 100)).map(({ address }) => address)).toEqual(addresses(list.slice(10)))
  expect(reads.ranges).toBe(1)
  expect((await store.entries(1, 10, undefined, 2)).map(({ index }) => index)).toEqual([10, 11])
  expect(reads.ranges).toBe(2)
})

test('many who ask at the same time whether chunks are here cause one look-up, and what is absent is known from then on', async () => {
  const { disk, reads } = slowDisk()
  const store = await fixture(disk).open()
  await store.put([chunk(0), chunk(2)])
  reads.keys = 0
  const asked = addresses([chunk(0), chunk(1), chunk(2), chunk(3)])
  const answers = await Promise.all([store.hasMany(asked), store.hasMany(asked), store.hasMany(asked.slice(1, 3).reverse())])
  expect(answers).toEqual([[true, false, true, false], [true, false, true, false], [true, false]])
  expect(reads.keys).toBe(4)
  expect(await store.hasMany(addresses([chunk(1), chunk(3)]))).toEqual([false, false])
  expect(reads.keys).toBe(4)
  await store.put([chunk(1)])
  expect(await store.hasMany(asked)).toEqual([true, true, true, false])
})

test('a look-up that is under way when a chunk comes or goes says nothing to who asks later', async () => {
  const { disk, hold } = slowDisk()
  const store = await fixture(disk).open()
  await store.put([chunk(0)])
  const asked = addresses([chunk(0), chunk(1)])
  let release = hold()
  const before = store.hasMany(asked)
  await store.put([chunk(1)])
  expect(await store.hasMany(asked)).toEqual([true, true])
  release()
  expect(await before).toEqual([true, false])
  expect(await store.hasMany(asked)).toEqual([true, true])
  release = hold()
  const stale = store.hasMany(asked)
  await store.delete([chunk(0).address])
  const after = store.hasMany(asked)
  release()
  expect(await stale).toEqual([true, true])
  expect(await after).toEqual([false, true])
})

test('a chunk that was just found to be absent is not looked for on the disk, until it is put', async () => {
  const { disk, reads } = slowDisk()
  const store = await fixture(disk).open()
  const [first, second] = inBin(1, 2)
  expect(await store.hasMany([first!.address])).toEqual([false])
  reads.keys = 0
  expect(await store.get(first!.address)).toBeUndefined()
  expect(reads.keys).toBe(0)
  expect(await store.getMany([first!.address, second!.address])).toEqual([undefined, undefined])
  expect(reads.keys).toBe(1)
  await store.put([first!])
  expect(await store.get(first!.address)).toEqual(first!.data)
})
