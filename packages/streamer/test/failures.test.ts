import { StreamerError, type StreamType, type Subscription } from '@skep/streamer'
import { describe, expect, test } from 'vitest'
import { body, id, Link, Node, nothingLeft, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const ids = (from: number, count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => id(from + i))

test('an item that the peer has no more does not stall the stream, and its index stays open', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 400))
  a.shelf.lie = one => text(one) === text(id(200)) ? undefined : 'truth'
  const b = new Node(2, clock)
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(500)
  expect(b.shelf.items.size).toBe(399)
  const covered = (): unknown => b.streamer.status()[0]?.covered
  expect(covered()).toEqual([[1, 199], [201, 400]])
  a.shelf.fill(401, 450)
  await clock.advance(500)
  expect(b.shelf.items.size).toBe(449)

  // Asked for again, with growing waits, five times; then every five minutes, less up to a quarter.
  await clock.advance(60_000)
  expect(b.streamer.counters.idsOffered).toBe(450 + 5)
  await clock.advance(3_600_000)
  expect(b.streamer.counters.idsOffered).toBeGreaterThanOrEqual(450 + 5 + 12)
  expect(b.streamer.counters.idsOffered).toBeLessThanOrEqual(450 + 5 + 16)
  expect(b.streamer.handles.timers).toBe(1)

  // It is there again in the next session.
  a.shelf.lie = () => 'truth'
  link.cut()
  await link.ran
  const again = new Link(a, b)
  b.streamer.subscribe(again.toA, 'SHELF', 'x')
  await clock.advance(500)
  expect(b.shelf.has(200)).toBe(true)
  expect(covered()).toEqual([[1, 450]])
})

test('what comes back in time is fetched by a retry of the same session', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 400))
  let broken = true
  a.shelf.lie = one => broken && one[31]! % 3 === 0 ? undefined : 'truth'
  const b = new Node(2, clock)
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(500)
  expect(b.shelf.items.size).toBeLessThan(400)
  broken = false
  await clock.advance(10_000)
  expect(b.shelf.items.size).toBe(400)
  expect(b.streamer.status().map(({ covered, synced }) => [covered, synced])).toEqual([[[[1, 400]], true], [[], true]])
})

for (const [how, lie] of [['has it no more', undefined], ['lies', body(id(9_999))]] as const) {
  test(`the second source is asked when the first ${how}`, async () => {
    const clock = new VirtualClock()
    const b = new Node(9, clock)
    const bad = new Node(1, clock, new Shelf().fill(1, 100))
    bad.shelf.lie = one => text(one) === text(id(50)) ? lie : 'truth'
    const good = new Node(2, clock, new Shelf().fill(1, 100))
    good.streamer.onRequest(async (_peer, address) => good.shelf.items.get(text(address)))
    const links = [bad, good].map(a => new Link(a, b, { latency: 5 }))
    for (const link of links) b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(400)
    expect(b.shelf.items.size).toBe(100)
    const rows = b.streamer.status()
    expect(rows.every(({ synced }) => synced)).toBe(true)
    expect(b.streamer.counters.bodiesStored).toBe(100)
  })
}

test('a first source that never delivers is replaced within its patience', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const silent = new Scripted(b, 1).cursors(100)
  b.streamer.subscribe(silent.peer, 'SHELF', 'x')
  await clock.settle()
  silent.offer(false, 1, 100, ids(1, 100))
  await clock.settle()
  expect(silent.all('WantedHashesMsg').length).toBe(1)
  const good = new Node(2, clock, new Shelf().fill(1, 100))
  good.streamer.onRequest(async (_peer, address) => good.shelf.items.get(text(address)))
  const link = new Link(good, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(9_000)
  expect(b.shelf.items.size).toBe(0)
  await clock.advance(1_500)
  expect(b.shelf.items.size).toBe(100)
  // The silent one's stream is covered too: what it offered is here.
  expect(b.streamer.status().filter(({ stream }) => stream === 'SHELF|x|h').map(({ covered }) => covered)).toEqual([[[1, 100]], [[1, 100]]])
})

test('a first source that delivers all but one is replaced for that one, however busy it is', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const busy = new Scripted(b, 1).cursors(100_000)
  b.streamer.subscribe(busy.peer, 'SHELF', 'x')
  await clock.settle()
  const good = new Node(2, clock, new Shelf().fill(1, 1))
  good.streamer.onRequest(async (_peer, address) => good.shelf.items.get(text(address)))
  let next = 1
  const more = (): void => {
    busy.offer(false, next, next + 99, ids(next, 100))
    next += 100
  }
  more()
  await clock.settle()
  const link = new Link(good, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  // Never silent for long, and never the first.
  for (let n = 2; n <= 100; n++) {
    busy.say('ChunkDeliveryMsg', { Addr: id(n), SData: body(id(n)) })
    await clock.advance(40)
    if (n % 50 === 0 && n < 100) more()
  }
  await clock.advance(100)
  expect(b.shelf.has(1)).toBe(true)
})

test('a first source that goes is replaced at once', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const silent = new Scripted(b, 1).cursors(100)
  b.streamer.subscribe(silent.peer, 'SHELF', 'x')
  await clock.settle()
  silent.offer(false, 1, 100, ids(1, 100))
  await clock.settle()
  const good = new Node(2, clock, new Shelf().fill(1, 100))
  good.streamer.onRequest(async (_peer, address) => good.shelf.items.get(text(address)))
  const link = new Link(good, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(200)
  expect(b.shelf.items.size).toBe(0)
  silent.leave()
  await clock.advance(50)
  expect(b.shelf.items.size).toBe(100)
  expect(b.streamer.counters.duplicates).toBe(0)
})

test('an item that came while the sink was being asked about it is not asked for again', async () => {
  const clock = new VirtualClock()
  const shelf = new Shelf()
  const type = shelf.type()
  let questions = 0
  const node = new Node(9, clock, shelf, {}, [{
    ...type,
    sink: (peer, key) => {
      const sink = type.sink!(peer, key)!
      return {
        ...sink,
        need: async (ids, options) => {
          const needed = await sink.need(ids, options)
          // The second answer is old when it is given.
          if (++questions === 2) await new Promise<void>(resolve => { clock.after(100, resolve) })
          return needed
        }
      }
    }
  }])
  const peers = [1, 2].map(n => new Scripted(node, n).cursors(10))
  for (const { peer } of peers) node.streamer.subscribe(peer, 'SHELF', 'x')
  await clock.settle()
  for (const peer of peers) peer.offer(false, 1, 10, ids(1, 10))
  await clock.settle()
  for (const one of ids(1, 10)) peers[0]!.say('ChunkDeliveryMsg', { Addr: one, SData: body(one) })
  await clock.advance(1_000)
  expect([...peers[1]!.all('WantedHashesMsg')[0].Want]).toEqual([0, 0])
  expect(node.streamer.status().filter(({ stream }) => stream.endsWith('h')).map(({ covered }) => covered)).toEqual([[[1, 10]], [[1, 10]]])
})

test('a peer that has less than was recorded of the same epoch is followed afresh', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 100))
  const b = new Node(2, clock)
  const { IntervalsStore } = await import('@skep/intervals-store')
  await new IntervalsStore(b.store).seal([{ id: { peer: text(a.overlay), stream: 'SHELF|x', epoch: 'one' }, from: 1, to: 500 }])
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(1_000)
  expect(b.shelf.items.size).toBe(100)
  expect(String(await new IntervalsStore(b.store).get({ peer: text(a.overlay), stream: 'SHELF|x', epoch: 'one' }))).toBe('[[1 100]]')
})

test('an old peer that repeats its last item, live and in history, is the one that it was', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 5))
  const { IntervalsStore } = await import('@skep/intervals-store')
  const old = { overlay: id(1, 0xeeee) }
  await new IntervalsStore(node.store).seal([{ id: { peer: text(old.overlay), stream: 'SHELF|x', epoch: '' }, from: 0, to: 5, mark: { index: 5, id: id(5) } }])
  const peer = new Scripted(node, 1, false)
  node.streamer.subscribe(peer.peer, 'SHELF', 'x')
  await clock.settle()
  expect(peer.all('SubscribeMsg').at(-1).History).toEqual({ From: 5n, To: 0n })
  peer.offer(true, 5, 5, ids(5, 1))
  await clock.settle()
  peer.offer(false, 5, 5, ids(5, 1))
  await clock.advance(30_000)
  expect(peer.all('SubscribeMsg').length).toBe(2)
  expect(peer.all('UnsubscribeMsg').map(({ Stream }) => Stream.Live)).toEqual([false])
  expect(peer.over).toBe(false)
})

test('a store of ours that fails blames nobody, and the items are tried again', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 300))
  const b = new Node(2, clock)
  let full = true
  b.shelf.refuse = one => full && one[31]! % 2 === 0 ? new StreamerError('STREAMER_SINK_FAILED', 'no space') : undefined
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(500)
  expect(b.streamer.handles.peers).toBe(1)
  full = false
  await clock.advance(10_000)
  expect(b.shelf.items.size).toBe(300)
  expect(b.streamer.counters.bodiesInvalid).toBe(0)
})

test('what is covered is never more than what is durable, whenever the process ends', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 600))
  for (let end = 1; end < 60; end++) {
    const shelf = new Shelf()
    shelf.slow = 3
    const b = new Node(2, clock, shelf)
    const link = new Link(a, b, { latency: 1, bandwidth: 4_000_000 })
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(end / 4)
    const { IntervalsStore } = await import('@skep/intervals-store')
    for (const { intervals } of await new IntervalsStore(b.store).list()) {
      for (const [from, to] of intervals) for (let n = from; n <= to; n++) expect(shelf.has(Number(n)), `index ${n} at ${end}`).toBe(true)
    }
    link.cut()
    await link.ran
  }
})

describe('ending', () => {
  test('unsubscribe ends both halves at both ends, and subscribing again goes on', async () => {
    const clock = new VirtualClock()
    const a = new Node(1, clock, new Shelf().fill(1, 2_000))
    const b = new Node(2, clock)
    const link = new Link(a, b, { latency: 5, bandwidth: 1_000_000 })
    const ends: string[] = []
    for (let round = 0; round < 10; round++) {
      const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x')
      expect(b.streamer.subscribe(link.toA, 'SHELF', 'x')).toBe(subscription)
      await clock.advance(40)
      b.streamer.unsubscribe(link.toA, 'SHELF', 'x')
      expect(subscription.active).toBe(false)
      void subscription.ended.then(end => { ends.push(end) })
      a.shelf.add(id(3_000 + round))
      if (round % 2 === 0) await clock.advance(60)
    }
    await clock.advance(1_000)
    expect(ends).toEqual(Array.from({ length: 10 }, () => 'closed'))
    expect([a.streamer.handles.sources, b.streamer.handles.subscriptions]).toEqual([0, 0])
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(10_000)
    expect(b.shelf.items.size).toBe(2_010)
    expect(b.streamer.counters).toMatchObject({ bodiesReceived: 2_010, duplicates: 0 })
    expect(b.streamer.handles.peers).toBe(1)
  })

  test('a bounded history ends by itself', async () => {
    const clock = new VirtualClock()
    const a = new Node(1, clock, new Shelf().fill(1, 300))
    const b = new Node(2, clock)
    const link = new Link(a, b)
    const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x', { live: false })
    await clock.advance(500)
    expect(await subscription.ended).toBe('done')
    expect(b.shelf.items.size).toBe(300)
    a.shelf.fill(301, 310)
    await clock.advance(5_000)
    expect(b.shelf.items.size).toBe(300)
    expect([a.streamer.handles.sources, b.streamer.handles.subscriptions]).toEqual([0, 0])
  })

  test('live alone begins with the first item after', async () => {
    const clock = new VirtualClock()
    const a = new Node(1, clock, new Shelf().fill(1, 300))
    const b = new Node(2, clock)
    const link = new Link(a, b)
    b.streamer.subscribe(link.toA, 'SHELF', 'x', { history: false })
    await clock.advance(500)
    a.shelf.fill(301, 310)
    await clock.advance(500)
    expect(b.shelf.items.size).toBe(10)
  })

  test('quit by the serving side ends the subscription, which may begin again', async () => {
    const clock = new VirtualClock()
    const a = new Node(1, clock, new Shelf().fill(1, 10))
    const b = new Node(2, clock)
    const link = new Link(a, b)
    const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(500)
    a.streamer.quit(link.toB, 'SHELF', 'x')
    a.streamer.quit(link.toB, 'SHELF', 'x')
    await clock.advance(500)
    expect(await subscription.ended).toBe('quit')
    expect(a.streamer.handles.sources).toBe(0)
    a.shelf.fill(11, 20)
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(500)
    expect(b.shelf.items.size).toBe(20)
  })

  test('a stream that the peer does not serve is refused, and the connection stays', async () => {
    const clock = new VirtualClock()
    const a = new Node(1, clock, new Shelf(), {}, [])
    const b = new Node(2, clock)
    const link = new Link(a, b)
    const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(500)
    expect(await subscription.ended).toBe('refused')
    expect(b.streamer.handles.peers).toBe(1)
  })

  test('stop ends everything within its time, whatever is under way', async () => {
    for (let at = 0; at < 30; at++) {
      const clock = new VirtualClock()
      const a = new Node(1, clock, new Shelf().fill(1, 2_000))
      const b = new Node(2, clock)
      const link = new Link(a, b, { latency: 3, bandwidth: 500_000 })
      b.streamer.subscribe(link.toA, 'SHELF', 'x')
      const fetched = b.streamer.fetch(id(5_000), { candidates: [link.toA], accept: () => true }).catch((error: { code: string }) => error.code)
      await clock.advance(at * 2)
      const stopped = b.streamer.stop()
      await clock.advance(5_000)
      await stopped
      expect(['STREAMER_CLOSED', 'STREAMER_NOT_FOUND']).toContain(await fetched)
      expect(nothingLeft(b.streamer)).toBe(true)
      expect(nothingLeft(a.streamer)).toBe(true)
      expect(() => b.streamer.subscribe(link.toA, 'SHELF', 'x')).toThrow(expect.objectContaining({ code: 'STREAMER_CLOSED' }))
      expect(a.shelf.waiting).toBe(0)
      expect(clock.pending).toBe(0)
      await link.ran
    }
  })
})

test('a subscription made before the peer runs begins when it does', async () => {
  const clock = new VirtualClock()
  const b = new Node(2, clock)
  const peer = { key: 'early', overlay: id(7), light: false }
  const subscription = b.streamer.subscribe(peer, 'SHELF', 'x')
  const { pair } = await import('@skep/conn-memory')
  const a = new Node(1, clock, new Shelf().fill(1, 10))
  const [sa, sb] = pair()
  const [na, nb] = pair()
  void a.streamer.run({ key: 'b', overlay: id(2), light: false }, { stream: sa, native: na }).catch(() => {})
  void b.streamer.run(peer, { stream: sb, native: nb }).catch(() => {})
  await clock.advance(500)
  expect(b.shelf.items.size).toBe(10)
  expect(subscription.active).toBe(true)
})

test('an old peer that asks us to subscribe is heeded when it makes sense, and never told off', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  node.streamer.onSubscriptionRequest((_peer, _name, key) => key === 'good')
  const old = new Scripted(node, 1, false)
  for (const key of ['bad', 'good', 'good']) {
    old.say('RequestSubscriptionMsg', { Stream: { Name: 'SHELF', Key: key, Live: true }, History: { From: 0n, To: 0n }, Priority: 2 })
  }
  await clock.settle()
  expect(old.all('SubscribeMsg').map(({ Stream }) => `${Stream.Name}|${Stream.Key}`)).toEqual(['RETRIEVE_REQUEST|', 'SHELF|good'])
})

test('an old peer is asked to subscribe once', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 3))
  const old = new Scripted(node, 1, false)
  node.streamer.requestSubscription(old.peer, 'SHELF', 'x')
  await clock.settle()
  const [{ Stream, History, Priority }] = old.all('RequestSubscriptionMsg')
  expect([Stream, History, Priority]).toEqual([{ Name: 'SHELF', Key: 'x', Live: true }, { From: 0n, To: 0n }, 2])
  old.say('SubscribeMsg', { Stream, History, Priority })
  await clock.settle()
  node.streamer.requestSubscription(old.peer, 'SHELF', 'x')
  await clock.settle()
  expect(old.all('RequestSubscriptionMsg').length).toBe(1)
  // From 0, as the original reports what it was asked for.
  expect(old.all('OfferedHashesMsg').map(({ From, To, Stream }) => [From, To, Stream.Live])).toEqual([[0n, 3n, false]])
})

test('an old peer is not told that a stream is over, and not asked for it twice: it would hang up', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 300))
  const old = new Scripted(node, 1, false)
  const Stream = { Name: 'SHELF', Key: 'x' }
  const history = { ...Stream, Live: false }
  const offers = (): number[] => old.all('OfferedHashesMsg').map(({ To }) => Number(To))
  node.streamer.requestSubscription(old.peer, 'SHELF', 'x')
  await clock.settle()
  // It has not followed yet.
  node.streamer.quit(old.peer, 'SHELF', 'x')
  node.streamer.requestSubscription(old.peer, 'SHELF', 'x')
  old.say('SubscribeMsg', { Stream: { ...Stream, Live: true }, History: { From: 0n, To: 0n }, Priority: 2 })
  await clock.settle()
  expect(offers()).toEqual([128])
  node.streamer.quit(old.peer, 'SHELF', 'x')
  old.say('WantedHashesMsg', { Stream: history, Want: new Uint8Array(17).fill(255), From: 129n, To: (1n << 64n) - 1n })
  node.shelf.fill(301, 310)
  await clock.advance(60_000)
  // What it wants of the last offer it gets, and no other offer.
  expect(old.all('ChunkDeliveryMsg').length).toBe(128)
  expect(offers()).toEqual([128])
  node.streamer.requestSubscription(old.peer, 'SHELF', 'x')
  await clock.settle()
  expect(offers().sort((a, b) => a - b)).toEqual([128, 256, 310])
  expect(old.all('RequestSubscriptionMsg').length).toBe(1)
  expect(old.all('QuitMsg')).toEqual([])
  old.leave()
  await clock.settle()
  expect(nothingLeft(node.streamer)).toBe(true)
})

test('an old peer hears nothing of a stream whose source fails', async () => {
  const clock = new VirtualClock()
  const shelf = new Shelf().fill(1, 3)
  const type = shelf.type()
  const node = new Node(1, clock, shelf, {}, [{ ...type, source: (peer, key) => ({ ...type.source!(peer, key)!, cursor: async () => { throw new Error('no') } }) }])
  const old = new Scripted(node, 1, false)
  node.streamer.requestSubscription(old.peer, 'SHELF', 'x')
  await clock.settle()
  old.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: true }, History: { From: 0n, To: 0n }, Priority: 2 })
  await clock.advance(1_000)
  node.streamer.requestSubscription(old.peer, 'SHELF', 'x')
  await clock.settle()
  expect(old.all('RequestSubscriptionMsg')).toEqual([])
  expect([...old.all('QuitMsg'), ...old.all('SubscribeErrorMsg')]).toEqual([])
  expect(old.over).toBe(false)
})

test('an old peer that says Quit serves on, and what it serves is taken', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const old = new Scripted(node, 1, false)
  const subscription = node.streamer.subscribe(old.peer, 'SHELF', 'x')
  await clock.settle()
  for (const Live of [true, false, true]) old.say('QuitMsg', { Stream: { Name: 'SHELF', Key: 'x', Live } })
  await clock.settle()
  expect(subscription.active).toBe(true)
  old.offer(true, 0, 0, [id(1)])
  await clock.settle()
  expect(old.all('WantedHashesMsg').length).toBe(1)
  // Each half is unsubscribed once: history as live began, live at the end.
  subscription.close()
  // What was asked for in the last batch may come still.
  await clock.advance(10_000)
  expect(old.all('UnsubscribeMsg').map(({ Stream }) => Stream.Live)).toEqual([false, true])
  expect(old.over).toBe(false)
})

describe('a stream type that misbehaves', () => {
  const wrong: [what: string, sink: object][] = [
    ['answers fewer ids than it was asked', { need: async () => [] }],
    ['cannot say what it needs', { need: async () => { throw new Error('no') } }],
    ['rejects when a batch is done', { done: async () => { throw new Error('no') } }]
  ]
  for (const [what, parts] of wrong) {
    test(`claims nothing when it ${what}, and is not asked in a loop`, async () => {
      const clock = new VirtualClock()
      const a = new Node(1, clock, new Shelf().fill(1, 100))
      const shelf = new Shelf()
      let asked = 0
      const type = shelf.type()
      const b = new Node(2, clock, shelf, {}, [{ ...type, sink: (peer, key) => { asked++; return { ...type.sink!(peer, key)!, ...parts } } }])
      const link = new Link(a, b)
      b.streamer.subscribe(link.toA, 'SHELF', 'x')
      await clock.advance(120_000)
      expect(b.streamer.status().flatMap(({ covered }) => covered)).toEqual([])
      expect(asked).toBe(1)
      expect(b.streamer.counters.idsOffered).toBe(600)
      expect(b.streamer.handles).toMatchObject({ peers: 1, items: 0, asks: 0, timers: 1 })
      // Every five minutes, less up to a quarter.
      await clock.advance(3_600_000)
      expect(b.streamer.counters.idsOffered).toBeLessThanOrEqual(600 + 16 * 100)
      expect(b.streamer.status().flatMap(({ covered }) => covered)).toEqual([])
    })
  }

  test('costs the peer its stream and not the connection when its source does', async () => {
    for (const parts of [{ batch: async () => { throw new Error('no') } }, { batch: async () => ({ from: 1, to: 0, ids: [] }) }, { cursor: async () => { throw new Error('no') } }, { batch: async () => ({ from: 1, to: 1, ids: [new Uint8Array(3)] }) }]) {
      const clock = new VirtualClock()
      const shelf = new Shelf().fill(1, 10)
      const type = shelf.type()
      const a = new Node(1, clock, shelf, {}, [{ ...type, source: (peer, key) => ({ ...type.source!(peer, key)!, ...parts }) as never }])
      const b = new Node(2, clock)
      const link = new Link(a, b)
      const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x')
      await clock.advance(1_000)
      expect(['quit', 'refused']).toContain(await subscription.ended)
      expect([a.streamer.handles.sources, a.streamer.handles.peers, b.streamer.handles.subscriptions]).toEqual([0, 1, 0])
    }
  })
})

test('what is under way when a subscription ends is not asked of the next who offers it', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const first = new Node(1, clock, new Shelf().fill(1, 100))
  const second = new Node(2, clock, new Shelf().fill(1, 100))
  const far = new Link(first, b, { latency: 50 })
  const near = new Link(second, b, { latency: 5 })
  b.streamer.subscribe(far.toA, 'SHELF', 'x')
  // The offer has come and the Wanted has gone; the bodies are on their way.
  await clock.advance(260)
  expect(b.shelf.items.size).toBe(0)
  b.streamer.unsubscribe(far.toA, 'SHELF', 'x')
  b.streamer.subscribe(near.toA, 'SHELF', 'x')
  await clock.advance(2000)
  expect(b.shelf.items.size).toBe(100)
  expect(b.streamer.counters).toMatchObject({ bodiesReceived: 100, bodiesStored: 100, duplicates: 0 })
})

describe('what is under way when a subscription ends', () => {
  /** The offers have come and the Wanted have gone; the bodies are on their way. */
  async function underWay (count: number = 1_000, types?: (shelf: Shelf) => StreamType[]): Promise<{ clock: VirtualClock, a: Node, b: Node, link: Link, subscription: Subscription, ended: () => string | undefined }> {
    const clock = new VirtualClock()
    const b = new Node(9, clock)
    const shelf = new Shelf().fill(1, count)
    const a = new Node(1, clock, shelf, {}, types?.(shelf))
    const link = new Link(a, b, { latency: 50 })
    const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(260)
    expect(b.shelf.items.size).toBe(0)
    let end: string | undefined
    void subscription.ended.then(why => { end = why })
    return { clock, a, b, link, subscription, ended: () => end }
  }

  test('comes and is recorded, and nothing more', async () => {
    const { clock, a, b, link, subscription, ended } = await underWay()
    subscription.close()
    expect([subscription.active, ended()]).toEqual([false, undefined])
    await clock.advance(2_000)
    expect(ended()).toBe('closed')
    expect(b.shelf.items.size).toBe(256)
    expect(b.streamer.counters).toMatchObject({ bodiesReceived: 256, bodiesStored: 256, duplicates: 0 })
    expect([a.streamer.handles.sources, b.streamer.handles.subscriptions, b.streamer.handles.items]).toEqual([0, 0, 0])
    const offered = b.streamer.counters.idsOffered
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(5_000)
    expect(b.streamer.counters.idsOffered - offered).toBe(1_000 - 256)
    expect(b.streamer.counters).toMatchObject({ bodiesReceived: 1_000, duplicates: 0 })
  })

  test('is waited for by the next subscription of the same stream', async () => {
    const { clock, b, link, subscription } = await underWay()
    subscription.close()
    const next = b.streamer.subscribe(link.toA, 'SHELF', 'x')
    expect(next).not.toBe(subscription)
    await clock.advance(5_000)
    expect([next.active, b.shelf.items.size]).toEqual([true, 1_000])
    expect(b.streamer.counters).toMatchObject({ bodiesReceived: 1_000, duplicates: 0 })
  })

  test('is let go when it does not come within the limit, and can be had again', async () => {
    let silent = true
    const { clock, a, b, link, subscription, ended } = await underWay(100, shelf => {
      const type = shelf.type()
      const read = async (): Promise<never> => await new Promise(() => {})
      return [{ ...type, source: (...all) => silent ? { ...type.source!(...all)!, read } : type.source!(...all) }]
    })
    silent = false
    subscription.close()
    await clock.advance(9_999)
    expect(ended()).toBe(undefined)
    await clock.advance(1)
    expect(ended()).toBe('closed')
    expect(b.streamer.handles.subscriptions).toBe(0)
    link.cut()
    await clock.advance(1_000)
    expect(b.streamer.handles).toEqual({ peers: 0, subscriptions: 0, items: 0, asks: 0, timers: 0, sources: 0, answers: 0 })
    const again = new Link(a, b)
    b.streamer.subscribe(again.toA, 'SHELF', 'x')
    await clock.advance(2_000)
    expect(b.shelf.items.size).toBe(100)
  })

  test('goes with the peer', async () => {
    const { clock, b, link, subscription, ended } = await underWay()
    subscription.close()
    link.cut()
    await clock.advance(1_000)
    expect(ended()).toBe('gone')
    expect(b.streamer.handles).toEqual({ peers: 0, subscriptions: 0, items: 0, asks: 0, timers: 0, sources: 0, answers: 0 })
  })
})

test('a paused subscription takes what is under way and asks for no more, and goes on where it was', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 1_000))
  const b = new Node(2, clock)
  const link = new Link(a, b, { latency: 50 })
  const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(260)
  subscription.pause()
  await clock.advance(60_000)
  expect(b.shelf.items.size).toBe(256)
  // The one timer lets go of what the peer has offered.
  expect([subscription.active, b.streamer.handles.asks, b.streamer.handles.timers]).toEqual([true, 0, 1])
  a.shelf.fill(1_001, 1_010)
  await clock.advance(61_000)
  expect(b.streamer.handles.timers).toBe(0)
  expect(b.shelf.items.size).toBe(256)
  const offered = b.streamer.counters.idsOffered
  expect(offered).toBeLessThanOrEqual(256 + 256 + 10)
  subscription.resume()
  await clock.advance(5_000)
  expect(b.shelf.items.size).toBe(1_010)
  expect(b.streamer.counters).toMatchObject({ idsOffered: 1_010, bodiesReceived: 1_010, duplicates: 0 })
})

test('a paused subscription stands in nobody else\'s way', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const [paused, lacking] = [new Node(1, clock, new Shelf().fill(1, 50)), new Node(2, clock, new Shelf().fill(1, 50))]
  lacking.shelf.lie = one => text(one) === text(id(7)) ? undefined : 'truth'
  const links = [paused, lacking].map(node => new Link(node, b))
  const subscription = b.streamer.subscribe(links[0]!.toA, 'SHELF', 'x')
  subscription.pause()
  await clock.advance(500)
  expect(b.shelf.items.size).toBe(0)
  b.streamer.subscribe(links[1]!.toA, 'SHELF', 'x')
  await clock.advance(500)
  expect(b.shelf.items.size).toBe(49)
  expect(b.streamer.handles.asks).toBe(0)
  subscription.resume()
  await clock.advance(10_000)
  expect(b.shelf.items.size).toBe(50)
})
