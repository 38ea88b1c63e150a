import { expect, test } from 'vitest'
import { body, id, Link, Node, nothingLeft, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const ids = (from: number, count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => id(from + i))

/** Items of 4 KiB, so that a batch takes a while over a slow link. */
function large (count: number): Shelf {
  const shelf = new Shelf()
  for (let n = 1; n <= count; n++) shelf.add(id(n), body(id(n), 4_096))
  return shelf
}

/** Bytes that a conn takes before its remote has read them. */
const WINDOW = 64 * 1024
/** Items that a source reads and hands to the conn at a time, and those of the message that passes the window. */
const READ = 56 + 7

for (const at of [30, 120, 400, 1_000, 2_000, 2_013]) {
  test(`a signal ends a subscription at once, and the peer stops sending (aborted after ${at} ms)`, async () => {
    const clock = new VirtualClock()
    const a = new Node(1, clock, large(2_000))
    const b = new Node(2, clock)
    const link = new Link(a, b, { latency: 25, bandwidth: 200_000, window: WINDOW })
    const stop = new AbortController()
    const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x', { signal: stop.signal })
    await clock.advance(at)
    const before = b.streamer.counters
    stop.abort(new Error('enough'))
    expect(subscription.active).toBe(false)
    expect(await subscription.ended).toBe('closed')
    expect(b.streamer.handles).toMatchObject({ subscriptions: 0, items: 0, asks: 0 })

    // As soon as it hears of it, nothing of it is kept.
    await clock.advance(60)
    expect(a.streamer.handles.sources).toBe(0)
    // What a peer has offered is remembered for a minute.
    await clock.advance(60_000)
    const { bodiesReceived, bodiesStored, unsolicited } = b.streamer.counters
    expect(bodiesReceived - before.bodiesReceived).toBeLessThanOrEqual(WINDOW / 4_096 + READ)
    expect([bodiesStored - before.bodiesStored, unsolicited]).toEqual([0, 0])
    expect(b.streamer.handles).toMatchObject({ peers: 1, subscriptions: 0, items: 0, asks: 0, timers: 0 })
    expect(a.streamer.handles).toMatchObject({ peers: 1, sources: 0 })

    // It may begin again, and nothing is lost.
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(60_000)
    expect(b.shelf.items.size).toBe(2_000)
    link.cut()
    await link.ran
    expect([nothingLeft(a.streamer), nothingLeft(b.streamer)]).toEqual([true, true])
  })
}

test('a subscription that is cancelled before the cursor came leaves nothing at the peer', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, large(300))
  const b = new Node(2, clock)
  const link = new Link(a, b, { latency: 50 })
  for (const at of [0, 10, 60, 99]) {
    const stop = new AbortController()
    const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x', { signal: stop.signal })
    await clock.advance(at)
    stop.abort(new Error('enough'))
    expect(await subscription.ended).toBe('closed')
    await clock.advance(500)
    expect([a.streamer.handles.sources, b.streamer.handles.subscriptions, b.streamer.handles.timers], `at ${at}`).toEqual([0, 0, 0])
  }
  expect(b.streamer.counters.idsOffered).toBe(0)
  // One after the other without a pause, too.
  const first = new AbortController()
  b.streamer.subscribe(link.toA, 'SHELF', 'x', { signal: first.signal })
  await clock.advance(30)
  first.abort(new Error('enough'))
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(5_000)
  expect(b.shelf.items.size).toBe(300)
  expect(b.streamer.counters.duplicates).toBe(0)
})

test('a subscription that is paused is cancelled like any other', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, large(600))
  const b = new Node(2, clock)
  const link = new Link(a, b, { latency: 10, bandwidth: 1_000_000 })
  const stop = new AbortController()
  const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x', { signal: stop.signal })
  await clock.advance(200)
  subscription.pause()
  await clock.advance(5_000)
  expect(b.streamer.counters.idsOffered).toBeGreaterThan(b.shelf.items.size)
  stop.abort(new Error('enough'))
  expect(await subscription.ended).toBe('closed')
  await clock.advance(60_000)
  expect([a.streamer.handles.sources, b.streamer.handles.items, b.streamer.handles.timers]).toEqual([0, 0, 0])
})

test('one that is closed takes what is under way, and a signal ends the wait for that', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, large(2_000))
  const b = new Node(2, clock)
  const link = new Link(a, b, { latency: 25, bandwidth: 200_000, window: WINDOW })
  const stop = new AbortController()
  const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x', { signal: stop.signal })
  await clock.advance(1_000)
  subscription.close()
  await clock.advance(1_000)
  expect(b.streamer.handles.subscriptions).toBe(1)
  const { bodiesStored } = b.streamer.counters
  expect(bodiesStored).toBeGreaterThan(60)
  stop.abort(new Error('enough'))
  expect(await subscription.ended).toBe('closed')
  await clock.advance(60_000)
  expect(b.streamer.counters.bodiesReceived - bodiesStored).toBeLessThanOrEqual(WINDOW / 4_096 + READ)
  expect([a.streamer.handles.sources, b.streamer.handles.subscriptions, b.streamer.handles.asks, b.streamer.handles.timers]).toEqual([0, 0, 0, 0])
})

test('what was asked of a peer whose stream is cancelled is asked of the next who offered it', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const silent = new Scripted(b, 1).cursors(100)
  const stop = new AbortController()
  b.streamer.subscribe(silent.peer, 'SHELF', 'x', { signal: stop.signal })
  await clock.settle()
  silent.offer(false, 1, 100, ids(1, 100))
  await clock.settle()
  const good = new Node(2, clock, new Shelf().fill(1, 100))
  good.streamer.onRequest(async (_peer, address) => good.shelf.items.get(text(address)))
  const link = new Link(good, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(200)
  expect(b.shelf.items.size).toBe(0)
  stop.abort(new Error('enough'))
  await clock.advance(50)
  expect(b.shelf.items.size).toBe(100)
  expect(silent.all('CancelStreamMsg')).toEqual([{ Name: 'SHELF', Key: 'x' }])
  expect(silent.all('UnsubscribeMsg').map(({ Stream }) => Stream.Live)).toEqual([true, false])
})

test.each([true, false])('bodies that were on their way when a stream was cancelled are no fault (native: %s)', async native => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, undefined, { limits: { maxUnsolicited: 3 } })
  const peer = new Scripted(node, 1, native)
  if (native) peer.cursors(100)
  const stop = new AbortController()
  node.streamer.subscribe(peer.peer, 'SHELF', 'x', { signal: stop.signal })
  await clock.settle()
  peer.offer(false, native ? 1 : 0, 100, ids(1, 100))
  await clock.settle()
  stop.abort(new Error('enough'))
  await clock.settle()
  // An old peer cannot be told more than that it is over; both are told at once.
  expect(peer.all('UnsubscribeMsg').map(({ Stream }) => Stream.Live)).toEqual([true, false])
  for (const one of ids(1, 100)) peer.say('ChunkDeliveryMsg', { Addr: one, SData: body(one) })
  await clock.settle()
  expect([peer.over, node.shelf.items.size, node.streamer.counters.unsolicited]).toEqual([false, 0, 0])
  // Once each.
  for (const one of ids(1, 4)) peer.say('ChunkDeliveryMsg', { Addr: one, SData: body(one) })
  await clock.settle()
  expect(await peer.ended).toBe('STREAMER_LIMIT')
})

test('a peer is told once, and may cancel what was never begun', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 300))
  const peer = new Scripted(node, 1)
  peer.whisper('CancelStreamMsg', { Name: 'SHELF', Key: 'x' })
  peer.whisper('CancelStreamMsg', { Name: 'NOBODY KNOWS', Key: '' })
  await clock.settle()
  expect(peer.heard.filter(({ name }) => name !== 'SubscribeMsg')).toEqual([])
  peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: true }, History: { From: 1n, To: 300n }, Priority: 2 })
  await clock.settle()
  peer.whisper('CancelStreamMsg', { Name: 'SHELF', Key: 'x' })
  await clock.settle()
  // The Unsubscribe that comes after it is of nothing.
  for (const Live of [true, false]) peer.say('UnsubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live } })
  await clock.settle()
  expect(peer.all('QuitMsg').map(({ Stream }) => Stream.Live)).toEqual([true, false])
  expect([node.streamer.handles.sources, node.shelf.waiting, peer.over]).toEqual([0, 0, false])
})
