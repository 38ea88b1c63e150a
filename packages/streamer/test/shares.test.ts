import { expect, test } from 'vitest'
import { body, id, Link, Node, Shelf, VirtualClock } from './harness.ts'

/** Bytes per second, so little that everything waits. */
const BANDWIDTH = 1_000_000
/** Milliseconds that are counted. */
const SPAN = 4_000

/** What history, live and requests bring in together, in bytes, with `rate` live items each 20 ms, and how long requests take at most. */
async function busy (sizes: { history: number, live: number, request: number }, rate: number): Promise<{ history: number, live: number, request: number, longest: number }> {
  const clock = new VirtualClock()
  const old = new Shelf()
  const fresh = new Shelf()
  for (let n = 1; n <= 20_000; n++) old.add(id(n, 1), body(id(n, 1), sizes.history))
  const got = { history: 0, live: 0, request: 0, longest: 0 }
  const taking = { old: new Shelf(), fresh: new Shelf() }
  taking.old.refuse = () => { got.history += sizes.history; return undefined }
  taking.fresh.refuse = () => { got.live += sizes.live; return undefined }
  const a = new Node(1, clock, old, {}, [old.type('OLD'), fresh.type('FRESH')])
  const b = new Node(2, clock, taking.old, {}, [taking.old.type('OLD'), taking.fresh.type('FRESH')])
  a.streamer.onRequest(async (_peer, address) => body(address, sizes.request))
  const link = new Link(a, b, { latency: 1, bandwidth: BANDWIDTH, window: 64 * 1024 })
  // History that is there, and live items that come.
  b.streamer.subscribe(link.toA, 'OLD', 'x', { live: false })
  b.streamer.subscribe(link.toA, 'FRESH', 'x', { history: false })
  await clock.advance(200)
  let items = 0
  let requests = 0
  let over = false
  const adding = (): void => {
    for (let n = 0; n < rate; n++) fresh.add(id(++items, 2), body(id(items, 2), sizes.live))
    if (!over) clock.after(20, adding)
  }
  const asking = async (): Promise<void> => {
    while (!over) {
      const start = clock.now()
      await b.streamer.fetch(id(++requests, 3), { candidates: [link.toA], accept: () => true })
      got.request += sizes.request
      got.longest = Math.max(got.longest, clock.now() - start)
    }
  }
  adding()
  for (let n = 0; n < 32; n++) asking().catch(() => {})
  await clock.advance(2_000)
  Object.assign(got, { history: 0, live: 0, request: 0, longest: 0 })
  await clock.advance(SPAN)
  over = true
  const result = { ...got }
  await Promise.all([a.streamer.stop(), b.streamer.stop(), clock.advance(2_000)])
  return result
}

test('small history keeps its part of the bytes while larger live items and requests wait', async () => {
  const { history, live, request } = await busy({ history: 200, live: 4_104, request: 4_104 }, 40)
  const all = history + live + request
  // Requests, live and history stand 8 : 4 : 2; ids and envelopes count as well.
  expect(history / all).toBeGreaterThan(0.1)
  expect(live).toBeGreaterThan(history)
  expect(request).toBeGreaterThan(live)
  expect(all).toBeGreaterThan(0.8 * BANDWIDTH * SPAN / 1_000)
})

test('small live items and requests overtake history of larger ones', async () => {
  const { history, live, longest } = await busy({ history: 4_104, live: 200, request: 200 }, 20)
  // All that is new goes through at once, history takes the rest.
  expect(live).toBeGreaterThan(0.95 * 20 * 50 * 200 * SPAN / 1_000)
  // The window of the conn, and two messages of history, take 120 ms.
  expect(longest).toBeLessThan(125)
  expect(history).toBeGreaterThan(0.3 * BANDWIDTH * SPAN / 1_000)
})
