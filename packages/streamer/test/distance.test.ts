import { pair } from '@skep/conn-memory'
import { SeededRandom } from '@skep/sim'
import { nativeSpec, streamSpec } from '@skep/streamer'
import { createSession } from '@skep/wire'
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

test('the same through sessions, with their windows as they are by default', async () => {
  const clock = new VirtualClock()
  const [a, b] = [new Node(1, clock, shelf(5_000)), new Node(2, clock)]
  // What lies below, a socket for one, is not what holds it back.
  const conns = pair({ clock, latency: 25, bandwidth: BANDWIDTH, window: 4 * 1024 * 1024, maxMessageSize: 256 * 1024 })
  const capabilities = [streamSpec, nativeSpec].map(({ name, version }) => ({ name, version }))
  const opening = Promise.all(conns.map(async (conn, n) => createSession(conn, {
    clock,
    random: new SeededRandom(n),
    id: new Uint8Array(64).fill(n + 1),
    client: 'test',
    capabilities,
    initiator: n === 0
  })))
  await clock.advance(100)
  const sessions = await opening
  const peers = [a, b].map((node, n) => ({ key: String(n), overlay: node.overlay, light: false }))
  const ran = Promise.allSettled([a, b].map(async (node, n) => {
    const [stream, native] = capabilities.map(protocol => sessions[n]!.open(protocol))
    await node.streamer.run(peers[1 - n]!, { stream: stream!, native: native! })
  }))
  b.streamer.subscribe(peers[0]!, 'SHELF', 'x')
  const start = clock.now()
  await clock.until(() => b.shelf.items.size === 5_000)
  const seconds = (clock.now() - start) / 1_000
  expect(5_000 * 4_104 / seconds / BANDWIDTH).toBeGreaterThan(0.8)
  await Promise.all([a, b].map(async ({ streamer }) => streamer.stop()))
  await Promise.all([...sessions.map(async session => session.close()), clock.advance(2_000)])
  await ran
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
