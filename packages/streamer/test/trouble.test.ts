import { IntervalsStore } from '@skep/intervals-store'
import type { StreamerTrouble } from '@skep/streamer'
import { expect, test } from 'vitest'
import { id, Link, Node, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const OPEN = 0xffff_ffff_ffff_ffffn

const record = (node: Node, peer: Uint8Array, epoch: string): Parameters<IntervalsStore['seal']>[0][number] =>
  ({ id: { peer: text(peer), stream: 'SHELF|x', epoch }, from: 1, to: 500, ...(epoch === '' ? { mark: { index: 500, id: id(500) } } : {}) })

/** A node that notes what it is told, and whose listener fails. */
function listening (clock: VirtualClock, shelf: Shelf = new Shelf()): { node: Node, heard: StreamerTrouble[] } {
  const heard: StreamerTrouble[] = []
  const node = new Node(2, clock, shelf, { onTrouble: trouble => { heard.push(trouble); throw new Error('the log is full') } })
  return { node, heard }
}

test('a peer that has less than was recorded is told of', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 100))
  const { node: b, heard } = listening(clock)
  await new IntervalsStore(b.store).seal([record(b, a.overlay, 'one')])
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(1_000)
  expect(heard).toEqual([{ peer: link.toA, stream: 'SHELF|x', what: 'shrunk' }])
  expect(b.shelf.items.size).toBe(100)
})

test('an old peer whose store is another one is told of', async () => {
  const clock = new VirtualClock()
  const { node, heard } = listening(clock)
  await new IntervalsStore(node.store).seal([record(node, id(1, 0xeeee), '')])
  const old = new Scripted(node, 1, false)
  node.streamer.subscribe(old.peer, 'SHELF', 'x')
  await clock.settle()
  old.offer(false, 500, 500, [id(7)])
  await clock.settle()
  expect(heard).toEqual([{ peer: old.peer, stream: 'SHELF|x', what: 'replaced' }])
})

test('records that cannot be read or written are told of, and nothing is lost', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 100))
  const { node: b, heard } = listening(clock)
  const { getMany, batch } = b.store
  const broken = new Error('the disk is gone')
  b.store.getMany = async () => { throw broken }
  b.store.batch = async () => { throw broken }
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(500)
  expect(heard.map(({ what }) => what)).toEqual(['unread', 'unrecorded'])
  expect(heard.every(({ peer, stream, cause }) => peer === link.toA && stream === 'SHELF|x' && cause !== undefined)).toBe(true)
  b.store.getMany = getMany
  b.store.batch = batch
  await clock.advance(10_000)
  expect(b.streamer.status().map(({ synced }) => synced)).toEqual([true, true])
  expect([b.shelf.items.size, b.streamer.counters.bodiesReceived]).toEqual([100, 100])
})

test('a sink that rejects when a batch is done is told of', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 10))
  const shelf = new Shelf()
  const type = shelf.type()
  const why = new Error('no')
  const heard: StreamerTrouble[] = []
  const b = new Node(2, clock, shelf, { onTrouble: trouble => { heard.push(trouble) } }, [{ ...type, sink: (...all) => ({ ...type.sink!(...all)!, done: async () => { throw why } }) }])
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(500)
  expect(heard).toEqual([{ peer: link.toA, stream: 'SHELF|x', what: 'unrecorded', cause: why }])
})

test('what an old peer has taken and cannot be read or recorded is told of, and it is served all the same', async () => {
  const clock = new VirtualClock()
  const { node, heard } = listening(clock, new Shelf().fill(1, 20))
  const broken = new Error('the disk is gone')
  node.store.get = node.store.getMany = node.store.batch = async () => { throw broken }
  const old = new Scripted(node, 1, false)
  old.on = (name, value) => {
    if (name === 'RequestSubscriptionMsg') old.say('SubscribeMsg', value)
    if (name === 'OfferedHashesMsg') old.say('WantedHashesMsg', { Stream: value.Stream, Want: new Uint8Array(3).fill(255), From: value.To + 1n, To: OPEN })
  }
  node.streamer.requestSubscription(old.peer, 'SHELF', 'x')
  await clock.settle()
  // Reading it, and not yet writing.
  expect(heard.length).toBe(1)
  await clock.advance(20_000)
  expect(new Set(heard.map(({ what }) => what))).toEqual(new Set(['reoffered']))
  expect(heard.length).toBeGreaterThan(1)
  expect(heard.every(({ peer, stream, cause }) => peer === old.peer && stream === 'SHELF|x' && cause !== undefined)).toBe(true)
  expect(old.all('ChunkDeliveryMsg').length).toBe(20)
})
