import type { StreamType } from '@skep/streamer'
import { describe, expect, test } from 'vitest'
import { body, id, Node, Shelf, text, VirtualClock } from './harness.ts'
import { noProof, Scripted } from './scripted.ts'

const ids = (from: number, count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => id(from + i))
const OPEN = 0xffff_ffff_ffff_ffffn
/** As `From` of a Wanted after which nothing more is to be offered. */
const NO_MORE = OPEN - 1n

/** Moves time on, a millisecond at a time, until something holds. Returns how long it took. */
async function until (clock: VirtualClock, done: () => boolean, most: number): Promise<number> {
  const start = clock.now()
  await clock.settle()
  while (!done() && clock.now() < start + most) await clock.advance(1)
  return done() ? clock.now() - start : Infinity
}

describe('live items are collected', () => {
  /** A node whose live stream is followed, and what of it was offered when. */
  async function followed (): Promise<{ clock: VirtualClock, shelf: Shelf, offers: { at: number, count: number }[] }> {
    const clock = new VirtualClock()
    const shelf = new Shelf()
    const peer = new Scripted(new Node(1, clock, shelf), 1)
    const offers: { at: number, count: number }[] = []
    peer.on = (name, { Stream, Hashes, To }) => {
      if (name !== 'OfferedHashesMsg') return
      offers.push({ at: clock.now(), count: Hashes.length / 32 })
      peer.say('WantedHashesMsg', { Stream, Want: new Uint8Array(17), From: To + 1n, To: 0n })
    }
    peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: true }, History: undefined, Priority: 2 })
    await clock.advance(1_000)
    return { clock, shelf, offers }
  }

  test('for 50 milliseconds from the first on, and no longer, however often another one comes', async () => {
    const { clock, shelf, offers } = await followed()
    const began = clock.now()
    for (let n = 1; n <= 30; n++) {
      shelf.fill(n, n)
      await clock.advance(10)
    }
    await clock.advance(60)
    expect(offers.reduce((sum, { count }) => sum + count, 0)).toBe(30)
    expect(offers[0]).toEqual({ at: began + 50, count: 5 })
    // Nor does a later one wait longer, from the moment at which it came.
    let first = 1
    for (const { at, count } of offers) {
      expect(at - (began + 10 * (first - 1))).toBeLessThanOrEqual(50)
      first += count
    }
  })

  test('and not at all when they fill a batch', async () => {
    const { clock, shelf, offers } = await followed()
    const began = clock.now()
    shelf.fill(1, 1)
    await clock.advance(200)
    for (let n = 0; n < 300; n++) shelf.add(id(1_000 + n))
    await clock.advance(200)
    expect(offers.slice(0, 1)).toEqual([{ at: began + 50, count: 1 }])
    // The first of them woke the one who waits, before the others were there.
    expect(offers.slice(1).map(({ count }) => count)).toEqual([128, 128, 44])
    expect(offers[2]!.at - offers[1]!.at).toBe(0)
    expect(offers[3]!.at - offers[2]!.at).toBe(50)
  })
})

describe('when a peer is late depends on how fast it usually is', () => {
  /** Has a peer deliver with these gaps, in milliseconds, and then say nothing. Returns after how long another one is asked. */
  async function patience (gaps: readonly number[]): Promise<number> {
    const clock = new VirtualClock()
    const node = new Node(1, clock)
    const [usual, other] = [1, 2].map(n => new Scripted(node, n).cursors(1_000)) as [Scripted, Scripted]
    for (const { peer } of [usual, other]) node.streamer.subscribe(peer, 'SHELF', 'x')
    await clock.settle()
    const offered = ids(1, gaps.length + 1)
    usual.offer(false, 1, offered.length, offered)
    await clock.settle()
    for (const [i, gap] of gaps.entries()) {
      await clock.advance(gap)
      usual.say('ChunkDeliveryMsg', { Addr: offered[i]!, SData: body(offered[i]!) })
      await clock.settle()
    }
    const last = offered.at(-1)!
    other.offer(false, 1, 1, [last])
    const ms = await until(clock, () => other.all('RetrieveMsg').length > 0, 20_000)
    expect(other.all('RetrieveMsg').map(({ Addr }) => text(Addr))).toEqual([text(last)])
    return ms
  }
  const of = (count: number, gap: number): number[] => Array.from({ length: count }, () => gap)

  test.each([
    ['one that has not delivered yet has the longest time', [], 10_000],
    ['a fast one the shortest', of(20, 10), 3_000],
    ['a slow one three times as long as it usually takes', of(8, 2_000), 6_000],
    ['but never longer than the longest', of(4, 4_000), 10_000],
    ['of its last 64 the slowest three do not count', [...of(3, 2_000), ...of(61, 10)], 3_000],
    ['the fourth does', [...of(4, 2_000), ...of(60, 10)], 6_000],
    ['what was before these is forgotten', [...of(10, 2_000), ...of(64, 10)], 3_000]
  ])('%s', async (_, gaps, expected) => {
    const ms = await patience(gaps)
    expect(ms).toBeGreaterThanOrEqual(expected)
    // It is looked at when it would have been late at the pace before.
    expect(ms).toBeLessThanOrEqual(expected + 500)
  })
})

test('the priority that a remote names is not heeded: ours is the stream type\'s', async () => {
  const clock = new VirtualClock()
  const shelf = new Shelf()
  for (let n = 1; n <= 40; n++) shelf.add(id(n), new Uint8Array(4_000).fill(n))
  const node = new Node(1, clock, shelf, {}, [shelf.type('URGENT', { priority: 3 }), shelf.type('LEISURELY', { priority: 1 })])
  const peer = new Scripted(node, 1, true, 8_000)
  let take = (): void => {}
  peer.busy = new Promise(resolve => { take = resolve })
  peer.on = (name, value) => {
    if (name === 'OfferedHashesMsg') peer.say('WantedHashesMsg', { Stream: value.Stream, Want: new Uint8Array(6).fill(255), From: NO_MORE, To: OPEN })
  }
  for (const [Name, Priority] of [['LEISURELY', 3], ['URGENT', 0]] as const) {
    peer.say('SubscribeMsg', { Stream: { Name, Key: 'x', Live: false }, History: { From: 1n, To: 40n }, Priority })
  }
  await clock.settle()
  const [low, mid, high, top] = node.streamer.load.queued
  // History has one less than its type: 2 and 0.
  expect([low > 0, mid, high > 0, top]).toEqual([true, 0, true, 0])
  take()
  await clock.advance(1_000)
  expect(peer.all('ChunkDeliveryMsg').length).toBe(80)
  await node.streamer.stop()
})

describe('an offer of an old peer that meets an open request is asked for at once', () => {
  /** A node that has asked somebody silent for an item, and an old peer of which it follows a stream. */
  async function open (type: (shelf: Shelf) => StreamType): Promise<{ clock: VirtualClock, node: Node, old: Scripted, fetched: Promise<Uint8Array> }> {
    const clock = new VirtualClock()
    const shelf = new Shelf()
    const node = new Node(1, clock, shelf, {}, [type(shelf)])
    const silent = new Scripted(node, 1)
    const old = new Scripted(node, 2, false)
    node.streamer.subscribe(old.peer, 'SHELF', 'x')
    await clock.settle()
    const fetched = node.streamer.fetch(id(7), { candidates: [silent.peer], accept: (address, data) => text(data.subarray(0, 32)) === text(address) })
    await clock.settle()
    expect(silent.all('RetrieveMsg').length).toBe(1)
    expect(old.all('RetrieveRequestMsg')).toEqual([])
    return { clock, node, old, fetched }
  }

  test('in a stream, before the sink has said whether it needs it', async () => {
    // This one never says.
    const { clock, old, fetched } = await open(shelf => {
      const type = shelf.type()
      return { ...type, sink: (peer, key) => ({ ...type.sink!(peer, key)!, need: async () => new Promise<never>(() => {}) }) }
    })
    old.offer(true, 5, 7, [id(6), id(7), id(8)])
    await clock.settle()
    expect(old.all('RetrieveRequestMsg')).toEqual([{ Addr: id(7), SkipCheck: true }])
    old.say('ChunkDeliveryMsg', { Addr: id(7), SData: body(id(7)) })
    expect(text(await fetched)).toBe(text(body(id(7))))
  })

  test('of what it has found for requests, and nothing else of that', async () => {
    const { clock, node, old, fetched } = await open(shelf => shelf.type())
    const Hashes = new Uint8Array(96)
    for (const [i, one] of [id(6), id(7), id(8)].entries()) Hashes.set(one, 32 * i)
    old.say('OfferedHashesMsg', { Stream: { Name: 'RETRIEVE_REQUEST', Key: '', Live: false }, From: 0n, To: 96n, Hashes, HandoverProof: noProof })
    await clock.settle()
    expect(old.all('RetrieveRequestMsg')).toEqual([{ Addr: id(7), SkipCheck: true }])
    // The original waits for the answer to its offer.
    expect(old.all('WantedHashesMsg').map(({ Want }) => [...Want])).toEqual([[0]])
    old.say('ChunkDeliveryMsg', { Addr: id(7), SData: body(id(7)) })
    expect(text(await fetched)).toBe(text(body(id(7))))
    expect(node.shelf.items.size).toBe(0)
  })
})
