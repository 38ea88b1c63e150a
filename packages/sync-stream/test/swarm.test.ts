import { proximity, toHex } from '@skep/pot'
import { memoryStore } from '@skep/store-memory'
import { expect, test } from 'vitest'
import { Swarm, total } from './swarm.ts'

test('of two nodes each has everything after a moment, each chunk transferred once', async () => {
  const swarm = new Swarm(1)
  const [a, b] = [await swarm.add(), await swarm.add()]
  const chunks = swarm.makeChunks(300)
  await a.chunks.put(chunks.slice(0, 200))
  await b.chunks.put(chunks.slice(150))
  swarm.connect(a, b)
  await swarm.clock.until(async () => (await swarm.missing(chunks)).length === 0, 30_000)
  const later = swarm.makeChunks(50)
  await a.chunks.put(later)
  await swarm.clock.until(async () => (await swarm.missing(later)).length === 0, 5_000)
  expect(total(swarm.nodes, 'bodiesReceived')).toBe(300)
  expect(total(swarm.nodes, 'bodiesStored')).toBe(300)
  expect(total(swarm.nodes, 'duplicates')).toBe(0)
  await swarm.clock.until(() => a.sync.status().synced && b.sync.status().synced, 5_000)
  await swarm.stop()
  expect(swarm.clock.pending).toBe(0)
})

test.each([1, 2])('in sixteen nodes every chunk comes to all that are responsible for it, once (seed %i)', async seed => {
  const swarm = new Swarm(seed, 5)
  for (let i = 0; i < 16; i++) await swarm.add()
  const chunks = swarm.makeChunks(500)
  for (const chunk of chunks.slice(0, 250)) await swarm.random.pick(swarm.nodes).chunks.put([chunk])
  swarm.connectAll()
  await swarm.clock.advance(100)
  for (const chunk of chunks.slice(250)) {
    await swarm.random.pick(swarm.nodes).chunks.put([chunk])
    await swarm.clock.advance(2)
  }
  await swarm.clock.advance(15_000)
  expect(await swarm.missing(chunks)).toEqual([])
  expect(total(swarm.nodes, 'bodiesReceived') / total(swarm.nodes, 'bodiesStored')).toBe(1)
  expect(total(swarm.nodes, 'duplicates')).toBe(0)
  expect(swarm.nodes.every(({ sync }) => sync.status().synced)).toBe(true)
  await swarm.stop()
  expect(swarm.clock.pending).toBe(0)
}, 180_000)

test('after a reconnect nothing is offered again, and what came meanwhile is', async () => {
  const swarm = new Swarm(7)
  const [a, b] = [await swarm.add(), await swarm.add()]
  const chunks = swarm.makeChunks(400)
  await a.chunks.put(chunks.slice(0, 300))
  const cut = swarm.connect(a, b)
  await swarm.clock.until(async () => (await swarm.missing(chunks.slice(0, 300))).length === 0, 30_000)
  // That b has what came from a is told within a second, and recorded then.
  await swarm.clock.advance(1_500)
  const offered = total(swarm.nodes, 'idsOffered')
  cut()
  await swarm.clock.advance(1_000)
  await a.chunks.put(chunks.slice(300))
  swarm.connect(a, b)
  await swarm.clock.until(async () => (await swarm.missing(chunks)).length === 0, 30_000)
  await swarm.clock.advance(5_000)
  // The hundred new ones: to b, and back from b, which cannot know that a has them.
  expect(total(swarm.nodes, 'idsOffered') - offered).toBeLessThanOrEqual(200)
  expect(total(swarm.nodes, 'bodiesReceived')).toBe(400)
  await swarm.stop()
})

test('a node that was killed resumes from its disk', async () => {
  const swarm = new Swarm(8)
  for (let i = 0; i < 6; i++) await swarm.add()
  const chunks = swarm.makeChunks(300)
  await swarm.nodes[0]!.chunks.put(chunks.slice(0, 200))
  swarm.connectAll()
  await swarm.clock.advance(500)
  for (const i of [1, 3, 1]) {
    await swarm.restart(swarm.nodes[i]!)
    await swarm.clock.advance(300)
    swarm.connectAll()
    await swarm.clock.advance(200)
  }
  await swarm.nodes[3]!.chunks.put(chunks.slice(200))
  await swarm.clock.until(async () => (await swarm.missing(chunks)).length === 0, 60_000)
  expect(total(swarm.nodes, 'duplicates')).toBe(0)
  await swarm.stop()
})

test('a node whose disk was wiped gets everything again', async () => {
  const swarm = new Swarm(9)
  for (let i = 0; i < 4; i++) await swarm.add()
  const chunks = swarm.makeChunks(200)
  await swarm.nodes[0]!.chunks.put(chunks)
  swarm.connectAll()
  await swarm.clock.until(async () => (await swarm.missing(chunks)).length === 0, 30_000)
  await swarm.restart(swarm.nodes[2]!, memoryStore())
  swarm.connectAll()
  await swarm.clock.until(async () => (await swarm.missing(chunks)).length === 0, 30_000)
  // And what it gets now reaches the others, although its indices begin anew.
  const later = swarm.makeChunks(100)
  await swarm.nodes[2]!.chunks.put(later)
  await swarm.clock.until(async () => (await swarm.missing([...chunks, ...later])).length === 0, 30_000)
  await swarm.stop()
})

test('a peer that comes late, at constant depth, is synced too', async () => {
  const swarm = new Swarm(10)
  for (let i = 0; i < 3; i++) await swarm.add(swarm.random.bytes(32).map((byte, at) => at === 0 ? byte & 0x7f : byte))
  const chunks = swarm.makeChunks(100)
  await swarm.nodes[0]!.chunks.put(chunks)
  swarm.connectAll()
  await swarm.clock.until(async () => (await swarm.missing(chunks)).length === 0, 30_000)
  const depths = swarm.nodes.map(({ table }) => table.depth)
  await swarm.add(swarm.random.bytes(32).map((byte, at) => at === 0 ? byte & 0x7f : byte))
  swarm.connectAll()
  await swarm.clock.until(async () => (await swarm.missing(chunks)).length === 0, 30_000)
  expect(swarm.nodes.slice(0, 3).map(({ table }) => table.depth)).toEqual(depths)
  await swarm.stop()
})

test('when the depth rises in mid-sync nothing more is taken of what is not ours, and what is under way is not lost', async () => {
  const swarm = new Swarm(14, 100)
  const inHalf = (bit: number): Uint8Array => swarm.random.bytes(32).map((byte, at) => at === 0 ? (byte & 0x7f) | bit << 7 : byte)
  const [a, b] = [await swarm.add(inHalf(0)), await swarm.add(inHalf(1))]
  const chunks = swarm.makeChunks(4_000)
  await a.chunks.put(chunks)
  const ours = chunks.filter(({ address }) => proximity(b.base, address) >= 1).length
  swarm.connect(a, b)
  await swarm.clock.advance(1_000)
  // With three in each half neither has to keep what lies in the other.
  for (const bit of [0, 0, 1, 1]) await swarm.add(inHalf(bit))
  swarm.connectAll()
  await swarm.clock.advance(30_000)
  expect(b.table.depth).toBe(1)
  expect(await swarm.missing(chunks)).toEqual([])
  const others = b.chunks.size - ours
  // What came before the depth was followed; without the pause it would be all of them.
  expect(others).toBeGreaterThan(100)
  expect(others).toBeLessThan((chunks.length - ours) * 0.7)
  expect(a.sync.status().synced && b.sync.status().synced).toBe(true)
  // The depth falls again: what was left out is asked for, and nothing else.
  const { size } = b.chunks
  const { idsOffered } = b.streamer.counters
  for (const node of swarm.nodes.slice(2)) for (const cut of [...node.links.values()]) cut()
  await swarm.clock.advance(30_000)
  expect([b.table.depth, b.chunks.size]).toEqual([0, chunks.length])
  expect(b.streamer.counters.idsOffered - idsOffered).toBe(chunks.length - size)
  expect(total(swarm.nodes, 'duplicates')).toBe(0)
  expect(total(swarm.nodes, 'bodiesReceived')).toBe(total(swarm.nodes, 'bodiesStored'))
  await swarm.stop()
  expect(swarm.clock.pending).toBe(0)
})

test('when all is synced it is quiet', async () => {
  const swarm = new Swarm(11)
  for (let i = 0; i < 5; i++) await swarm.add()
  await swarm.nodes[0]!.chunks.put(swarm.makeChunks(100))
  swarm.connectAll()
  await swarm.clock.advance(30_000)
  const before = [total(swarm.nodes, 'idsOffered'), total(swarm.nodes, 'bytesIn')]
  await swarm.clock.advance(60_000)
  expect([total(swarm.nodes, 'idsOffered'), total(swarm.nodes, 'bytesIn')]).toEqual(before)
  expect(swarm.clock.pending).toBe(0)
  await swarm.stop()
})

test('the status names the peers with their bins', async () => {
  const swarm = new Swarm(12)
  const [a, b] = [await swarm.add(), await swarm.add()]
  expect(a.sync.status()).toEqual({ synced: false, settled: false, lag: 0, stuck: [], streams: [], peers: [] })
  await b.chunks.put(swarm.makeChunks(10))
  swarm.connect(a, b)
  await swarm.clock.advance(10)
  expect(a.sync.status().synced).toBe(false)
  await swarm.clock.advance(5_000)
  expect(a.sync.status()).toMatchObject({
    synced: true,
    settled: true,
    lag: 0,
    stuck: [],
    streams: [{ name: 'SYNC', synced: 17, behind: 0, lag: 0 }, { name: 'SYNC-RESOURCE', synced: 17, behind: 0, lag: 0 }],
    peers: [{
      peer: toHex(b.base),
      bins: Array.from({ length: 17 }, (_, bin) => bin),
      synced: true,
      settled: true,
      lag: 0,
      open: 0,
      eta: 0,
      failures: { missing: 0, invalid: 0, late: 0 },
      waiting: [],
      missing: [],
      saysSynced: true
    }]
  })
  expect(a.streamer.peerSynced(a.table.peers()[Symbol.iterator]().next().value![0])).toBe(true)
  await swarm.stop()
})

test('the same seed gives the same history, chunk by chunk', async () => {
  const run = async (): Promise<string[]> => {
    const swarm = new Swarm(13, 7)
    for (let i = 0; i < 6; i++) await swarm.add()
    swarm.connectAll()
    for (const chunk of swarm.makeChunks(60)) {
      await swarm.random.pick(swarm.nodes).chunks.put([chunk])
      await swarm.clock.advance(15)
    }
    await swarm.clock.advance(5_000)
    const trace: string[] = []
    for (const { base, chunks, streamer } of swarm.nodes) {
      for (let bin = 0; bin <= 16; bin++) trace.push(...(await chunks.entries(bin, 1, undefined, 1_000)).map(({ address }) => `${toHex(base)} ${bin} ${toHex(address)}`))
      trace.push(JSON.stringify(streamer.counters))
    }
    await swarm.stop()
    return trace
  }
  expect(await run()).toEqual(await run())
})

test('what came from a peer is not offered back to it, however much of it is under way', async () => {
  const swarm = new Swarm(1, 20)
  const [a, b] = [await swarm.add(), await swarm.add()]
  const chunks = swarm.makeChunks(9_000)
  await a.chunks.put(chunks)
  swarm.connect(a, b)
  await swarm.clock.until(() => b.chunks.size === chunks.length, 60_000)
  await swarm.clock.advance(5_000)
  expect(b.streamer.counters.idsOffered).toBe(9_000)
  // Who remembers only so much forgets some, here where all of it comes within one virtual tenth of a second.
  expect(a.streamer.counters.idsOffered).toBeLessThan(1_800)
  await swarm.stop()
}, 60_000)
