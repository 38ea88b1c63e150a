import type { StreamPeer } from '@skep/streamer'
import { expect, test } from 'vitest'
import { body, id, Link, Node, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const ids = (from: number, count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => id(from + i))

test('halves asked of one peer: 128, and one stream more is refused to the caller', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const peer = new Scripted(node, 1).cursors(0)
  for (let n = 0; n < 64; n++) node.streamer.subscribe(peer.peer, 'SHELF', String(n))
  expect(() => node.streamer.subscribe(peer.peer, 'SHELF', '64')).toThrow(expect.objectContaining({ code: 'STREAMER_LIMIT' }))
  node.streamer.unsubscribe(peer.peer, 'SHELF', '0')
  expect(node.streamer.subscribe(peer.peer, 'SHELF', '64').active).toBe(true)
})

test('names and keys: 64 bytes, and one more is refused', () => {
  const { streamer } = new Node(1, new VirtualClock())
  streamer.register({ name: 'ü'.repeat(32) })
  expect(() => streamer.register({ name: 'ü'.repeat(32) + 'x' })).toThrow(TypeError)
  const peer: StreamPeer = { key: 'p', overlay: id(1), light: false }
  expect(streamer.subscribe(peer, 'SHELF', 'k'.repeat(64)).active).toBe(true)
  expect(() => streamer.subscribe(peer, 'SHELF', 'k'.repeat(65))).toThrow(TypeError)
  expect(() => streamer.subscribe(peer, 'OTHER', 'k')).toThrow(expect.objectContaining({ code: 'STREAMER_UNKNOWN_STREAM' }))
})

test('bytes wanted of one peer: the next Wanted waits until there is room for all of it', async () => {
  for (const [room, answered] of [[199, 1], [200, 2], [201, 2]] as const) {
    const clock = new VirtualClock()
    const node = new Node(1, clock, new Shelf(), { limits: { maxWantedPerPeer: room * 4_201 } })
    const peer = new Scripted(node, 1).cursors(1_000)
    node.streamer.subscribe(peer.peer, 'SHELF', 'x')
    await clock.settle()
    peer.offer(false, 1, 100, ids(1, 100))
    peer.offer(false, 101, 200, ids(101, 100))
    await clock.settle()
    expect(peer.all('WantedHashesMsg').length).toBe(answered)
    for (const one of ids(1, 200 - room)) peer.say('ChunkDeliveryMsg', { Addr: one, SData: body(one) })
    await clock.settle()
    expect(peer.all('WantedHashesMsg').length).toBe(2)
  }
})

test('bytes wanted of all peers: the same over all of them', async () => {
  for (const [room, answered] of [[199, 1], [200, 2], [201, 2]] as const) {
    const clock = new VirtualClock()
    const node = new Node(1, clock, new Shelf(), { limits: { maxWanted: room * 4_201 } })
    const peers = [1, 2].map(n => new Scripted(node, n).cursors(1_000))
    for (const { peer } of peers) node.streamer.subscribe(peer, 'SHELF', 'x')
    await clock.settle()
    peers[0]!.offer(false, 1, 100, ids(1, 100))
    await clock.settle()
    peers[1]!.offer(false, 1, 100, ids(501, 100))
    await clock.settle()
    expect(peers.flatMap(peer => peer.all('WantedHashesMsg')).length).toBe(answered)
    peers[0]!.leave()
    await clock.settle()
    expect(peers[1]!.all('WantedHashesMsg').length).toBe(1)
  }
})

test('open offers of one half: two, and a third ends the connection', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf(), { limits: { maxWantedPerPeer: 1 } })
  const peer = new Scripted(node, 1).cursors(1_000)
  node.streamer.subscribe(peer.peer, 'SHELF', 'x')
  await clock.settle()
  // The first is wanted, as nothing is; the others wait.
  for (const from of [1, 11, 21]) {
    peer.offer(false, from, from + 9, ids(from, 10))
    await clock.settle()
  }
  expect(peer.over).toBe(false)
  peer.offer(false, 31, 40, ids(31, 10))
  await clock.settle()
  expect(peer.over).toBe(true)
  expect(await peer.ended).toBe('STREAMER_LIMIT')
})

test('ids that an old peer offers for requests: 4,096, and one more ends the connection', async () => {
  for (const [count, over] of [[4_095, false], [4_096, false], [4_097, true]] as const) {
    const clock = new VirtualClock()
    const peer = new Scripted(new Node(1, clock), 1, false)
    peer.offer(false, 0, 32 * count, ids(1, count), 'RETRIEVE_REQUEST', '')
    await clock.settle()
    expect(peer.over).toBe(over)
    if (!over) expect(peer.all('WantedHashesMsg').map(({ From }) => From)).toEqual([BigInt(32 * count) + 1n])
  }
})

test('peers that one fetch asks: 16', async () => {
  const clock = new VirtualClock()
  const b = new Node(99, clock)
  let asked = 0
  const links = Array.from({ length: 18 }, (_, n) => {
    const a = new Node(n + 1, clock)
    a.streamer.onRequest(async () => { asked++; return undefined })
    return new Link(a, b)
  })
  const failed = expect(b.streamer.fetch(id(1), { candidates: links.map(link => link.toA), accept: () => true })).rejects.toMatchObject({ code: 'STREAMER_NOT_FOUND' })
  await clock.advance(1_000)
  await failed
  expect(asked).toBe(16)
})

test('a request is given up after 10 s, and not before', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const peer = new Scripted(node, 1, false)
  let over = false
  const failed = node.streamer.fetch(id(1), { candidates: [peer.peer], accept: () => true }).catch((error: { code: string }) => { over = true; return error.code })
  await clock.advance(9_999)
  expect(over).toBe(false)
  await clock.advance(2)
  expect(over).toBe(true)
  expect(await failed).toBe('STREAMER_NOT_FOUND')
})

test('hops of a request: no more than 20 go out or come in', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const hops: (number | undefined)[] = []
  node.streamer.onRequest(async (_peer, _address, options) => { hops.push(options.hops); return undefined })
  const peer = new Scripted(node, 1)
  peer.whisper('RetrieveMsg', { Addr: id(1), Hops: 255 })
  peer.whisper('RetrieveMsg', { Addr: id(2), Hops: 3 })
  peer.say('RetrieveRequestMsg', { Addr: id(3), SkipCheck: true })
  void node.streamer.fetch(id(4), { candidates: [peer.peer], accept: () => true, hops: 99 }).catch(() => {})
  await clock.settle()
  expect(hops.sort()).toEqual([20, 3, undefined])
  expect(peer.all('RetrieveMsg').map(({ Addr, Hops }) => [text(Addr) === text(id(4)), Hops])).toEqual([[true, 20]])
  await node.streamer.stop()
})
