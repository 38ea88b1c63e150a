import type { StreamType } from '@skep/streamer'
import { expect, test } from 'vitest'
import { body, id, Link, Node, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

/** As many streams as there are keys, each with items of its own. */
function rows (length: number, got: Map<string, number>): StreamType {
  return {
    name: 'ROWS',
    source: (_peer, key) => ({
      cursor: async () => ({ epoch: 'one', last: length }),
      batch: async (from, to, { limit, signal }) => {
        if (to === undefined && from > length) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        const last = Math.min(to ?? length, length, from + limit - 1)
        return { from, to: last, ids: Array.from({ length: last - from + 1 }, (_, i) => id(from + i, Number(key) + 1)) }
      },
      read: async ids => ids.map(one => body(one)),
      close () {}
    }),
    sink: () => ({
      need: async ids => ids.map(one => !got.has(text(one))),
      put: async one => { got.set(text(one), (got.get(text(one)) ?? 0) + 1) },
      close () {}
    })
  }
}

test('64 streams at once, each with several batches: nobody is dropped, and all comes once', async () => {
  const clock = new VirtualClock()
  const got = new Map<string, number>()
  const [a, b] = [new Node(1, clock, new Shelf(), {}, [rows(600, new Map())]), new Node(2, clock, new Shelf(), {}, [rows(0, got)])]
  const link = new Link(a, b, { latency: 5, bandwidth: 8_000_000 })
  for (let key = 0; key < 64; key++) b.streamer.subscribe(link.toA, 'ROWS', String(key))
  await clock.until(() => got.size === 64 * 600, 60_000)
  expect(b.streamer.counters.bodiesReceived).toBe(64 * 600)
  await Promise.all([a.streamer.stop(), b.streamer.stop()])
  expect(await link.reasons()).toEqual(['STREAMER_CLOSED', 'STREAMER_CLOSED'])
})

test('offers of a peer that are not answered: 128, and one more ends the connection', async () => {
  for (const [count, code] of [[127, undefined], [128, undefined], [129, 'STREAMER_LIMIT']] as const) {
    const clock = new VirtualClock()
    const node = new Node(1, clock)
    const peer = new Scripted(node, 1).cursors(1_000)
    const subscriptions = Array.from({ length: 64 }, (_, key) => node.streamer.subscribe(peer.peer, 'SHELF', String(key)))
    // One that is paused answers nothing.
    for (const subscription of subscriptions) subscription.pause()
    await clock.settle()
    const offers = ([[true, 1_001], [false, 1], [false, 11]] as const).flatMap(([live, from]) => Array.from({ length: 64 }, (_, key) => ({ live, from, key })))
    for (const { live, from, key } of offers.slice(0, count)) peer.offer(live, from, from + 9, Array.from({ length: 10 }, (_, i) => id(from + i, key)), 'SHELF', String(key))
    await clock.settle()
    expect(peer.over).toBe(code !== undefined)
    if (code !== undefined) expect(await peer.ended).toBe(code)
    // Going on answers them, and no count is left over.
    for (const subscription of subscriptions) subscription.resume()
    await clock.settle()
    if (code === undefined) expect(peer.all('WantedHashesMsg').length).toBeGreaterThan(40)
    await node.streamer.stop()
  }
})

/** What a peer heard that has not answered anything. */
function open (peer: Scripted): string[] {
  return peer.all('OfferedHashesMsg').map(({ Stream, From }) => `${Stream.Key} ${Stream.Live} ${From}`)
}

test('offers open towards a peer: 128, and one more waits for an answer', async () => {
  for (const [histories, lives, count] of [[63, 1, 127], [63, 2, 128], [64, 1, 128], [64, 2, 128]] as const) {
    const clock = new VirtualClock()
    const shelf = new Shelf().fill(1, 600)
    const node = new Node(1, clock, shelf)
    const peer = new Scripted(node, 1)
    for (let key = 0; key < 64; key++) {
      const live = key < lives
      if (live || key < histories) peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: String(key), Live: live }, History: key < histories ? { From: 1n, To: 600n } : undefined, Priority: 2 })
    }
    await clock.advance(100)
    // Something comes after the cursor.
    shelf.fill(601, 610)
    await clock.advance(1_000)
    expect(open(peer).length).toBe(count)
    // None of them keeps another from its first.
    expect(new Set(open(peer).filter(offer => offer.includes('true'))).size).toBe(lives)
    expect(new Set(open(peer).filter(offer => offer.includes('false 1'))).size).toBeGreaterThanOrEqual(histories)
    await node.streamer.stop()
  }
})

test('whose offer has waited longest is next, live ones before', async () => {
  const clock = new VirtualClock()
  const shelf = new Shelf().fill(1, 600)
  const node = new Node(1, clock, shelf, { limits: { maxOffersPerPeer: 3 } })
  const peer = new Scripted(node, 1)
  const answer = async (key: number, live: boolean, next: bigint): Promise<string | undefined> => {
    const before = open(peer).length
    peer.say('WantedHashesMsg', { Stream: { Name: 'SHELF', Key: String(key), Live: live }, Want: new Uint8Array(17), From: next, To: live ? 0n : 600n })
    await clock.advance(100)
    expect(open(peer).length).toBe(before + 1)
    return open(peer).at(-1)
  }
  for (let key = 0; key < 4; key++) peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: String(key), Live: false }, History: { From: 1n, To: 600n }, Priority: 2 })
  await clock.advance(100)
  expect(open(peer)).toEqual(['0 false 1', '1 false 1', '2 false 1'])
  // All that are answered once have the next one ready before the last of them has its first.
  expect(await answer(0, false, 129n)).toBe('0 false 129')
  // The others have one open, which is not answered.
  expect(await answer(0, false, 257n)).toBe('3 false 1')
  expect(await answer(1, false, 129n)).toBe('1 false 129')
  peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: '4', Live: true }, History: undefined, Priority: 2 })
  await clock.advance(100)
  shelf.fill(601, 610)
  await clock.advance(100)
  expect(await answer(3, false, 129n)).toBe('4 true 601')
  expect(await answer(2, false, 129n)).toBe('2 false 129')
  // The end of a stream makes room as well.
  const before = open(peer).length
  peer.say('UnsubscribeMsg', { Stream: { Name: 'SHELF', Key: '1', Live: false } })
  await clock.advance(100)
  expect(open(peer).slice(before)).toEqual(['0 false 257'])
  await node.streamer.stop()
})

test('batches that are wanted of a peer: 128, and the next waits until one is complete', async () => {
  for (const [count, answered] of [[127, 127], [128, 128], [129, 128]] as const) {
    const clock = new VirtualClock()
    const node = new Node(1, clock)
    const peer = new Scripted(node, 1).cursors(1_000)
    for (let key = 0; key < 64; key++) node.streamer.subscribe(peer.peer, 'SHELF', String(key))
    await clock.settle()
    for (let n = 0; n < count; n++) {
      const [key, live] = [n % 64, n < 64]
      const from = live ? 1_001 : n < 128 ? 1 : 2
      peer.offer(live, from, from, [id(n)], 'SHELF', String(key))
    }
    await clock.settle()
    expect(peer.all('WantedHashesMsg').length).toBe(answered)
    peer.say('ChunkDeliveryMsg', { Addr: id(5), SData: body(id(5)) })
    await clock.settle()
    expect(peer.all('WantedHashesMsg').length).toBe(count)
    await node.streamer.stop()
  }
})
