import { nativeSpec, type BatchDone, type StreamType } from '@skep/streamer'
import { decodeMessage } from '@skep/wire'
import { describe, expect, test } from 'vitest'
import { body, id, Node, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const ids = (from: number, count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => id(from + i))
const MAX = 2 ** 53 - 1

/** A node that has asked a scripted peer for a stream. */
async function asked (options: { live?: boolean, history?: boolean } = {}, last: number = 1_000, types?: readonly StreamType[], shelf: Shelf = new Shelf()) {
  const clock = new VirtualClock()
  const node = new Node(1, clock, shelf, {}, types)
  const peer = new Scripted(node, 1).cursors(last)
  node.streamer.subscribe(peer.peer, 'SHELF', 'x', options)
  await clock.settle()
  return { clock, node, peer }
}

describe('below, at and above its limit', () => {
  test.each([[127, undefined], [128, undefined], [129, 'STREAMER_LIMIT']])('an offer of %i ids: %s', async (count, code) => {
    const { clock, node, peer } = await asked()
    peer.offer(false, 1, count, ids(1, count))
    await clock.settle()
    expect(peer.all('WantedHashesMsg').map(({ From }) => From)).toEqual(code === undefined ? [BigInt(count + 1)] : [])
    expect(peer.over).toBe(code !== undefined)
    if (code !== undefined) expect(await peer.ended).toBe(code)
    await node.streamer.stop()
  })

  test.each([[4_200, true], [4_201, true], [4_202, false]])('a body of %i bytes: taken is %s', async (size, taken) => {
    const { clock, node, peer } = await asked()
    peer.offer(false, 1, 1, [id(1)])
    await clock.settle()
    peer.say('ChunkDeliveryMsg', { Addr: id(1), SData: body(id(1), size) })
    await clock.settle()
    expect(node.shelf.has(1)).toBe(taken)
    expect(node.streamer.counters.bodiesReceived).toBe(1)
    // One that is too long counts as invalid, and costs no connection.
    expect(peer.over).toBe(false)
    await node.streamer.stop()
  })

  test.each([[4_200, true], [4_201, true], [4_202, false]])('an item of %i bytes of ours: sent is %s', async (size, sent) => {
    const clock = new VirtualClock()
    const shelf = new Shelf()
    shelf.add(id(1), body(id(1), size))
    const node = new Node(1, clock, shelf)
    const peer = new Scripted(node, 1)
    peer.on = (name, { Stream }) => {
      if (name === 'OfferedHashesMsg') peer.say('WantedHashesMsg', { Stream, Want: Uint8Array.of(1), From: 2n ** 64n - 2n, To: 2n ** 64n - 1n })
    }
    peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: false }, History: { From: 1n, To: 1n }, Priority: 1 })
    await clock.settle()
    expect(peer.all('ChunkDeliveryMsg').map(({ SData }) => SData.length)).toEqual(sent ? [size] : [])
    expect(peer.all('CannotDeliverMsg').flatMap(({ Ids }) => Ids.map(text))).toEqual(sent ? [] : [text(id(1))])
    await node.streamer.stop()
  })

  test.each([[65_535, undefined], [65_536, undefined], [65_537, 'STREAMER_LIMIT']])('an empty offer over %i indices: %s', async (count, code) => {
    const { clock, node, peer } = await asked()
    peer.offer(true, 1_001, 1_000 + count, [])
    await clock.settle()
    expect(peer.all('WantedHashesMsg').map(({ From }) => From)).toEqual(code === undefined ? [BigInt(1_001 + count)] : [])
    if (code !== undefined) expect(await peer.ended).toBe(code)
    await node.streamer.stop()
  })

  test.each([[65_535, [65_535]], [65_536, [65_536]], [65_537, [65_536, 65_537]]])('%i indices of ours without an item are passed over in offers up to %j', async (count, ends) => {
    const clock = new VirtualClock()
    const shelf = new Shelf()
    for (let n = 0; n < count; n++) shelf.order.push(undefined)
    const node = new Node(1, clock, shelf)
    const peer = new Scripted(node, 1)
    peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: false }, History: { From: 1n, To: BigInt(count) }, Priority: 1 })
    await clock.settle()
    expect(peer.all('OfferedHashesMsg').map(({ To, Hashes }) => [Number(To), Hashes.length])).toEqual(ends.map(end => [end, 0]))
    await node.streamer.stop()
  })

  test.each([[MAX - 1, BigInt(MAX)], [MAX, 2n ** 64n - 2n], [MAX + 1, undefined]])('an offer of the index %i: then from %s', async (index, next) => {
    const { clock, node, peer } = await asked({ history: false })
    peer.offer(true, index, index, [id(1)])
    await clock.settle()
    expect(peer.all('WantedHashesMsg').map(({ From }) => From)).toEqual(next === undefined ? [] : [next])
    expect(peer.over).toBe(next === undefined)
    if (next === undefined) expect(await peer.ended).toBe('STREAMER_BAD_MESSAGE')
    await node.streamer.stop()
  })

  test.each([[MAX - 1, false], [MAX, false], [MAX + 1, true]])('a cursor of %i: refused is %s', async (last, refused) => {
    const { node, peer } = await asked({ live: false }, last)
    expect(peer.all('SubscribeMsg').filter(({ Stream }) => Stream.Name === 'SHELF').map(({ History }) => History)).toEqual(refused ? [] : [{ From: 1n, To: BigInt(last) }])
    expect(peer.over).toBe(refused)
    if (refused) expect(await peer.ended).toBe('STREAMER_BAD_MESSAGE')
    await node.streamer.stop()
  })

  test.each([[MAX - 1, false], [MAX, false], [MAX + 1, true]])('a subscription from index %i: refused is %s', async (from, refused) => {
    const clock = new VirtualClock()
    const node = new Node(1, clock, new Shelf().fill(1, 3))
    const peer = new Scripted(node, 1)
    peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: false }, History: { From: BigInt(from), To: 0n }, Priority: 1 })
    await clock.settle()
    expect(peer.over).toBe(refused)
    if (refused) expect(await peer.ended).toBe('STREAMER_BAD_MESSAGE')
    await node.streamer.stop()
  })

  test.each([[19, 19], [20, 20], [21, 20]])('a request with %i hops: %i', async (hops, most) => {
    const clock = new VirtualClock()
    const node = new Node(1, clock)
    const heard: (number | undefined)[] = []
    node.streamer.onRequest(async (_peer, _address, options) => { heard.push(options.hops); return undefined })
    const peer = new Scripted(node, 1)
    peer.whisper('RetrieveMsg', { Addr: id(1), Hops: hops })
    void node.streamer.fetch(id(2), { candidates: [peer.peer], accept: () => true, hops }).catch(() => {})
    await clock.settle()
    expect(heard).toEqual([most])
    expect(peer.all('RetrieveMsg').map(({ Hops }) => Hops)).toEqual([most])
    await node.streamer.stop()
  })

  // The code beside the message is not counted, as in the original.
  test.each([[131_071, 'WIRE_DECODE'], [131_072, 'WIRE_DECODE'], [131_073, 'WIRE_MESSAGE_TOO_LONG']])('a message of skep-stream of %i bytes: %s', (size, code) => {
    expect(() => decodeMessage(nativeSpec, new Uint8Array(1 + size))).toThrow(expect.objectContaining({ code }))
  })

  test.each([[126, 0], [128, 0], [130, 1]])('%i halves of streams served to a peer: %i of the streams are refused', async (halves, refused) => {
    const clock = new VirtualClock()
    const node = new Node(1, clock, new Shelf().fill(1, 3))
    const peer = new Scripted(node, 1)
    // A stream has two, whether both are asked for or not.
    for (let key = 0; key < halves / 2; key++) peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: String(key), Live: true }, History: { From: 1n, To: 3n }, Priority: 2 })
    await clock.settle()
    expect(peer.all('RefusedMsg').length).toBe(refused)
    expect(peer.all('OfferedHashesMsg').length).toBe(halves / 2 - refused)
    expect(peer.over).toBe(false)
    await node.streamer.stop()
  })
})

test('a batch waits 30 s for an item that does not come, and no longer', async () => {
  const done: BatchDone[] = []
  const shelf = new Shelf()
  const type = shelf.type()
  const { clock, node, peer } = await asked({ live: false }, 10, [{ ...type, sink: (at, key) => ({ ...type.sink!(at, key)!, done: async batch => { done.push(batch) } }) }], shelf)
  peer.offer(false, 1, 10, ids(1, 10))
  await clock.settle()
  for (const one of ids(1, 9)) peer.say('ChunkDeliveryMsg', { Addr: one, SData: body(one) })
  await clock.advance(29_999)
  expect(done).toEqual([])
  await clock.advance(1)
  expect(done.map(({ outcomes }) => outcomes.at(-1))).toEqual(['late'])
  expect(peer.over).toBe(false)
  await node.streamer.stop()
})
