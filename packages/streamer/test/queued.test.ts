import type { StreamType } from '@skep/streamer'
import { expect, test } from 'vitest'
import { id, Node, nothingLeft, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const MAX_ITEM = 4_201
/** Items of this size that fit in one message. */
const PACKED = 6
/** As `From` and `To` of a Wanted after which nothing more is to be offered. */
const OPEN = 0xffff_ffff_ffff_fffen

/** A shelf of `count` items that counts those it reads, and a peer that wants all of it, by as many streams, and takes nothing until `take` is called. */
function slow (clock: VirtualClock, count: number, streams: number, maxQueued: number): { node: Node, peer: Scripted, read: () => number, take: () => void } {
  const shelf = new Shelf()
  for (let n = 1; n <= count; n++) shelf.add(id(n), new Uint8Array(MAX_ITEM).fill(n))
  const type = shelf.type()
  let read = 0
  const counting: StreamType = { ...type, source: (peer, key) => {
    const source = type.source!(peer, key)!
    return { ...source, read: async (ids, options) => {
      read += ids.length
      return await source.read(ids, options)
    } }
  } }
  const node = new Node(1, clock, shelf, { limits: { maxQueued } }, [counting])
  const peer = new Scripted(node, 1, true, 2 * MAX_ITEM)
  let take = (): void => {}
  peer.busy = new Promise(resolve => { take = resolve })
  peer.on = (name, value) => {
    if (name === 'OfferedHashesMsg') peer.say('WantedHashesMsg', { Stream: value.Stream, Want: new Uint8Array(Math.floor(value.Hashes.length / 256) + 1).fill(255), From: OPEN, To: OPEN })
  }
  for (let n = 0; n < streams; n++) {
    peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: String(n), Live: false }, History: { From: 1n, To: BigInt(count) }, Priority: 0 })
  }
  return { node, peer, read: () => read, take }
}

/** Bytes of items that wait to be sent. */
const waiting = (node: Node): number => node.streamer.load.queued.reduce((sum, bytes) => sum + bytes, 0)

test('however many streams a slow peer wants, no more is read for it than may wait to be sent', async () => {
  for (const [room, most] of [[1, 1], [40, 40], [64, 56], [100, 56], [125, 112]] as const) {
    const clock = new VirtualClock()
    const { node, peer, read, take } = slow(clock, 100, 20, room * MAX_ITEM)
    await clock.settle()
    // Two messages have gone out into the window of the conn, and a part goes before the next is read.
    expect(read()).toBeGreaterThanOrEqual(most)
    expect(read()).toBeLessThanOrEqual(most + 2 * PACKED)
    expect(waiting(node)).toBeGreaterThan(0)
    expect(waiting(node)).toBeLessThanOrEqual(room * MAX_ITEM)
    take()
    await clock.advance(1_000)
    expect(peer.all('ChunkDeliveryMsg').length).toBe(2_000)
    expect(node.streamer.load.queued).toEqual([0, 0, 0, 0])
    await node.streamer.stop()
  }
})

test('a stream that is ended gives way to those that wait behind it', async () => {
  const clock = new VirtualClock()
  const { node, peer, read, take } = slow(clock, 32, 3, 32 * MAX_ITEM)
  await clock.settle()
  expect(read()).toBe(32)
  // The second one, which waits for room.
  peer.say('UnsubscribeMsg', { Stream: { Name: 'SHELF', Key: '1', Live: false } })
  await clock.settle()
  take()
  await clock.advance(1_000)
  expect(read()).toBe(64)
  expect(peer.all('ChunkDeliveryMsg').length).toBe(64)
  await node.streamer.stop()
})

test('a peer that leaves while its streams wait for room leaves nothing behind', async () => {
  const clock = new VirtualClock()
  const { node, peer, read } = slow(clock, 100, 20, 32 * MAX_ITEM)
  await clock.settle()
  peer.leave()
  await clock.settle()
  expect(read()).toBeLessThanOrEqual(32 + 2 * PACKED)
  expect(nothingLeft(node.streamer)).toBe(true)
  expect(node.streamer.load.queued).toEqual([0, 0, 0, 0])
})

test('answers to requests that a peer does not take have a bound as well: it is told that there are none', async () => {
  const clock = new VirtualClock()
  const { node, peer, take } = slow(clock, 1, 0, 10 * MAX_ITEM)
  node.streamer.onRequest(async (_peer, address) => new Uint8Array(MAX_ITEM).fill(address[31]!))
  for (let n = 0; n < 60; n++) peer.whisper('RetrieveMsg', { Addr: id(n), Hops: 1 })
  await clock.settle()
  expect(node.streamer.load.queued[3]).toBeLessThanOrEqual(10 * MAX_ITEM)
  take()
  await clock.advance(1_000)
  const missing = peer.all('NotFoundMsg').length
  expect(missing).toBeGreaterThan(40)
  expect(peer.all('ChunkDeliveryMsg').length).toBe(60 - missing)
  expect(peer.over).toBe(false)
  expect(node.streamer.counters.bodiesSent).toBe(60 - missing)
  await node.streamer.stop()
})

test('an item whose answer finds no room stays in the batch that the peer has wanted it of', async () => {
  const clock = new VirtualClock()
  const { node, peer, take } = slow(clock, 40, 1, 10 * MAX_ITEM)
  node.streamer.onRequest(async (_peer, address) => new Uint8Array(MAX_ITEM).fill(address[31]!))
  await clock.settle()
  for (let n = 0; n < 30; n++) peer.whisper('RetrieveMsg', { Addr: id(1_000 + n), Hops: 1 })
  await clock.settle()
  peer.whisper('RetrieveMsg', { Addr: id(40), Hops: 1 })
  await clock.settle()
  take()
  await clock.advance(1_000)
  expect(peer.all('NotFoundMsg').at(-1)).toEqual({ Addr: id(40) })
  const came = peer.all('ChunkDeliveryMsg').filter(({ Addr }) => text(Addr) === text(id(40)))
  expect(came.map(({ SData }) => SData[0])).toEqual([40])
  await node.streamer.stop()
})

test('a request overtakes what history has queued', async () => {
  const clock = new VirtualClock()
  const { node, peer, take } = slow(clock, 100, 20, 64 * MAX_ITEM)
  node.streamer.onRequest(async () => new Uint8Array(MAX_ITEM).fill(255))
  await clock.settle()
  const before = peer.all('ChunkDeliveryMsg').length
  peer.whisper('RetrieveMsg', { Addr: id(1_000), Hops: 1 })
  await clock.settle()
  take()
  await clock.advance(1_000)
  const at = peer.all('ChunkDeliveryMsg').findIndex(({ SData }) => SData[0] === 255)
  // What was in the window of the conn is before it, and no more.
  expect(at).toBeLessThanOrEqual(before + 2 * PACKED)
  await node.streamer.stop()
})
