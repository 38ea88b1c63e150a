import { describe, expect, test, vi } from 'vitest'
import { HiveCore, hiveSpec, limitsOf, type HivePeer } from '@skep/hive'
import type { PeerRecord } from '@skep/identity'
import { Kademlia } from '@skep/kademlia'
import { toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { decodeMessage, Peer } from '@skep/wire'
import { peer, wire } from './make.ts'
import { World, type SimNode } from './world.ts'

// Virtual minutes of many nodes: a busy machine needs its time for them.
vi.setConfig({ testTimeout: 300_000 })

const SHAPES: Record<string, (i: number, count: number) => string[]> = {
  line: i => i === 0 ? [] : [`n${i - 1}`],
  star: i => i === 0 ? [] : ['n0'],
  ring: (i, count) => [`n${(i + 1) % count}`]
}

/** A world of full nodes, the first the others' bootnode, that has come to health. */
async function healthy (seed: number, count: number, light = 0): Promise<World> {
  const world = new World(seed)
  const nodes = Array.from({ length: count }, (_, i) => world.add({ light: i > 0 && i <= light }))
  await Promise.all(nodes.map((node, i) => node.start(SHAPES.star!(i, count))))
  await world.health(30_000)
  return world
}

async function end (world: World): Promise<void> {
  expect(world.faults).toEqual([])
  await world.stop()
  expect(world.network.size).toBe(0)
  expect(world.clock.pending).toBe(0)
}

const connected = ({ table }: SimNode): string[] => table.peers().map(([{ overlay }]) => toHex(overlay)).sort()
const known = ({ table }: SimNode): string[] => table.known().map(([{ overlay }]) => toHex(overlay))

describe('sixty-four nodes', () => {
  test.each(Object.keys(SHAPES))('that begin as a %s come to health within ten seconds, agree who is connected, and are quiet then', async shape => {
    const world = new World(64)
    const nodes = Array.from({ length: 64 }, () => world.add())
    await Promise.all(nodes.map((node, i) => node.start(SHAPES[shape]!(i, 64))))
    await world.health(10_000)
    await world.clock.advance(20_000)
    expect(world.unhealthy()).toEqual([])
    const edges = new Set(nodes.flatMap(node => connected(node).map(other => `${toHex(node.overlay)} ${other}`)))
    for (const edge of edges) expect(edges).toContain(edge.split(' ').reverse().join(' '))
    expect(edges.size).toBe(2 * world.network.size)
    const messages = world.messages
    const sessions = world.network.size
    await world.clock.advance(30_000)
    expect(world.network.size).toBe(sessions)
    // At most one message per peer in fifteen seconds (limits.md, I12).
    expect(world.messages - messages).toBeLessThan(2 * sessions * 2)
    await end(world)
  })

  test('do the same again with the same seed', async () => {
    const trace = async (seed: number): Promise<unknown> => {
      const world = await healthy(seed, 16)
      const out = [world.dials, world.messages, world.clock.now(), world.nodes.map(connected)]
      await end(world)
      return out
    }
    expect(await trace(7)).toEqual(await trace(7))
  })
})

describe('light nodes', () => {
  test('connect, and are in nobody\'s depth, book or gossip, though they are a third', async () => {
    const world = await healthy(30, 48, 16)
    await world.clock.advance(35_000)
    const light = new Set(world.nodes.filter(node => node.light).map(({ overlay }) => toHex(overlay)))
    for (const node of world.nodes) {
      expect(connected(node).filter(each => light.has(each))).toEqual([])
      expect(known(node).filter(each => light.has(each))).toEqual([])
      for await (const [key] of node.store.range()) expect(light).not.toContain(toHex(key.slice(2)))
      // They do what the others do: find peers.
      expect(connected(node).length).toBeGreaterThan(2)
    }
    for (const message of world.gossip) {
      const { value } = decodeMessage(hiveSpec, message) as { value: { Peers: { OAddr: Uint8Array }[] } }
      expect(value.Peers.filter(({ OAddr }) => light.has(toHex(OAddr)))).toEqual([])
    }
    await end(world)
  })
})

describe('a node that is killed and starts again', () => {
  test.each([1, 2, 3])('at another address has its peers back, and is found by those who need it, within a minute (seed %i)', async seed => {
    const world = await healthy(seed, 32)
    await world.clock.advance(30_000)
    for (const at of [0, 5, 31]) {
      const old = world.nodes.find(({ address }) => address === `n${at}`)!
      const before = connected(old)
      // The bootnode's own bootnode is somebody else.
      const next = await world.restart(old, [at === 0 ? 'n1' : 'n0'])
      const took = await world.health(60_000)
      expect(took).toBeLessThanOrEqual(60_000)
      await world.clock.advance(2_000)
      const back = connected(next).filter(each => before.includes(each))
      expect(back.length).toBeGreaterThanOrEqual(0.8 * before.length)
      // Whoever knows it knows where it is now.
      for (const node of world.nodes.filter(node => connected(node).includes(toHex(next.overlay)))) {
        const [[record]] = node.table.known(next.overlay) as [[PeerRecord, number]]
        expect(record.underlays[0]).toBe(`memory://${next.address}`)
      }
    }
    await end(world)
  })

  test('with nothing on its disk, and its bootnode gone, is found through those who dial it', async () => {
    const world = await healthy(4, 24)
    await world.clock.advance(30_000)
    const old = world.nodes[3]!
    old.kill()
    world.nodes.splice(3, 1)
    const next = world.add({ overlay: old.overlay })
    await next.start(['n7'])
    expect(await world.health(60_000)).toBeLessThanOrEqual(60_000)
    await end(world)
  })

  test('all at once come back without any bootnode', async () => {
    const world = await healthy(5, 24)
    await world.clock.advance(30_000)
    const nodes = [...world.nodes]
    const before = nodes.map(connected)
    for (const node of nodes) node.kill()
    world.nodes.length = 0
    // The same addresses: a power cut, not a move.
    const again = nodes.map(node => world.again(node))
    await Promise.all(again.map(node => node.start([])))
    await world.health(60_000)
    await world.clock.advance(2_000)
    const kept = again.map((node, i) => connected(node).filter(each => before[i]!.includes(each)).length / before[i]!.length)
    expect(Math.min(...kept)).toBeGreaterThanOrEqual(0.8)
    await end(world)
  })
})

describe('a divided network', () => {
  test('is one again when the division is over', async () => {
    const world = await healthy(6, 24)
    const addresses = world.nodes.map(({ address }) => address)
    world.network.divide([addresses.slice(0, 12), addresses.slice(12)])
    await world.clock.advance(30_000)
    expect(world.unhealthy().length).toBeGreaterThan(0)
    world.network.heal()
    expect(await world.health(60_000)).toBeLessThanOrEqual(60_000)
    await end(world)
  })
})

describe('a thousand false addresses', () => {
  test('told by eight liars are told on by nobody, and the tables stay healthy', async () => {
    const world = await healthy(8, 24)
    await world.clock.advance(10_000)
    world.gossip.length = 0
    const { random } = world
    const honest = world.nodes.map(({ overlay }) => overlay)
    const text = (underlay: string): Uint8Array => new TextEncoder().encode(underlay)
    const lies = Array.from({ length: 1_000 }, (_, i) => {
      switch (i % 4) {
        case 0: return { OAddr: random.bytes(32), UAddr: text(`memory://nobody${i}`) }
        case 1: return { OAddr: random.bytes(32), UAddr: text(`tcp://10.0.${i % 256}.1:4000`) }
        case 2: return { OAddr: random.bytes(32), UAddr: text('memory://n3') }
        default: return { OAddr: honest[i % honest.length]!, UAddr: text(`memory://false${i}`) }
      }
    })
    const told = lies.map(({ OAddr, UAddr }) => `${toHex(OAddr)} ${toHex(UAddr)}`)
    for (let liar = 0; liar < 8; liar++) {
      const id = new Uint8Array(64)
      id.set(random.bytes(32))
      for (let victim = 0; victim < 3; victim++) {
        const dialled = world.network.dial(`liar${liar}`, `n${(liar * 3 + victim) % 24}`, { id, protocols: [hiveSpec] })
        await world.clock.advance(200)
        const session = await dialled
        const liars = new Peer(session.open(hiveSpec), hiveSpec)
        void liars.run({ peersMsg: () => {}, subPeersMsg: () => {} }).catch(() => {})
        for (let from = 0; from < 125; from += 25) await liars.send('peersMsg', { Peers: lies.slice(liar * 125 + from, liar * 125 + from + 25) })
      }
    }
    await world.clock.advance(40_000)
    const passed = world.gossip.flatMap(message => {
      const { name, value } = decodeMessage(hiveSpec, message)
      return name === 'peersMsg' ? value.Peers.map(({ OAddr, UAddr }) => `${toHex(OAddr)} ${toHex(UAddr)}`) : []
    })
    // What the liars themselves sent was read once by each victim; nobody said it again.
    const counts = new Map<string, number>()
    for (const each of passed) counts.set(each, (counts.get(each) ?? 0) + 1)
    expect(told.filter(each => (counts.get(each) ?? 0) > 3)).toEqual([])
    expect(told.filter(each => counts.get(each) === 3).length).toBeGreaterThan(900)
    expect(world.unhealthy()).toEqual([])
    for (const node of world.nodes) expect(node.table.health().missing.length).toBeLessThan(1_000)
    // Those who live at the honest addresses are still there.
    world.network.cut('n5')
    await world.health(60_000)
    expect(world.dials.filter(([, to]) => to.includes('10.0.'))).toEqual([])
    await world.stop()
    expect(world.clock.pending).toBe(0)
  })
})

/** A part of it unless `SKEP_LONG` is set. */
const FLOOD = process.env.SKEP_LONG === undefined ? 50_000 : 1_000_000

describe('a flood of addresses', () => {
  test('from three hundred peers leave every table within its bound', () => {
    const random = new SeededRandom(9)
    const clock = new VirtualClock()
    const table = new Kademlia<PeerRecord, HivePeer>({ base: random.bytes(32), clock, random })
    // Without the token buckets, which would let through a fraction of this.
    const limits = limitsOf({ gossipBurst: 1e9, messageBurst: 1e9, inboundShare: 1 })
    const core = new HiveCore<HivePeer>({ table, random }, limits)
    const peers = Array.from({ length: 300 }, () => peer(random.bytes(32)))
    for (const each of peers) {
      core.step(0, { type: 'join', peer: each })
      core.step(0, { type: 'open', peer: each })
    }
    const random32 = (): Uint8Array => random.bytes(32)
    for (let i = 0; i < FLOOD / 30; i++) {
      const records = Array.from({ length: 30 }, () => wire({ overlay: random32(), underlays: [`tcp://127.0.0.1:${random.integer(65_535) + 1}`] }))
      core.step(i, { type: 'peers', from: peers[i % 300]!, records })
    }
    expect(table.known().length).toBeLessThanOrEqual(2_048)
    const { known, told } = core.counts
    expect(known).toBeLessThanOrEqual(2 * limits.maxBook)
    expect(told).toBeLessThanOrEqual(300 * limits.maxTold)
  })
})
