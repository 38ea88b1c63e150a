import { ChunkStore, type ChunkStoreOptions } from '@skep/chunk-store'
import type { Store } from '@skep/interface'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { expect, test } from 'vitest'
import { addresses, base, chunk, chunks } from './fixture.ts'

const clock = new VirtualClock()

async function open (store: Store, bodies?: Store, options: ChunkStoreOptions = {}): Promise<ChunkStore> {
  return ChunkStore.open({ store, base, clock, random: new SeededRandom(1), ...(bodies !== undefined && { bodies }) }, options)
}

/** The keys of a Store, but for the few that describe it. */
async function keys (store: Store): Promise<string[]> {
  const found: string[] = []
  for await (const [key] of store.range()) if (key[1] !== 0) found.push(Buffer.from(key).toString('hex'))
  return found
}

async function faults (store: ChunkStore): Promise<string[]> {
  const found: string[] = []
  for await (const { code } of store.verify()) found.push(code)
  return found
}

test('bodies go to the Store given for them, and nothing else does', async () => {
  const [store, bodies] = [memoryStore(), memoryStore()]
  const here = await open(store, bodies)
  await here.put(chunks(0, 10))
  expect((await keys(bodies)).map(key => key.slice(0, 4))).toEqual(Array.from({ length: 10 }, () => '6301'))
  expect((await keys(store)).some(key => key.startsWith('6301'))).toBe(false)
  expect(await here.getMany(addresses(chunks(0, 10)))).toEqual(chunks(0, 10).map(({ data }) => data))
  await here.close()
  expect(await (await open(store, bodies)).get(chunk(3).address)).toEqual(chunk(3).data)
})

test('a deleted chunk leaves no body and, after the next put, no note of it', async () => {
  const [store, bodies] = [memoryStore(), memoryStore()]
  const here = await open(store, bodies)
  await here.put(chunks(0, 3))
  await here.delete([chunk(1).address])
  expect(await keys(bodies)).toHaveLength(2)
  expect((await keys(store)).filter(key => key.startsWith('6306'))).toHaveLength(1)
  await here.put([chunk(5)])
  expect((await keys(store)).filter(key => key.startsWith('6306'))).toHaveLength(0)
  expect(await faults(here)).toEqual([])
})

test('notes of deleted bodies do not pile up where nothing is put any more', async () => {
  const [store, bodies] = [memoryStore(), memoryStore()]
  const here = await open(store, bodies)
  const many = Array.from({ length: 5_000 }, (_, i) => ({ address: new Uint8Array(32).fill(i & 0xff).fill(i >> 8, 0, 4), data: new Uint8Array(9) }))
  await here.put(many, { kind: 'content' })
  for (let at = 0; at < 5_000; at += 100) await here.delete(addresses(many.slice(at, at + 100)))
  const notes = (await keys(store)).filter(key => key.startsWith('6306')).length
  expect(notes).toBeLessThan(1_000)
  expect(await keys(bodies)).toEqual([])
  expect(here.size).toBe(0)
})

test('chunks that make room take their bodies along', async () => {
  const [store, bodies] = [memoryStore(), memoryStore()]
  const here = await open(store, bodies, { capacity: 20 })
  for (let n = 0; n < 100; n += 5) await here.put(chunks(n, n + 5))
  expect(here.size).toBe(20)
  expect(await keys(bodies)).toHaveLength(20)
  expect(await faults(here)).toEqual([])
})

test('bodies and store know each other', async () => {
  const [store, bodies] = [memoryStore(), memoryStore()]
  await (await open(store, bodies)).put([chunk(1)])
  const plain = memoryStore()
  await open(plain)
  const refused = { name: 'ChunkStoreError', code: 'CHUNK_STORE_BODIES' }
  await expect(open(store)).rejects.toMatchObject(refused)
  await expect(open(store, memoryStore())).rejects.toMatchObject(refused)
  await expect(open(plain, memoryStore())).rejects.toMatchObject(refused)
  await expect(open(memoryStore(), bodies)).rejects.toMatchObject(refused)
  // Nobody touched them meanwhile.
  expect(await (await open(store, bodies)).get(chunk(1).address)).toEqual(chunk(1).data)
})

test('a body that nothing points at is found and deleted', async () => {
  const [store, bodies] = [memoryStore(), memoryStore()]
  const here = await open(store, bodies)
  await here.put(chunks(0, 4))
  const [first] = await keys(bodies)
  const stray = Buffer.from(first!, 'hex')
  const record = await bodies.get(stray)
  await here.delete([chunk(0).address])
  await bodies.batch([{ type: 'put', key: stray, value: record! }])
  expect(await faults(here)).toEqual(['BODY_STRAY'])
  expect(await here.repair()).toHaveLength(1)
  expect(await keys(bodies)).toHaveLength(3)
  expect(await faults(here)).toEqual([])
})

test('a Store of bodies that fails loses nothing', async () => {
  const store = memoryStore()
  const bodies: Store = memoryStore()
  let broken = false
  const fragile: Store = {
    get: async key => bodies.get(key),
    getMany: async wanted => bodies.getMany(wanted),
    range: options => bodies.range(options),
    close: async () => bodies.close(),
    async batch (operations, options) {
      if (broken) throw new Error('the disk is full')
      await bodies.batch(operations, options)
    }
  }
  const here = await open(store, fragile)
  await here.put(chunks(0, 3))
  broken = true
  await expect(here.put(chunks(3, 6))).rejects.toMatchObject({ code: 'CHUNK_STORE_IO' })
  // The chunk is gone as far as anybody can see; its body goes when it can.
  expect(await here.delete([chunk(0).address])).toBe(1)
  broken = false
  await here.put(chunks(6, 8))
  expect(await keys(bodies)).toHaveLength(4)
  expect(here.size).toBe(4)
  expect(await faults(here)).toEqual([])
})
