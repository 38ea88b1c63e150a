import type { Store } from '@skep/interface'
import { proximity, toHex } from '@skep/pot'
import { expect, test } from 'vitest'
import { Swarm } from './swarm.ts'

/** Damages the body of the seventh chunk that came, by the format on disk. */
async function damage (disk: Store): Promise<void> {
  const key = Uint8Array.of(0x63, 1, 0, 0, 0, 0, 0, 0, 0, 7)
  const body = (await disk.get(key))!
  body[70]! ^= 1
  await disk.batch([{ type: 'put', key, value: body }])
}

test('what went to make room comes back when the depth falls and it is ours again', async () => {
  const swarm = new Swarm(3)
  const at = (first: number): Uint8Array => swarm.random.bytes(32).fill(first, 0, 1)
  const small = await swarm.add(at(0x00), undefined, 'honest', 80)
  for (const first of [0x80, 0xa0, 0xc0]) await swarm.add(at(first))
  const made = swarm.makeChunks(250)
  const far = made.filter(({ address }) => proximity(small.base, address) === 0).slice(0, 60)
  const near = made.filter(({ address }) => proximity(small.base, address) > 0).slice(0, 50)

  // Alone in its half it is responsible for all there is.
  await swarm.nodes[1]!.chunks.put(far)
  swarm.connectAll()
  await swarm.clock.until(async () => (await swarm.missing(far)).length === 0, 10_000)
  expect(small.chunks.size).toBe(60)

  // Two neighbours come with chunks of the near half: the far half is not its concern any more, and makes room.
  const neighbours = [await swarm.add(at(0x40)), await swarm.add(at(0x60))]
  await neighbours[0]!.chunks.put(near)
  swarm.connectAll()
  await swarm.clock.until(async () => (await swarm.missing(near)).length === 0, 10_000)
  expect(small.table.depth).toBe(1)
  expect(small.chunks.size).toBe(80)
  const lost = (await small.chunks.hasMany(far.map(({ address }) => address))).filter(here => !here)
  expect(lost).toHaveLength(30)

  // They go again, and there is room: all the far ones must be there, which peers have offered long ago.
  await small.chunks.delete(near.slice(0, 40).map(({ address }) => address))
  for (const node of neighbours) await swarm.kill(node)
  swarm.nodes.splice(4)
  await swarm.clock.until(async () => (await swarm.missing(far)).length === 0, 30_000)
  expect(small.table.depth).toBe(0)
  await swarm.stop()
  expect(swarm.clock.pending).toBe(0)
})

test('a chunk that is damaged on disk is fetched again', async () => {
  const swarm = new Swarm(4)
  const [a, b] = [await swarm.add(), await swarm.add()]
  const chunks = swarm.makeChunks(20)
  await a.chunks.put(chunks)
  swarm.connect(a, b)
  await swarm.clock.until(() => b.sync.status().synced, 10_000)
  await damage(b.disk)
  const addresses = chunks.map(({ address }) => address)
  expect((await b.chunks.getMany(addresses)).filter(data => data === undefined)).toHaveLength(1)
  await b.chunks.put(swarm.makeChunks(1))
  await swarm.clock.until(async () => (await b.chunks.hasMany(addresses)).every(Boolean), 90_000)
  expect(await b.chunks.getMany(addresses)).toEqual(chunks.map(({ data }) => data))
  await swarm.stop()
})

test('damage is healed also where nothing else happens', async () => {
  const swarm = new Swarm(4)
  const [a, b] = [await swarm.add(), await swarm.add()]
  const chunks = swarm.makeChunks(20)
  await a.chunks.put(chunks)
  swarm.connect(a, b)
  await swarm.clock.until(() => b.sync.status().synced, 10_000)
  await swarm.clock.advance(60_000)
  await damage(b.disk)
  const addresses = chunks.map(({ address }) => address)
  expect((await b.chunks.getMany(addresses)).filter(data => data === undefined)).toHaveLength(1)
  await swarm.clock.advance(5_000)
  expect(await b.chunks.getMany(addresses)).toEqual(chunks.map(({ data }) => data))
  await swarm.stop()
  expect(swarm.clock.pending).toBe(0)
})

test('what nobody could give is looked for again, also where nothing else happens', async () => {
  const swarm = new Swarm(4)
  const [a, b] = [await swarm.add(), await swarm.add()]
  const chunks = swarm.makeChunks(20)
  await a.chunks.put(chunks)
  swarm.connect(a, b)
  await swarm.clock.until(() => b.sync.status().synced, 10_000)
  await damage(b.disk)
  const addresses = chunks.map(({ address }) => address)
  const read = await b.chunks.getMany(addresses)
  // For a while the other cannot read it either.
  swarm.unreadable.add(toHex(addresses[read.indexOf(undefined)]!))
  await b.chunks.put(swarm.makeChunks(1))
  await swarm.clock.advance(50_000)
  expect((await b.chunks.hasMany(addresses)).filter(here => !here)).toHaveLength(1)
  swarm.unreadable.clear()
  await swarm.clock.advance(30_000)
  expect((await b.chunks.hasMany(addresses)).every(Boolean)).toBe(true)
  await swarm.stop()
  expect(swarm.clock.pending).toBe(0)
})
