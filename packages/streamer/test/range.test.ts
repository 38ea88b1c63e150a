import { expect, test } from 'vitest'
import type { SubscribeOptions } from '@skep/streamer'
import { body, id, Link, Node, nothingLeft, Shelf, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

/** The indices that are here, as ranges. */
function held (shelf: Shelf): [number, number][] {
  const ranges: [number, number][] = []
  for (let n = 1; n <= 2_000; n++) {
    if (!shelf.has(n)) continue
    const last = ranges.at(-1)
    if (last?.[1] === n - 1) last[1] = n
    else ranges.push([n, n])
  }
  return ranges
}

test.each([
  [{ from: 101, to: 300 }, 101, 300],
  [{ from: 7, to: 7 }, 7, 7],
  [{ from: 0, to: 1 }, 1, 1],
  [{ from: 1, to: 128 }, 1, 128],
  [{ from: 1, to: 129 }, 1, 129],
  // No further than the last there is.
  [{ from: 901, to: 2_000 }, 901, 1_000],
  [{ from: 1_000, to: Number.MAX_SAFE_INTEGER }, 1_000, 1_000]
])('of a history %j is asked for, and it ends by itself', async (range, first, last) => {
  const clock = new VirtualClock()
  const [a, b] = [new Node(1, clock, new Shelf().fill(1, 1_000)), new Node(2, clock)]
  const link = new Link(a, b, { latency: 5 })
  const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x', { range })
  let end: string | undefined
  void subscription.ended.then(reason => { end = reason })
  await clock.until(() => end !== undefined, 5_000)
  expect(end).toBe('done')
  expect(held(b.shelf)).toEqual([[first, last]])
  expect(b.streamer.counters.idsOffered).toBe(last - first + 1)
  // Nothing of it goes on.
  a.shelf.fill(1_001, 1_100)
  await clock.advance(10_000)
  expect(held(b.shelf)).toEqual([[first, last]])
  expect(b.streamer.handles.subscriptions).toBe(0)
  await Promise.all([a.streamer.stop(), b.streamer.stop()])
  expect([a, b].every(node => nothingLeft(node.streamer))).toBe(true)
})

test('a range that begins after the last index is done at once', async () => {
  const clock = new VirtualClock()
  const [a, b] = [new Node(1, clock, new Shelf().fill(1, 100)), new Node(2, clock)]
  const link = new Link(a, b)
  let end: string | undefined
  void b.streamer.subscribe(link.toA, 'SHELF', 'x', { range: { from: 101, to: 200 } }).ended.then(reason => { end = reason })
  await clock.advance(1_000)
  expect(end).toBe('done')
  expect(b.streamer.counters.idsOffered).toBe(0)
})

test('what is covered of a range is not offered again, and the rest of it is', async () => {
  const clock = new VirtualClock()
  const [a, b] = [new Node(1, clock, new Shelf().fill(1, 1_000)), new Node(2, clock)]
  const link = new Link(a, b)
  for (const [range, offered] of [[{ from: 101, to: 300 }, 200], [{ from: 51, to: 400 }, 350], [{ from: 60, to: 390 }, 350]] as const) {
    let end: string | undefined
    void b.streamer.subscribe(link.toA, 'SHELF', 'x', { range }).ended.then(reason => { end = reason })
    await clock.advance(5_000)
    expect(end).toBe('done')
    expect(b.streamer.counters.idsOffered).toBe(offered)
  }
  expect(held(b.shelf)).toEqual([[51, 400]])
  // Without a range it is the rest of all.
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(5_000)
  expect(held(b.shelf)).toEqual([[1, 1_000]])
  expect(b.streamer.counters.idsOffered).toBe(1_000)
})

test('a range without an end goes on with what comes', async () => {
  const clock = new VirtualClock()
  const [a, b] = [new Node(1, clock, new Shelf().fill(1, 1_000)), new Node(2, clock)]
  const link = new Link(a, b)
  const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x', { range: { from: 901 } })
  await clock.advance(2_000)
  a.shelf.fill(1_001, 1_100)
  await clock.advance(2_000)
  expect(held(b.shelf)).toEqual([[901, 1_100]])
  expect(subscription.active).toBe(true)
})

test('items of a range that cannot be had are tried again, and those beyond it are not', async () => {
  const clock = new VirtualClock()
  const [a, b] = [new Node(1, clock, new Shelf().fill(1, 1_000)), new Node(2, clock)]
  let lies = true
  a.shelf.lie = one => lies && one[31] === 150 && one[30] === 0 ? undefined : 'truth'
  const link = new Link(a, b)
  let end: string | undefined
  void b.streamer.subscribe(link.toA, 'SHELF', 'x', { range: { from: 101, to: 200 } }).ended.then(reason => { end = reason })
  await clock.advance(500)
  expect(end).toBeUndefined()
  lies = false
  await clock.advance(10_000)
  expect(end).toBe('done')
  expect(held(b.shelf)).toEqual([[101, 200]])
})

test('an old peer is asked without an end, and told when the end was offered', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const peer = new Scripted(node, 1, false)
  let end: string | undefined
  void node.streamer.subscribe(peer.peer, 'SHELF', 'x', { range: { from: 101, to: 300 } }).ended.then(reason => { end = reason })
  await clock.settle()
  expect(peer.all('SubscribeMsg').filter(({ Stream }) => Stream.Name === 'SHELF').map(({ Stream, History }) => [Stream.Live, History])).toEqual([[false, { From: 101n, To: 0n }]])
  for (const [from, to] of [[101, 228], [229, 356]] as const) {
    const ids = Array.from({ length: to - from + 1 }, (_, i) => id(from + i))
    peer.offer(false, from, to, ids)
    await clock.settle()
    expect(end).toBeUndefined()
    for (const one of ids) peer.say('ChunkDeliveryMsg', { Addr: one, SData: body(one) })
    await clock.settle()
  }
  // The last is wanted, and nothing after it (streamer.md §8, flaw 3).
  expect(peer.all('WantedHashesMsg').map(({ From }) => From)).toEqual([229n, 0xffff_ffff_ffff_fffen])
  expect(end).toBe('done')
  expect(peer.all('UnsubscribeMsg').length).toBe(1)
  expect(peer.over).toBe(false)
  await node.streamer.stop()
})

test('a range of an old peer, its mark elsewhere, is filled and no more than a batch besides', async () => {
  for (const range of [{ from: 101, to: 300 }, { from: 1_501, to: 1_600 }]) {
    const clock = new VirtualClock()
    const [a, b] = [new Node(1, clock, new Shelf().fill(1, 2_000)), new Node(2, clock)]
    const link = new Link(a, b, { native: false })
    const ask = async (range: { from: number, to: number }): Promise<void> => {
      let end: string | undefined
      void b.streamer.subscribe(link.toA, 'SHELF', 'x', { range }).ended.then(reason => { end = reason })
      await clock.until(() => end !== undefined, 20_000)
      expect(end).toBe('done')
    }
    await ask({ from: 801, to: 928 })
    await clock.advance(2_000)
    const before = b.shelf.items.size
    await ask(range)
    for (let n = range.from; n <= range.to; n++) expect(b.shelf.has(n)).toBe(true)
    expect(b.shelf.items.size - before).toBeLessThanOrEqual(range.to - range.from + 1 + 2 * 128)
    expect(await Promise.race([link.ran, clock.advance(1_000).then(() => 'runs')])).toBe('runs')
  }
})

test('what is no range, or does not go with it, is refused to the caller', () => {
  const { streamer } = new Node(1, new VirtualClock())
  const peer = { key: 'p', overlay: id(1), light: false }
  const ask = (options: SubscribeOptions) => () => streamer.subscribe(peer, 'SHELF', 'x', options)
  for (const range of [{ from: -1 }, { from: 1.5 }, { from: NaN }, { from: 2 ** 53 }, { from: 1, to: 2 ** 53 }, { from: 2, to: 1 }, { from: 1, to: Infinity }]) expect(ask({ range }), JSON.stringify(range)).toThrow(RangeError)
  expect(ask({ range: { from: 1 }, history: false })).toThrow(TypeError)
  expect(ask({ range: { from: 1, to: 2 }, live: true })).toThrow(TypeError)
  expect(ask({ range: { from: 2 ** 53 - 1, to: 2 ** 53 - 1 } })().active).toBe(true)
})
