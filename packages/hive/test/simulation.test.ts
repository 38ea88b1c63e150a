import { describe, expect, test } from 'vitest'
import { World } from './world.ts'

const SHAPES = {
  line: (i: number) => i === 0 ? [] : [`n${i - 1}`],
  star: (i: number) => i === 0 ? [] : ['n0'],
  ring: (i: number, count: number) => [`n${(i + 1) % count}`]
}

describe('sixty-four nodes', () => {
  test.each(Object.entries(SHAPES))('that begin as a %s come to health, and are quiet then', async (name, bootnodes) => {
    const world = new World(64)
    const nodes = Array.from({ length: 64 }, () => world.add())
    await Promise.all(nodes.map((node, i) => node.start(bootnodes(i, 64))))
    const took = await world.health(60_000)
    const sessions = world.network.size
    const messages = world.messages
    console.log(name, took, 'ms', sessions, 'sessions', messages, 'messages', world.dials.length, 'dials')
    await world.clock.advance(60_000)
    const settled = world.messages
    await world.clock.advance(60_000)
    console.log('then', world.network.size, 'sessions', (world.messages - settled) / world.network.size / 2, 'messages per peer and minute')
    expect(world.unhealthy()).toEqual([])
    expect(world.faults).toEqual([])
    await world.stop()
    expect(world.network.size).toBe(0)
    expect(world.clock.pending).toBe(0)
  })
})
