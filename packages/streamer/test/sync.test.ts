import type { BatchDone, StreamType } from '@skep/streamer'
import { describe, expect, test } from 'vitest'
import { id, Link, Node, nothingLeft, Shelf, text, VirtualClock } from './harness.ts'

for (const native of [true, false]) {
  describe(native ? 'between native peers' : 'with a peer that has stream/5 alone', () => {
    test('history comes, then what is new', async () => {
      const clock = new VirtualClock()
      const a = new Node(1, clock, new Shelf().fill(1, 1_000))
      const b = new Node(2, clock)
      const link = new Link(a, b, { native })
      b.streamer.subscribe(link.toA, 'SHELF', 'x')
      await clock.advance(5_000)
      expect(b.shelf.items.size).toBe(1_000)
      a.shelf.fill(1_001, 1_300)
      await clock.advance(5_000)
      expect(b.shelf.items.size).toBe(1_300)
      const { bodiesReceived, bodiesStored, duplicates } = b.streamer.counters
      expect([bodiesReceived, bodiesStored, duplicates]).toEqual([1_300, 1_300, 0])
      expect(b.streamer.status().every(({ synced }) => synced)).toBe(true)
    })

    test('after both ends restarted only what is new is offered', async () => {
      const clock = new VirtualClock()
      const a = new Node(1, clock, new Shelf().fill(1, 500))
      const b = new Node(2, clock)
      const first = new Link(a, b, { native })
      b.streamer.subscribe(first.toA, 'SHELF', 'x')
      await clock.advance(5_000)
      first.cut()
      await first.ran
      a.shelf.fill(501, 520)
      a.restart()
      b.restart()
      const second = new Link(a, b, { native })
      b.streamer.subscribe(second.toA, 'SHELF', 'x')
      await clock.advance(5_000)
      expect(b.shelf.items.size).toBe(520)
      // An old peer shows first that it still holds the last one it had.
      expect(b.streamer.counters.idsOffered).toBe(native ? 20 : 21)
    })
  })
}

test('a cut in the middle of history loses nothing and transfers nothing twice', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 2_000))
  const b = new Node(2, clock)
  let received = 0
  for (let cut = 1; cut < 40; cut++) {
    const link = new Link(a, b, { latency: 10, bandwidth: 2_000_000 })
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(cut * 7)
    link.cut()
    await link.ran
    expect(nothingLeft(b.streamer)).toBe(true)
    await clock.advance(100)
    received += b.streamer.counters.bodiesStored
    b.restart()
  }
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(5_000)
  expect(b.shelf.items.size).toBe(2_000)
  expect(received + b.streamer.counters.bodiesStored).toBe(2_000)
})

test('gaps alone are asked for', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 1_000))
  const b = new Node(2, clock)
  const { IntervalsStore } = await import('@skep/intervals-store')
  const peer = text(a.overlay)
  await new IntervalsStore(b.store).seal([[1, 100], [150, 600], [602, 900]].map(([from, to]) => ({ id: { peer, stream: 'SHELF|x', epoch: 'one' }, from: from!, to: to! })))
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(5_000)
  expect(b.streamer.counters.idsOffered).toBe(49 + 1 + 100)
  expect([...Array(1_000).keys()].map(n => n + 1).filter(n => b.shelf.has(n)).length).toBe(150)
  expect(b.streamer.status().map(({ stream, covered }) => [stream, covered])).toEqual([['SHELF|x|h', [[1, 1_000]]], ['SHELF|x|l', []]])
})

test('a wiped peer is noticed by its epoch and synced afresh', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 300))
  const b = new Node(2, clock)
  const first = new Link(a, b)
  b.streamer.subscribe(first.toA, 'SHELF', 'x')
  await clock.advance(5_000)
  first.cut()
  await first.ran
  a.shelf.items.clear()
  a.shelf.order.length = 0
  a.shelf.epoch = 'two'
  a.shelf.fill(1_001, 1_010)
  const second = new Link(a, b)
  b.streamer.subscribe(second.toA, 'SHELF', 'x')
  await clock.advance(5_000)
  expect(b.shelf.items.size).toBe(310)
})

for (const [what, from, to] of [['fewer', 1_001, 1_010], ['as many', 1_001, 1_300], ['more', 1_001, 1_400]] as const) {
  test(`a wiped old peer that has ${what} items now is noticed by what it does not hold, and synced afresh`, async () => {
    const clock = new VirtualClock()
    const a = new Node(1, clock, new Shelf().fill(1, 300))
    const b = new Node(2, clock)
    const first = new Link(a, b, { native: false })
    b.streamer.subscribe(first.toA, 'SHELF', 'x')
    await clock.advance(5_000)
    first.cut()
    await first.ran
    a.shelf.items.clear()
    a.shelf.order.length = 0
    a.shelf.fill(from, to)
    const second = new Link(a, b, { native: false })
    b.streamer.subscribe(second.toA, 'SHELF', 'x')
    await clock.advance(10_000)
    expect(b.shelf.items.size).toBe(300 + to - from + 1)
    a.shelf.fill(5_001, 5_010)
    await clock.advance(1_000)
    expect(b.shelf.items.size).toBe(300 + to - from + 11)
    expect(b.streamer.counters.duplicates).toBe(0)
  })
}

test('a chunk offered by nine is transferred once, and all nine streams are covered', async () => {
  const clock = new VirtualClock()
  const b = new Node(99, clock)
  const many = Array.from({ length: 9 }, (_, i) => new Node(i + 1, clock, new Shelf().fill(1, 1_000)))
  const links = many.map(a => new Link(a, b, { latency: 20 }))
  for (const link of links) b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(20_000)
  expect(b.shelf.items.size).toBe(1_000)
  const { bodiesReceived, bodiesStored, duplicates } = b.streamer.counters
  expect([bodiesReceived, bodiesStored, duplicates]).toEqual([1_000, 1_000, 0])
  const rows = b.streamer.status()
  expect(rows.length).toBe(18)
  expect(rows.every(({ synced }) => synced)).toBe(true)
})

test('items that pass from peer to peer arrive everywhere once', async () => {
  const clock = new VirtualClock()
  const nodes = Array.from({ length: 5 }, (_, i) => new Node(i + 1, clock))
  for (const [i, a] of nodes.entries()) {
    for (const b of nodes.slice(i + 1)) {
      const link = new Link(a, b, { latency: 5 })
      a.streamer.subscribe(link.toB, 'SHELF', 'x')
      b.streamer.subscribe(link.toA, 'SHELF', 'x')
    }
  }
  await clock.advance(1_000)
  for (const [i, node] of nodes.entries()) node.shelf.fill(1 + 200 * i, 200 * (i + 1))
  await clock.advance(20_000)
  for (const node of nodes) {
    expect(node.shelf.items.size).toBe(1_000)
    expect(node.streamer.counters.bodiesReceived).toBe(800)
    expect(node.streamer.counters.bodiesStored).toBe(800)
  }
})

test('what a peer has offered is not offered back to it, unless it turned out to lack it', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 300))
  const b = new Node(2, clock)
  const c = new Node(3, clock)
  const links = [new Link(a, b), new Link(b, c)]
  // A's own store has lost the body of one that it still lists.
  a.shelf.items.delete(text(id(7)))
  b.streamer.subscribe(links[0]!.toA, 'SHELF', 'x')
  a.streamer.subscribe(links[0]!.toB, 'SHELF', 'x')
  await clock.advance(500)
  expect(b.shelf.items.size).toBe(299)
  expect(a.streamer.counters.idsOffered).toBe(0)
  b.streamer.subscribe(links[1]!.toB, 'SHELF', 'x')
  await clock.advance(500)
  c.shelf.add(id(7))
  await clock.advance(500)
  expect(b.shelf.has(7)).toBe(true)
  expect([a.streamer.counters.idsOffered, a.shelf.items.has(text(id(7)))]).toEqual([1, true])
})

test('live items that a peer has itself are told to it together, and what it lacks at once', async () => {
  const clock = new VirtualClock()
  const shelf = new Shelf()
  const type = shelf.type()
  const batches: BatchDone[] = []
  const noting: StreamType = { ...type, sink: (peer, key) => ({ ...type.sink!(peer, key)!, done: async batch => { batches.push(batch) } }) }
  const a = new Node(1, clock, shelf, {}, [noting])
  const b = new Node(2, clock)
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  a.streamer.subscribe(link.toB, 'SHELF', 'x')
  await clock.advance(500)
  for (let n = 1; n <= 250; n++) {
    shelf.add(id(n))
    await clock.advance(20)
  }
  await clock.advance(60)
  expect(b.shelf.items.size).toBe(250)
  // Five seconds, in each of which B has stored some ten batches of A's.
  expect(batches.length).toBeGreaterThan(2)
  expect(batches.length).toBeLessThan(8)
  b.shelf.add(id(1_000))
  await clock.advance(100)
  expect(shelf.has(1_000)).toBe(true)
  b.shelf.add(id(1_001))
  await clock.advance(2_000)
  expect(batches.flatMap(({ ids }) => ids.map(text))).toEqual([text(id(1_000)), text(id(1_001))])
  // All of it is covered, and in one piece.
  const covered = batches.map(({ from, to }) => [from, to])
  for (const [i, [from]] of covered.entries()) expect(from).toBe(i === 0 ? 1 : covered[i - 1]![1]! + 1)
  expect(covered.at(-1)![1]).toBe(252)
  await Promise.all([a.streamer.stop(), b.streamer.stop()])
  expect([nothingLeft(a.streamer), nothingLeft(b.streamer)]).toEqual([true, true])
})

test('live items that a peer has itself and that lie far apart are told to it in pieces that it takes', async () => {
  const clock = new VirtualClock()
  const limits = { maxEmptySkip: 300 }
  const a = new Node(1, clock, new Shelf(), { limits })
  const b = new Node(2, clock, new Shelf(), { limits })
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  a.streamer.subscribe(link.toB, 'SHELF', 'x')
  await clock.advance(500)
  for (let n = 1; n <= 10; n++) {
    // Places of B that hold something else.
    for (let hole = 0; hole < 170; hole++) b.shelf.order.push(undefined)
    a.shelf.add(id(n))
    await clock.advance(200)
  }
  b.shelf.add(id(1_000))
  await clock.advance(5_000)
  expect([a.streamer.handles.peers, b.streamer.handles.peers, a.shelf.has(1_000)]).toEqual([1, 1, true])
  await Promise.all([a.streamer.stop(), b.streamer.stop()])
})

test('everything is quiet when all is here', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 100))
  const b = new Node(2, clock)
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(60_000)
  const offered = b.streamer.counters.idsOffered
  expect(b.streamer.handles.timers).toBe(0)
  await clock.advance(600_000)
  expect(b.streamer.counters.idsOffered).toBe(offered)
})

test('an item that was deleted leaves a tombstone that is passed over', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 400))
  for (let n = 1; n <= 300; n++) a.shelf.remove(id(n))
  const b = new Node(2, clock)
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(5_000)
  expect(b.shelf.items.size).toBe(100)
  expect(b.streamer.status().every(({ synced }) => synced)).toBe(true)
})
