import { proximity, toHex } from '@skep/pot'
import { expect, test } from 'vitest'
import { Swarm } from './swarm.ts'

/** Two nodes, of which the second has all of the first's chunks but one that cannot be read. */
async function stuck (seed: number): Promise<{ swarm: Swarm, address: string, chunks: ReturnType<Swarm['makeChunks']> }> {
  const swarm = new Swarm(seed)
  const [a, b] = [await swarm.add(), await swarm.add()]
  // Of both kinds, so that the indices of each stream have holes.
  const chunks = [...swarm.makeChunks(60), ...swarm.makeResources(30)]
  for (const chunk of [...chunks].sort((one, other) => toHex(one.address).localeCompare(toHex(other.address)))) await a.chunks.put([chunk])
  const address = toHex(chunks[7]!.address)
  swarm.unreadable.add(address)
  swarm.connect(a, b)
  await swarm.clock.advance(60_000)
  expect(b.chunks.size).toBe(89)
  return { swarm, address, chunks }
}

test('why it is stuck is answered: what is missing, who was asked, when next, for as long as it is', async () => {
  const { swarm, address } = await stuck(7)
  const [a, b] = swarm.nodes as [typeof swarm.nodes[0], typeof swarm.nodes[0]]
  for (let minute = 0; minute < 30; minute++) {
    const { synced, settled, peers: [first] } = b.sync.status()
    const peer = first!
    expect([synced, settled, peer.synced, peer.settled, peer.lag]).toEqual([false, true, false, true, 1])
    expect(peer.missing).toHaveLength(1)
    const [{ from, to, tries, retryIn, failures, items }] = peer.missing as [typeof peer.missing[0]]
    expect([to - from, failures]).toEqual([0, { missing: 1, invalid: 0, late: 0 }])
    expect(tries).toBeGreaterThanOrEqual(5)
    expect(retryIn).toBeLessThanOrEqual(300_000)
    expect(items).toEqual([{ id: address, asked: [{ peer: toHex(a.base), state: 'missing' }] }])
    await swarm.clock.advance(60_000)
  }
  swarm.unreadable.clear()
  await swarm.clock.until(() => b.sync.status().synced, 310_000)
  expect(b.sync.status().peers[0]!.missing).toEqual([])
  await swarm.stop()
  expect(swarm.clock.pending).toBe(0)
})

test('one chunk that cannot be had keeps no other from being healed', async () => {
  const { swarm, address, chunks } = await stuck(8)
  const b = swarm.nodes[1]!
  // The body of the seventh chunk that came, by the format on disk.
  const key = Uint8Array.of(0x63, 1, 0, 0, 0, 0, 0, 0, 0, 7)
  const body = (await b.disk.get(key))!
  body[70]! ^= 1
  await b.disk.batch([{ type: 'put', key, value: body }])
  const others = chunks.map(chunk => chunk.address).filter(other => toHex(other) !== address)
  expect((await b.chunks.getMany(others)).filter(data => data === undefined)).toHaveLength(1)
  await swarm.clock.until(async () => (await b.chunks.hasMany(others)).every(Boolean), 600_000)
  expect(b.sync.status().synced).toBe(false)
  await swarm.stop()
})

test('it is not settled while something is under way for the first time', async () => {
  const swarm = new Swarm(9, 20)
  swarm.bandwidth = 20_000
  const [a, b] = [await swarm.add(), await swarm.add()]
  const chunks = swarm.makeChunks(2_000)
  await a.chunks.put(chunks)
  // Of the bin that takes longest.
  const bad = chunks.find(({ address }) => proximity(a.base, address) === 0)!
  swarm.unreadable.add(toHex(bad.address))
  swarm.connect(a, b)
  for (let left = 1; left > 0;) {
    await swarm.clock.advance(500)
    left = (await b.chunks.hasMany(chunks.filter(chunk => chunk !== bad).map(({ address }) => address))).filter(here => !here).length
    if (left > 0) expect(b.sync.status().settled, `${left} are on their way`).toBe(false)
  }
  await swarm.clock.until(() => b.sync.status().settled, 60_000)
  expect(b.sync.status().synced).toBe(false)
  await swarm.stop()
})
