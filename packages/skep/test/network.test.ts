import { describe, expect, test } from 'vitest'
import type { Address, Store } from '@skep/interface'
import { MemoryHub } from '@skep/conn-memory'
import { depthOf } from '@skep/kademlia'
import { proximity, toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { createApi } from '@skep/api-http'
import { makeChunk } from '@skep/chunk'
import { encodeMetadata, makeSingleOwnerChunk, makeUpdateChunk, metadataAddress, metadataHash } from '@skep/chunk/validators'
import { identity } from '@skep/identity'
import { createNode, memoryTransport, type Metric, type Node, type NodeOptions } from 'skep'
import { addressesOf, once, read } from './files.ts'

/** A network of real nodes in one process, under one virtual clock. */
class World {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly hub: MemoryHub
  readonly #running: Array<Node | undefined> = []
  readonly disks: Store[] = []
  readonly #keys: Uint8Array[] = []

  constructor (seed: number, latency = 5) {
    this.random = new SeededRandom(seed)
    this.hub = new MemoryHub({ clock: this.clock, latency })
  }

  async start (i: number, options: Partial<NodeOptions> = {}): Promise<Node> {
    this.#keys[i] ??= this.random.bytes(32)
    const disk = this.disks[i] ??= memoryStore()
    const random = this.random.fork()
    const node = await createNode({
      key: this.#keys[i],
      // A disk outlives the process that used it.
      store: { ...methods(disk), close: async () => {} },
      clock: this.clock,
      random,
      transports: [memoryTransport({ hub: this.hub, clock: this.clock, random })],
      listen: [`memory://n${i}`],
      bootnodes: i === 0 ? [] : ['memory://n0'],
      ...options
    })
    this.#running[i] = node
    return node
  }

  /** The process is gone: nobody says goodbye. */
  async crash (i: number): Promise<void> {
    this.hub.cut(`n${i}`)
    await this.stop(i)
  }

  async stop (i: number): Promise<void> {
    let stopped = false
    void this.node(i).stop().then(() => { stopped = true })
    await this.clock.until(() => stopped, 5000)
    this.#running[i] = undefined
  }

  node (i: number): Node {
    const node = this.#running[i]
    if (node === undefined) throw new Error(`node ${i} does not run`)
    return node
  }

  get live (): Node[] {
    return this.#running.filter(node => node !== undefined)
  }

  async healthy (): Promise<void> {
    const expected = this.live.length - 1
    await this.clock.until(() => this.live.every(node => node.health().healthy && node.peers().length >= Math.min(expected, 4)), 60_000)
  }

  /** The chunks that are missing at a node which is responsible for them, by brute force over all. */
  async missing (addresses: readonly Address[]): Promise<string[]> {
    const out: string[] = []
    const overlays = this.live.map(node => node.overlay)
    for (const node of this.live) {
      const sizes = new Array<number>(257).fill(0)
      for (const overlay of overlays) if (overlay !== node.overlay) sizes[proximity(node.overlay, overlay)]!++
      const depth = depthOf(sizes)
      const ours = addresses.filter(address => proximity(node.overlay, address) >= depth)
      const held = await node.hasLocal(ours)
      ours.forEach((address, i) => { if (!held[i]) out.push(`${toHex(address).slice(0, 8)} at ${toHex(node.overlay).slice(0, 8)}`) })
    }
    return out
  }

  /** Looks every 100 virtual ms until every chunk is where it belongs, and every node knows that it has all. */
  async converged (addresses: readonly Address[], within: number): Promise<void> {
    const end = this.clock.now() + within
    while (true) {
      const missing = await this.missing(addresses)
      const statuses = await Promise.all(this.live.map(async node => await node.status()))
      if (missing.length === 0 && statuses.every(({ synced }) => synced)) return
      if (this.clock.now() >= end) throw new Error(`after ${within} virtual ms there lack ${missing.join(', ')}; synced: ${statuses.map(({ synced }) => synced).join()}`)
      await this.clock.advance(100)
    }
  }

  async end (): Promise<void> {
    for (const [i, node] of this.#running.entries()) if (node !== undefined) await this.stop(i)
  }
}

function methods (store: Store): Store {
  return {
    get: async key => await store.get(key),
    getMany: async keys => await store.getMany(keys),
    batch: async (operations, options) => await store.batch(operations, options),
    range: options => store.range(options),
    close: async () => await store.close()
  }
}

describe.each([1, 2, 3])('eight nodes, seed %i', seed => {
  test('find each other, bring every chunk to all who are responsible, once, and give the file back', async () => {
    const world = new World(seed)
    for (let i = 0; i < 8; i++) await world.start(i)
    await world.healthy()
    const file = world.random.bytes(300_000)
    const addresses = await addressesOf(file)
    const { reference, size } = await world.node(3).upload(once(file))
    expect(size).toBe(file.length)
    await world.converged(addresses, 60_000)
    for (const node of world.live) {
      const { transfers } = await node.status()
      expect(transfers.bodiesReceived).toBe(transfers.bodiesStored)
      expect(transfers.duplicates).toBe(0)
    }
    expect(await read(world.node(6), reference, world.clock)).toEqual(file)
    await world.end()
    await world.clock.advance(1000)
    expect(world.clock.pending).toBe(0)
  })

  test('a node that crashes in mid-sync and comes back gets what it lacks, and nothing twice', async () => {
    const world = new World(seed)
    for (let i = 0; i < 8; i++) await world.start(i)
    await world.healthy()
    const file = world.random.bytes(600_000)
    const addresses = await addressesOf(file)
    await world.node(1).upload(once(file))
    await world.clock.advance(60)
    await world.crash(5)
    await world.clock.advance(500)
    const back = await world.start(5)
    const before = (await back.status()).chunks
    await world.converged(addresses, 120_000)
    const after = await back.status()
    expect(after.transfers.duplicates).toBe(0)
    expect(after.transfers.bodiesStored).toBe(after.chunks - before)
    await world.end()
  })

  test('a restarted node fetches nothing that it has', async () => {
    const world = new World(seed)
    for (let i = 0; i < 5; i++) await world.start(i)
    await world.healthy()
    const file = world.random.bytes(200_000)
    const addresses = await addressesOf(file)
    await world.node(0).upload(once(file))
    await world.converged(addresses, 60_000)
    await world.stop(2)
    await world.clock.advance(1000)
    const back = await world.start(2)
    await world.healthy()
    await world.clock.until(async () => (await back.status()).synced, 60_000)
    await world.clock.advance(30_000)
    expect((await back.status()).transfers).toMatchObject({ bodiesReceived: 0, duplicates: 0 })
    await world.end()
  })
})

test.each([1, 2])('sixteen nodes bring every chunk of every kind to all who are responsible, once (seed %i)', async seed => {
  const world = new World(seed)
  for (let i = 0; i < 16; i++) await world.start(i)
  await world.healthy()
  const owner = identity(world.random.bytes(32))
  const sign = (digest: Uint8Array): Uint8Array => owner.sign(digest)
  const metadata = encodeMetadata({ startTime: 0n, frequency: 60n, name: new Uint8Array([1, 2]), owner: owner.ethereum })
  const metaHash = metadataHash(metadata)
  const rootAddress = metadataAddress(metaHash, owner.ethereum)
  const chunks = [
    { address: rootAddress, data: metadata },
    ...Array.from({ length: 60 }, () => makeChunk(world.random.bytes(100))),
    ...Array.from({ length: 60 }, (_, i) => makeUpdateChunk({ period: i + 1, version: 1, rootAddress, metaHash, multihash: false, data: world.random.bytes(50) }, sign)),
    ...Array.from({ length: 30 }, () => makeSingleOwnerChunk(world.random.bytes(32), owner.ethereum, makeChunk(world.random.bytes(50)), sign))
  ]
  for (const { address, data } of chunks) {
    expect(await world.random.pick(world.live).putChunk(data, address)).toEqual(address)
    await world.clock.advance(10)
  }
  await world.converged(chunks.map(({ address }) => address), 30_000)
  for (const node of world.live) {
    const { transfers, sync, streams } = await node.status()
    expect(transfers.bodiesReceived).toBe(transfers.bodiesStored)
    expect(transfers.duplicates).toBe(0)
    expect(sync.streams.map(({ name }) => name)).toEqual(['SYNC', 'SYNC-RESOURCE', 'SYNC-SINGLE-OWNER'])
    expect(new Set(streams.map(({ stream }) => stream.split('|')[0])).size).toBe(3)
  }
  // And whoever has not got one finds it.
  const { address, data } = chunks.at(-1)!
  for (const node of world.live) {
    let found: Uint8Array | undefined
    void node.getChunk(address).then(chunk => { found = chunk })
    await world.clock.until(() => found !== undefined, 5_000)
    expect(found).toEqual(data)
  }
  await expect(world.node(0).putChunk(data, rootAddress)).rejects.toMatchObject({ code: 'BAD_CHUNK' })
  await world.end()
}, 120_000)

test('the metrics are the same set for two peers and for eight, and count what happened', async () => {
  const scrape = async (nodes: number): Promise<Metric[]> => {
    const world = new World(4)
    for (let i = 0; i < nodes; i++) await world.start(i)
    await world.healthy()
    const file = world.random.bytes(100_000)
    await world.node(1).upload(once(file))
    await world.converged(await addressesOf(file), 60_000)
    await world.clock.advance(2_000)
    const metrics = await world.node(0).metrics()
    // Names that Prometheus does not allow would be refused.
    expect((await createApi(world.node(0), { clock: world.clock }).request('/metrics')).status).toBe(200)
    await world.end()
    return metrics
  }
  const [few, many] = [await scrape(3), await scrape(9)]
  const names = (metrics: Metric[]): string[] => metrics.flatMap(({ name, samples }) => samples.map(({ labels }) => `${name}${JSON.stringify(labels)}`))
  expect(new Set(names(few)).size).toBe(names(few).length)
  expect(names(many)).toEqual(names(few))
  const value = (name: string, metrics = few): number => metrics.find(metric => metric.name === name)!.samples.reduce((sum, sample) => sum + sample.value, 0)
  const chunks = value('skep_chunks')
  expect(chunks).toBeGreaterThan(10)
  expect(value('skep_stream_bodies_received_total')).toBe(chunks)
  expect(value('skep_stream_hashes_wanted_total')).toBe(chunks)
  expect(value('skep_peers')).toBe(2)
  expect(value('skep_peers', many)).toBeGreaterThan(2)
  expect([value('skep_synced'), value('skep_sync_lag'), value('skep_stream_open_wants'), value('skep_sync_peers_say_synced')]).toEqual([1, 0, 0, 2])
  expect(few.find(({ name }) => name === 'skep_chunks')!.samples.map(({ labels }) => labels!['bin'])).toEqual(Array.from({ length: 17 }, (_, bin) => `${bin}`))
})

test('a node tells when it and its peers are synced', async () => {
  const world = new World(5)
  await world.start(0)
  const events: string[] = []
  const node = await world.start(1)
  node.onEvent(event => { events.push(JSON.stringify(event)) })
  await world.node(0).upload(once(world.random.bytes(40_000)))
  await world.clock.advance(10_000)
  const overlay = toHex(world.node(0).overlay)
  expect(events).toContain(JSON.stringify({ type: 'peer-synced', overlay, synced: true }))
  expect(events).toContain(JSON.stringify({ type: 'synced', synced: true }))
  const { sync } = await node.status()
  expect(sync).toMatchObject({ synced: true, lag: 0, stuck: [], peers: [{ peer: overlay, synced: true, saysSynced: true, missing: [], waiting: [] }] })
  await world.end()
})

test('two nodes that dial each other at the same moment keep one connection, and sync over it', async () => {
  for (let seed = 30; seed < 42; seed++) {
    const world = new World(seed)
    const lines: string[] = []
    const log = (line: string): void => { lines.push(line) }
    await world.start(0, { bootnodes: ['memory://n1'], log })
    await world.clock.advance(seed % 3)
    await world.start(1, { bootnodes: ['memory://n0'], log })
    await world.clock.advance(5000)
    const file = world.random.bytes(20_000)
    await world.node(seed % 2).upload(once(file))
    await world.converged(await addressesOf(file), 5000)
    expect(world.live.map(node => node.peers().length), `seed ${seed}`).toEqual([1, 1])
    // One connection at each end, and at most one more that was settled.
    expect(lines.filter(line => line.startsWith('connected')).length, `seed ${seed}: ${lines.join('; ')}`).toBeLessThanOrEqual(4)
    expect(lines.filter(line => line.startsWith('drop')), `seed ${seed}`).toEqual([])
    await world.end()
  }
})

test('a reference that nobody holds is an error within thirty seconds, not a hang', async () => {
  const world = new World(9)
  for (let i = 0; i < 4; i++) await world.start(i)
  await world.healthy()
  const began = world.clock.now()
  await expect(read(world.node(2), world.random.bytes(32), world.clock)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(world.clock.now() - began).toBeLessThan(30_000)
  await world.end()
})

test('nodes of another network are not taken on, and the others go on', async () => {
  const world = new World(10)
  await world.start(0)
  await world.start(1)
  await world.start(2, { networkId: 4 })
  await world.clock.advance(10_000)
  expect(world.live.map(node => node.peers().length)).toEqual([1, 1, 0])
  await world.end()
})

test('a light node reads, but neither stores, nor serves, nor counts', async () => {
  const world = new World(11)
  for (let i = 0; i < 3; i++) await world.start(i)
  const light = await world.start(3, { light: true })
  await world.clock.until(() => light.peers().length === 3, 30_000)
  const file = world.random.bytes(50_000)
  await expect(light.upload(once(file))).rejects.toMatchObject({ code: 'LIGHT_NODE' })
  const { reference } = await world.node(1).upload(once(file))
  await world.clock.advance(5000)
  expect(await read(light, reference, world.clock)).toEqual(file)
  expect((await light.status()).chunks).toBe(0)
  for (const node of [0, 1, 2]) expect(world.node(node).topology().bins.flatMap(bin => bin.connected)).not.toContain(toHex(light.overlay))
  await world.end()
})

test('what is fetched is kept where that is asked for', async () => {
  const world = new World(12)
  for (let i = 0; i < 2; i++) await world.start(i)
  const light = await world.start(2, { light: true, cache: true })
  await world.clock.until(() => light.peers().length === 2, 30_000)
  const file = world.random.bytes(50_000)
  const { reference } = await world.node(0).upload(once(file))
  await world.clock.advance(5000)
  expect(await read(light, reference, world.clock)).toEqual(file)
  // Thirteen leaves and what holds them together.
  expect((await light.status()).chunks).toBe(14)
  const before = (await light.status()).transfers.bodiesReceived
  expect(await read(light, reference, world.clock)).toEqual(file)
  expect((await light.status()).transfers.bodiesReceived).toBe(before)
  await world.end()
})

test('a record of what was synced that is damaged on disk is reported, and synced afresh', async () => {
  const world = new World(13)
  for (let i = 0; i < 2; i++) await world.start(i)
  await world.clock.until(() => world.node(1).peers().length === 1, 30_000)
  await world.node(0).upload(once(world.random.bytes(50_000)))
  await world.clock.advance(5000)
  await world.stop(1)
  const disk = world.disks[1]!
  let damaged = 0
  // Those of intervals-store begin with an i.
  for await (const [key, value] of disk.range({ gte: Uint8Array.of(0x69), lt: Uint8Array.of(0x6a) })) {
    const other = value.slice()
    other[other.length - 1]! ^= 1
    await disk.batch([{ type: 'put', key, value: other }])
    damaged++
  }
  expect(damaged).toBeGreaterThan(0)
  const lines: string[] = []
  const again = await world.start(1, { log: line => { lines.push(line) } })
  await world.clock.advance(30_000)
  const reports = lines.filter(line => line.includes('damaged on disk'))
  expect(reports.length).toBeGreaterThan(0)
  expect(reports[0]).toMatch(/^what is here of SYNC\S* of [0-9a-f]{64} is damaged on disk \(.+\): it is synced afresh$/)
  expect(await again.status()).toMatchObject({ chunks: 14, synced: true })
  await world.end()
})

test('stopping leaves no timer and no connection behind, at any moment', async () => {
  for (const after of [0, 1, 7, 12, 30, 100, 600]) {
    const world = new World(after + 20)
    for (let i = 0; i < 3; i++) await world.start(i)
    await world.clock.advance(after)
    await world.end()
    await world.clock.advance(60_000)
    expect(world.clock.pending, `stopped after ${after} ms`).toBe(0)
  }
})
