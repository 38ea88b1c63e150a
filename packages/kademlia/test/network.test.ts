import { describe, expect, test } from 'vitest'
import { Network } from './network.ts'

describe('a network of tables', () => {
  test.each([[2, 1], [3, 2], [8, 3], [8, 4], [64, 5], [64, 6]])('%i nodes that know one of them are healthy within a few rounds (seed %i)', async (size, seed) => {
    const network = new Network(seed, size)
    const [first, ...others] = network.tables
    for (const table of others) table.register([{ overlay: first!.base }])
    let rounds = 0
    while (!network.healthy()) {
      expect(rounds++, 'rounds').toBeLessThan(10)
      network.round()
      await network.clock.advance(500)
    }
    // Nobody is dialled that is connected, so a healthy network without sparse bins is quiet.
    expect(network.dials).toBeLessThan(size * size)
  })

  test('neighbours find a node again within half a minute of its return', async () => {
    const network = new Network(7, 16)
    const [first, second, ...others] = network.tables
    for (const table of [second!, ...others]) table.register([{ overlay: first!.base }])
    for (let i = 0; i < 6; i++) {
      network.round()
      await network.clock.advance(500)
    }
    expect(network.healthy()).toBe(true)
    network.kill(second!)
    for (let i = 0; i < 600; i++) {
      network.round()
      await network.clock.advance(1_000)
    }
    network.down.delete(second!)
    // It forgets whom it knew, so that it is for the others to come.
    for (const [{ overlay }] of second!.known()) second!.forget(overlay)
    for (let i = 0; i < 35; i++) {
      network.round()
      await network.clock.advance(1_000)
    }
    expect(network.healthy()).toBe(true)
  })
})
