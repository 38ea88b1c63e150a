import { expect, test } from 'vitest'
import { body, id, Node, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const OPEN = 0xffff_ffff_ffff_ffffn

/** What a peer gets that wants all of a shelf with items of these sizes. */
async function wanted (sizes: number[], { native = true, nativeSize = 128 * 1024 }: { native?: boolean, nativeSize?: number } = {}): Promise<{ packs: number[], sizes: number[] }> {
  const clock = new VirtualClock()
  const shelf = new Shelf()
  for (const [i, size] of sizes.entries()) shelf.add(id(i + 1), body(id(i + 1), size))
  const node = new Node(1, clock, shelf, { limits: { maxItem: 60_000, maxQueued: 8 << 20 } })
  const peer = new Scripted(node, 1, native, undefined, nativeSize)
  peer.on = (name, value) => {
    if (name === 'OfferedHashesMsg') peer.say('WantedHashesMsg', { Stream: value.Stream, Want: new Uint8Array(Math.floor(value.Hashes.length / 256) + 1).fill(255), From: OPEN - 1n, To: OPEN })
  }
  peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: false }, History: { From: 1n, To: BigInt(sizes.length) }, Priority: 0 })
  await clock.advance(1_000)
  const came = peer.all('ChunkDeliveryMsg').map(({ Addr, SData }) => [text(Addr), SData.length])
  expect(new Map(came as [string, number][])).toEqual(new Map(sizes.map((size, i) => [text(id(i + 1)), size])))
  expect(node.streamer.counters.bodiesSent).toBe(sizes.length)
  expect(node.streamer.load.queued).toEqual([0, 0, 0, 0])
  await node.streamer.stop()
  return { packs: peer.packs, sizes: came.map(([, size]) => size as number) }
}

const chunks = (count: number): number[] => Array.from({ length: count }, () => 4_104)

test('a native peer gets seven chunks in a message', async () => {
  expect((await wanted(chunks(40))).packs).toEqual([7, 7, 7, 7, 7, 5])
  expect((await wanted([20_000, 9_000, 100, 28_000, 900, 100])).packs).toEqual([2, 3, 1])
})

test('an old peer gets each by itself', async () => {
  expect((await wanted(chunks(40), { native: false })).packs).toEqual([])
})

test('what is larger than a message of several goes out by itself, and what is smaller does not wait for it', async () => {
  const { packs, sizes } = await wanted([4_104, 40_000, 4_104, 29_001, 29_000])
  expect(packs).toEqual([2, 1])
  expect(sizes.sort((a, b) => a - b)).toEqual([4_104, 4_104, 29_000, 29_001, 40_000])
})

test('a conn of small messages gets smaller ones', async () => {
  expect((await wanted(chunks(10), { nativeSize: 20_000 })).packs).toEqual([2, 2, 2, 2, 2])
  expect((await wanted(chunks(10), { nativeSize: 8_000 })).packs).toEqual([])
})

test('of several items in a message each is taken for what it is', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const peer = new Scripted(node, 1).cursors(4)
  node.streamer.subscribe(peer.peer, 'SHELF', 'x', { live: false })
  await clock.settle()
  peer.offer(false, 1, 4, [1, 2, 3, 4].map(n => id(n)))
  await clock.settle()
  expect(peer.all('WantedHashesMsg').length).toBe(1)
  peer.whisper('DeliveriesMsg', { Items: [
    { Addr: id(1), SData: body(id(1)) }, { Addr: id(2), SData: body(id(9)) }, { Addr: id(8), SData: body(id(8)) }, { Addr: id(4), SData: body(id(4)) }
  ] })
  await clock.settle()
  expect(new Set(node.shelf.items.keys())).toEqual(new Set([text(id(1)), text(id(4))]))
  expect(node.streamer.counters).toMatchObject({ bodiesReceived: 3, bodiesStored: 2, bodiesInvalid: 1, unsolicited: 1 })
  expect(peer.over).toBe(false)
  await node.streamer.stop()
})
