import { expect, test } from 'vitest'
import { body, id, Link, Node, Shelf, VirtualClock } from './harness.ts'

/** Bytes per second of a link of 100 Mbit/s. */
const BANDWIDTH = 12_500_000

function shelf (count: number): Shelf {
  const shelf = new Shelf()
  for (let n = 1; n <= count; n++) shelf.add(id(n), body(id(n), 4_104))
  return shelf
}

test('a history over 50 ms of round trip uses at least 80 % of a link of 100 Mbit/s', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, shelf(5_000))
  const b = new Node(2, clock)
  const link = new Link(a, b, { latency: 25, bandwidth: BANDWIDTH, window: 256 * 1024 * 8 })
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  const start = clock.now()
  await clock.until(() => b.shelf.items.size === 5_000)
  const seconds = (clock.now() - start) / 1_000
  const used = 5_000 * 4_104 / seconds / BANDWIDTH
  expect(used).toBeGreaterThan(0.8)
})

test('nine peers that offer the same bring it nearly as fast as one', async () => {
  const time = async (peers: number): Promise<number> => {
    const clock = new VirtualClock()
    const b = new Node(99, clock)
    for (let n = 1; n <= peers; n++) {
      const link = new Link(new Node(n, clock, shelf(3_000)), b, { latency: 25, bandwidth: BANDWIDTH, window: 256 * 1024 * 8 })
      b.streamer.subscribe(link.toA, 'SHELF', 'x')
    }
    const start = clock.now()
    await clock.until(() => b.shelf.items.size === 3_000)
    expect(b.streamer.counters.bodiesReceived).toBe(3_000)
    return clock.now() - start
  }
  const one = await time(1)
  const nine = await time(9)
  expect(one / nine).toBeGreaterThan(0.8)
})
