import type { Chunk } from '@skep/chunk'
import { SeededRandom } from '@skep/sim'
import { expect, test } from 'vitest'
import { addresses, binOf, chunk, chunks, fixture, inBin } from './fixture.ts'

test('the capacity is never exceeded, and the longest unused chunk goes first', async () => {
  const store = await fixture().open({ capacity: 10 })
  const all = inBin(0, 15)
  for (const each of all.slice(0, 10)) await store.put([each])
  await store.get(all[0]!.address)
  await store.get(all[2]!.address)
  for (const each of all.slice(10, 13)) {
    await store.put([each])
    expect(store.size).toBe(10)
  }
  // 1, 3 and 4 were the longest unused: 0 and 2 had been asked for.
  expect(await store.hasMany(addresses(all.slice(0, 6)))).toEqual([true, false, true, false, false, true])
})

test('a put larger than the room makes all of it at once', async () => {
  const store = await fixture().open({ capacity: 100 })
  await store.put(chunks(0, 90))
  await store.put(chunks(90, 150))
  expect(store.size).toBe(100)
  expect((await store.hasMany(addresses(chunks(90, 150)))).every(Boolean)).toBe(true)
})

test('chunks of the neighbourhood are never deleted to make room', async () => {
  let depth = 1
  const store = await fixture().open({ capacity: 6, depth: () => depth })
  await store.put(inBin(1, 3))
  await store.put(inBin(0, 3))
  await store.put(inBin(2, 3))
  expect(store.counts().slice(0, 3)).toEqual([0, 3, 3])
  await expect(store.put(inBin(3, 1))).rejects.toMatchObject({ code: 'CHUNK_STORE_FULL' })
  expect(store.size).toBe(6)
  depth = 2
  await store.put(inBin(3, 1))
  expect(store.counts().slice(0, 4)).toEqual([0, 2, 3, 1])
})

test('pinned chunks stay, until they are let go', async () => {
  const store = await fixture().open({ capacity: 3 })
  const [a, b, c, d, e] = inBin(0, 5)
  await store.put([a!], { pinned: true })
  await store.put([b!, c!])
  await store.put([b!], { pinned: true })
  await store.put([d!])
  expect(await store.hasMany(addresses([a!, b!, c!, d!]))).toEqual([true, true, false, true])
  expect(await store.pin([a!.address, e!.address], false)).toBe(1)
  await store.put([e!])
  await store.put([c!])
  expect(await store.hasMany(addresses([a!, b!, c!, d!, e!]))).toEqual([false, true, true, false, true])
})

test('insured chunks stay until the insurance runs out, and whoever must approve a deletion is asked', async () => {
  const { clock, open } = fixture()
  const asked: Uint8Array[] = []
  const [a, b, c, d, e] = inBin(0, 5)
  const store = await open({ capacity: 3, approve: ({ address }) => { asked.push(address); return address[5] !== b!.address[5] } })
  await store.put([a!], { insured: { by: new Uint8Array(32).fill(7), until: clock.wall() + 1_000 } })
  await store.put([b!])
  await store.put([c!])
  await store.put([d!])
  expect(asked).toEqual(addresses([b!, c!]))
  expect(await store.hasMany(addresses([a!, b!, c!]))).toEqual([true, true, false])
  await clock.advance(1_001)
  await store.delete([b!.address])
  await store.put([c!, e!])
  expect(await store.hasMany(addresses([a!, c!, d!, e!]))).toEqual([false, true, true, true])
})

test('a full store of pinned chunks takes nothing, and says what is present', async () => {
  const store = await fixture().open({ capacity: 2 })
  await store.put(chunks(0, 2), { pinned: true })
  expect(await store.put(chunks(0, 2))).toEqual(['present', 'present'])
  const both = await Promise.allSettled([store.put([chunk(2)]), store.put([chunk(0)])])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
})

test.each(Array.from({ length: 20 }, (_, i) => i))('under random puts, readings and deletions every rule of making room holds (seed %i)', async seed => {
  const random = new SeededRandom(seed)
  const depth = random.integer(4)
  const { open } = fixture(undefined, seed)
  let store = await open({ capacity: 60, depth: () => depth })
  const pinned = new Map<string, Chunk>()
  const near = new Map<string, Chunk>()
  for (let round = 0; round < 60; round++) {
    const some = Array.from({ length: 1 + random.integer(8) }, () => chunk(random.integer(400)))
    const pin = random.float() < 0.05 && pinned.size < 15
    // The neighbourhood of so small a store would fill it.
    const fitting = some.filter(({ address }) => binOf(address) < depth || near.size < 20)
    await store.put(fitting, { pinned: pin }).catch((error: unknown) => expect(error).toMatchObject({ code: 'CHUNK_STORE_FULL' }))
    for (const each of fitting) {
      if (!await store.has(each.address)) continue
      if (pin) pinned.set(String(each.address), each)
      if (binOf(each.address) >= depth) near.set(String(each.address), each)
    }
    await store.getMany(addresses(Array.from({ length: 20 }, () => chunk(random.integer(400)))))
    if (random.float() < 0.2) {
      const gone = chunk(random.integer(400))
      await store.delete([gone.address])
      pinned.delete(String(gone.address))
      near.delete(String(gone.address))
    }
    if (random.float() < 0.1) {
      await store.close()
      store = await open({ capacity: 60, depth: () => depth })
    }
    expect(store.size).toBeLessThanOrEqual(60)
    expect(await store.hasMany(addresses([...pinned.values(), ...near.values()]))).not.toContain(false)
  }
  for await (const fault of store.verify()) expect.fail(fault.code)
})

test('what went to make room is listed as lost, what was deleted on purpose is not', async () => {
  const { open } = fixture()
  const store = await open({ capacity: 3 })
  const all = inBin(0, 5)
  for (const each of all) await store.put([each])
  await store.delete([all[2]!.address])
  expect(store.lost(0)).toBe(2)
  expect((await store.lostEntries(0, 1, undefined, 10)).map(({ index, address }) => [index, address])).toEqual([[1, all[0]!.address], [2, all[1]!.address]])
  expect(await store.lostEntries(0, 2, undefined, 10)).toHaveLength(1)
  await store.close()
  expect((await open({ capacity: 3 })).lost(0)).toBe(2)
})

test('a store whose capacity was lowered shrinks with the next puts, a part with each', async () => {
  const { open } = fixture()
  const store = await open()
  await store.put(chunks(0, 1_500))
  await store.close()
  const smaller = await open({ capacity: 100 })
  expect(smaller.size).toBe(1_500)
  await smaller.put(chunks(1_500, 1_510))
  expect(smaller.size).toBe(476)
  await smaller.put(chunks(1_510, 1_520))
  expect(smaller.size).toBe(100)
  expect(await smaller.hasMany(addresses(chunks(1_500, 1_520)))).not.toContain(false)
  for await (const fault of smaller.verify()) expect.fail(fault.code)
})

test('a full store of thousands makes room for a few more than it needs, and never holds more than its capacity', async () => {
  const { open } = fixture()
  const store = await open({ capacity: 3_000, depth: () => 17 })
  const list = Array.from({ length: 3_001 }, (_, n) => chunk(n))
  for (let at = 0; at < 3_000; at += 100) await store.put(list.slice(at, at + 100))
  expect(store.size).toBe(3_000)
  await store.put(list.slice(3_000))
  expect(store.size).toBe(2_997)
  // The four that came first.
  expect(await store.hasMany(addresses(list.slice(0, 5)))).toEqual([false, false, false, false, true])
  for (let n = 4_000; n < 4_003; n++) {
    await store.put([chunk(n)])
    expect(store.size).toBe(2_998 + n - 4_000)
  }
  await store.put([chunk(4_003)])
  expect(store.size).toBe(2_997)
})

test('ends of ranges are found at fences, which are there again after each opening', async () => {
  const { store: disk, open } = fixture()
  await open()
  const fences = [Uint8Array.of(0x63, 3, 255, ...new Uint8Array(8)), Uint8Array.of(0x63, 4, 255, ...new Uint8Array(8))]
  expect(await disk.getMany(fences)).toEqual([new Uint8Array(), new Uint8Array()])
  await disk.batch(fences.map(key => ({ type: 'del', key })))
  const store = await open()
  expect(await disk.getMany(fences)).toEqual([new Uint8Array(), new Uint8Array()])
  await store.put(Array.from({ length: 20 }, (_, n) => chunk(n)))
  expect(await store.repair()).toEqual([])
})
