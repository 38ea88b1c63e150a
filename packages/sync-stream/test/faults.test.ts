import { toHex } from '@skep/pot'
import { memoryStore } from '@skep/store-memory'
import { expect, test } from 'vitest'
import { Swarm, total } from './swarm.ts'

/** More of them with `SEEDS=1,2,3`. */
const seeds = (process.env['SEEDS'] ?? '1').split(',').map(Number)

test.each(seeds)('cuts, restarts, a wiped disk, a liar and a silent one: all honest nodes get what is theirs (seed %i)', async seed => {
  const swarm = new Swarm(seed, 5)
  const { clock, random } = swarm
  for (let i = 0; i < 12; i++) await swarm.add()
  await swarm.add(undefined, memoryStore(), 'lying')
  await swarm.add(undefined, memoryStore(), 'silent')
  const chunks = [...swarm.makeChunks(180), ...swarm.makeResources(60)]
  const honest = (): typeof swarm.nodes => swarm.nodes.filter(({ manner }) => manner === 'honest')
  swarm.connectAll()
  let received = 0
  let stored = 0
  const count = (node: (typeof swarm.nodes)[number]): void => {
    received += node.streamer.counters.bodiesReceived
    stored += node.streamer.counters.bodiesStored
  }
  for (const [i, chunk] of chunks.entries()) {
    // A node that keeps its disk, so that no fault takes the only copy.
    await random.pick(honest().slice(0, 7)).chunks.put([chunk])
    await clock.advance(20)
    if (i % 25 === 10) [...random.pick(swarm.nodes).links.values()][0]?.()
    if (i % 40 === 20) {
      const node = random.pick(honest())
      count(node)
      await swarm.restart(node)
    }
    if (i === 120) {
      const node = honest()[9]!
      count(node)
      await swarm.restart(node, memoryStore())
    }
    if (i % 25 === 15) swarm.connectAll()
    if (i % 100 === 99) expect(await swarm.dishonest()).toEqual([])
  }
  swarm.connectAll()
  await clock.until(async () => (await swarm.missing(chunks)).length === 0, 60_000)
  for (const node of honest()) count(node)
  expect(received / stored).toBeLessThanOrEqual(1.02)
  expect(await swarm.dishonest()).toEqual([])
  for (const node of honest()) for await (const fault of node.chunks.verify()) expect.fail(fault.code)
  await swarm.stop()
  expect(clock.pending).toBe(0)
}, 180_000)

test('kinds of chunk are streams of their own, and one count of transfers', async () => {
  const swarm = new Swarm(5)
  const [a, b] = [await swarm.add(), await swarm.add()]
  const chunks = [...swarm.makeChunks(50), ...swarm.makeResources(50)]
  await a.chunks.put(chunks)
  swarm.connect(a, b)
  await swarm.clock.until(async () => (await swarm.missing(chunks)).length === 0, 10_000)
  const streams = new Set(b.streamer.status().map(({ stream }) => stream.split('|')[0]))
  expect([...streams].sort()).toEqual(['SYNC', 'SYNC-RESOURCE'])
  const kinds = await Promise.all(Array.from({ length: 17 }, (_, bin) => b.chunks.entries(bin, 1, undefined, 1_000)))
  expect(kinds.flat().filter(({ kind }) => kind === 'resource')).toHaveLength(50)
  expect(total(swarm.nodes, 'bodiesReceived')).toBe(100)
  await swarm.stop()
})

test('old peers are asked to subscribe, and get what an old node may have', async () => {
  const swarm = new Swarm(6)
  const [a, b] = [await swarm.add(), await swarm.add()]
  const chunks = [...swarm.makeChunks(60), ...swarm.makeResources(20)]
  await a.chunks.put(chunks)
  swarm.connect(a, b, { native: false })
  await swarm.clock.until(async () => (await swarm.missing(chunks)).length === 0, 60_000)
  const later = swarm.makeChunks(10)
  await b.chunks.put(later)
  await swarm.clock.until(async () => (await swarm.missing(later)).length === 0, 60_000)
  expect(b.streamer.status().every(({ stream }) => stream.startsWith('SYNC|'))).toBe(true)
  await swarm.stop()
})

test('an old peer that never asks us to subscribe is subscribed to all the same, in the bins that it has', async () => {
  const swarm = new Swarm(9)
  const [old, b] = [await swarm.add(), await swarm.add()]
  old.streamer.requestSubscription = () => {}
  const chunks = swarm.makeChunks(60)
  await old.chunks.put(chunks)
  swarm.connect(old, b, { native: false })
  const later = swarm.makeChunks(10)
  await swarm.clock.advance(1_000)
  await old.chunks.put(later)
  await swarm.clock.until(async () => (await swarm.missing([...chunks, ...later])).length === 0, 60_000)
  expect([...new Set(b.streamer.status().map(({ stream }) => stream.slice(0, -2)))].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', 'g'].map(bin => `SYNC|${bin}`))
  await swarm.stop()
})

test('what stands in the way is told: who lies, and who is silent', async () => {
  const swarm = new Swarm(7)
  const b = await swarm.add()
  const [liar, silent] = [await swarm.add(undefined, memoryStore(), 'lying'), await swarm.add(undefined, memoryStore(), 'silent')]
  await liar.chunks.put(swarm.makeChunks(2))
  const quiet = swarm.makeChunks(2)
  await silent.chunks.put(quiet)
  swarm.connect(b, liar)
  swarm.connect(b, silent)
  let [invalid, late] = [0, 0]
  const planned = new Set<string>()
  b.sync.onChange(() => {
    for (const { peer, failures, missing } of b.sync.status().peers) {
      [invalid, late] = [Math.max(invalid, failures.invalid), Math.max(late, failures.late)]
      for (const { tries, retryIn } of missing) if (tries > 0 && retryIn !== undefined) planned.add(peer)
    }
  })
  await swarm.clock.advance(15_000)
  // Which chunk, who was asked for it and what became of that, and where it is tried again.
  expect(b.sync.status().stuck.sort((x, y) => x.id < y.id ? -1 : 1)).toEqual(quiet.map(({ address }) => toHex(address)).sort().map(id => (
    { id, asked: [{ peer: toHex(silent.base), state: 'late' }], others: [] }
  )))
  expect(planned).toEqual(new Set([toHex(liar.base)]))
  await swarm.clock.advance(45_000)
  expect(b.sync.status().synced).toBe(false)
  expect(invalid).toBeGreaterThan(0)
  expect(late).toBeGreaterThan(0)
  await swarm.stop()
})

test('the lag falls, and the time that is left is estimated', async () => {
  const swarm = new Swarm(8, 50)
  const [a, b] = [await swarm.add(), await swarm.add()]
  await a.chunks.put(swarm.makeChunks(3_000))
  swarm.connect(a, b)
  const seen: { lag: number, eta: number | undefined }[] = []
  b.sync.onChange(() => {
    const { lag, peers } = b.sync.status()
    seen.push({ lag, eta: peers[0]?.eta })
  })
  await swarm.clock.until(() => b.sync.status().synced, 60_000)
  await swarm.clock.advance(1_000)
  expect(seen.some(({ lag, eta }) => lag > 0 && eta !== undefined && eta > 0)).toBe(true)
  expect(seen.at(-1)).toEqual({ lag: 0, eta: 0 })
  await swarm.stop()
})
