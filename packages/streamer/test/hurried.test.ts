import type { Item, StreamType } from '@skep/streamer'
import { describe, expect, test } from 'vitest'
import { body, id, Link, Node, nothingLeft, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const OPEN = 0xffff_ffff_ffff_fffen

function accept (address: Uint8Array, data: Uint8Array): boolean {
  return text(data.subarray(0, 32)) === text(address)
}

const ids = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => id(i + 1))

/** A type that puts items together, after `before` has had its way with them. */
function puttingMany (type: StreamType, before: (items: readonly Item[]) => Promise<void>): StreamType {
  return { ...type, sink: (peer, key) => {
    const sink = type.sink!(peer, key)!
    return { ...sink, putMany: async (items, options) => {
      await before(items)
      return await Promise.all(items.map(async ({ id, data }) => { await sink.put(id, data, options); return undefined }))
    } }
  } }
}

describe('an item that is wanted of a batch, and that somebody waits for by now', () => {
  /** A node that has wanted 20 items of a peer and then asks for the last of them by itself. */
  async function waiting (native: boolean = true): Promise<{ clock: VirtualClock, node: Node, peer: Scripted, fetched: Promise<Uint8Array> }> {
    const clock = new VirtualClock()
    const node = new Node(1, clock)
    const peer = new Scripted(node, 1, native)
    if (native) peer.cursors(20)
    node.streamer.subscribe(peer.peer, 'SHELF', 'x')
    await clock.settle()
    peer.offer(!native, 1, 20, ids(20))
    await clock.settle()
    expect(peer.all('WantedHashesMsg').length).toBe(1)
    const fetched = node.streamer.fetch(id(20), { candidates: [peer.peer], accept })
    fetched.catch(() => {})
    await clock.settle()
    return { clock, node, peer, fetched }
  }

  const deliver = (peer: Scripted, n: number): void => { peer.say('ChunkDeliveryMsg', { Addr: id(n), SData: body(id(n)) }) }

  test('is asked of the same peer by itself, once, and settles both', async () => {
    const { clock, node, peer, fetched } = await waiting()
    expect(peer.all('RetrieveMsg').map(({ Addr }) => text(Addr))).toEqual([text(id(20))])
    const again = node.streamer.fetch(id(20), { candidates: [peer.peer], accept })
    await clock.settle()
    expect(peer.all('RetrieveMsg').length).toBe(1)
    deliver(peer, 20)
    expect(text(await fetched)).toBe(text(body(id(20))))
    expect(text(await again)).toBe(text(body(id(20))))
    for (let n = 1; n < 20; n++) deliver(peer, n)
    await clock.advance(1_000)
    expect(node.shelf.items.size).toBe(20)
    expect(node.streamer.counters).toMatchObject({ bodiesReceived: 20, bodiesStored: 20, duplicates: 0, unsolicited: 0 })
    expect(node.streamer.handles.asks).toBe(0)
    await node.streamer.stop()
    expect(nothingLeft(node.streamer)).toBe(true)
  })

  test('may come a second time, where the answer met it on its way: that is a duplicate and no fault', async () => {
    const { clock, node, peer, fetched } = await waiting()
    for (let n = 1; n <= 20; n++) deliver(peer, n)
    deliver(peer, 20)
    await clock.advance(100)
    await fetched
    expect(node.streamer.counters).toMatchObject({ bodiesReceived: 21, bodiesStored: 20, duplicates: 1, unsolicited: 0 })
    expect(peer.over).toBe(false)
    await node.streamer.stop()
  })

  test('does not make those before it late', async () => {
    const { clock, node, peer, fetched } = await waiting()
    const other = new Scripted(node, 2).cursors(20)
    node.streamer.subscribe(other.peer, 'SHELF', 'x')
    await clock.settle()
    deliver(peer, 20)
    await fetched
    other.offer(false, 1, 20, ids(20))
    // The others come at a pace that is in time only if each counts from the one before.
    for (let n = 1; n < 20; n++) {
      await clock.advance(2_000)
      deliver(peer, n)
    }
    await clock.settle()
    expect(node.shelf.items.size).toBe(20)
    expect(other.all('RetrieveMsg')).toEqual([])
    await node.streamer.stop()
  })

  test('stays in its batch where the peer finds nothing to answer', async () => {
    const { clock, node, peer, fetched } = await waiting()
    peer.whisper('NotFoundMsg', { Addr: id(20) })
    await clock.advance(500)
    expect(node.streamer.handles.asks).toBe(20)
    for (let n = 1; n <= 20; n++) deliver(peer, n)
    expect(text(await fetched)).toBe(text(body(id(20))))
    await clock.settle()
    expect(node.streamer.counters).toMatchObject({ bodiesReceived: 20, bodiesStored: 20, unsolicited: 0 })
    await node.streamer.stop()
  })

  test('is lost to who waits when its peer has it no more', async () => {
    const { clock, node, peer, fetched } = await waiting()
    peer.whisper('NotFoundMsg', { Addr: id(20) })
    peer.whisper('CannotDeliverMsg', { Ids: [id(20)] })
    await clock.settle()
    await expect(fetched).rejects.toMatchObject({ code: 'STREAMER_NOT_FOUND' })
    await node.streamer.stop()
  })

  test('is asked of the same peer also when that is late with it by then, and of others meanwhile', async () => {
    const clock = new VirtualClock()
    const node = new Node(1, clock)
    const peer = new Scripted(node, 1).cursors(20)
    const other = new Scripted(node, 2)
    node.streamer.subscribe(peer.peer, 'SHELF', 'x')
    await clock.settle()
    peer.offer(false, 1, 20, ids(20))
    // It sends nothing for so long that all of it is late.
    await clock.advance(11_000)
    const alone = node.streamer.fetch(id(20), { candidates: [peer.peer], accept })
    const both = node.streamer.fetch(id(19), { candidates: [other.peer], accept })
    await clock.settle()
    expect(peer.all('RetrieveMsg').map(({ Addr }) => text(Addr))).toEqual([text(id(20)), text(id(19))])
    expect(other.all('RetrieveMsg').map(({ Addr }) => text(Addr))).toEqual([text(id(19))])
    deliver(peer, 20)
    deliver(peer, 19)
    expect(text(await alone)).toBe(text(body(id(20))))
    expect(text(await both)).toBe(text(body(id(19))))
    for (let n = 1; n < 19; n++) deliver(peer, n)
    await clock.settle()
    expect(other.all('CancelMsg').length).toBe(1)
    expect(node.streamer.counters).toMatchObject({ bodiesReceived: 20, bodiesStored: 20, duplicates: 0, unsolicited: 0 })
    await node.streamer.stop()
    expect(nothingLeft(node.streamer)).toBe(true)
  })

  test('is asked of an old peer as well when it is late and nobody else is left, and may come twice then', async () => {
    const { clock, node, peer, fetched } = await waiting(false)
    expect(peer.all('RetrieveRequestMsg')).toEqual([])
    await clock.advance(2_100)
    expect(peer.all('RetrieveRequestMsg').map(({ Addr }) => text(Addr))).toEqual([text(id(20))])
    deliver(peer, 20)
    expect(text(await fetched)).toBe(text(body(id(20))))
    for (let n = 1; n <= 20; n++) deliver(peer, n)
    await clock.settle()
    expect(node.streamer.counters).toMatchObject({ bodiesReceived: 21, bodiesStored: 20, duplicates: 1, unsolicited: 0 })
    expect(peer.over).toBe(false)
    await node.streamer.stop()
    expect(nothingLeft(node.streamer)).toBe(true)
  })

  test('is not asked again at once of an old peer, who would send it twice', async () => {
    const { clock, node, peer, fetched } = await waiting(false)
    expect(peer.all('RetrieveRequestMsg')).toEqual([])
    for (let n = 1; n <= 20; n++) deliver(peer, n)
    await fetched
    await clock.settle()
    expect(node.streamer.counters).toMatchObject({ bodiesReceived: 20, duplicates: 0 })
    await node.streamer.stop()
  })
})

test('an item of an offer that is not answered yet is asked of its peer at once when somebody waits for it, and not again with the offer', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf(), { limits: { maxBatchesInFlight: 1 } })
  const peer = new Scripted(node, 1).cursors(20)
  node.streamer.subscribe(peer.peer, 'SHELF', 'x')
  await clock.settle()
  peer.offer(false, 1, 10, ids(10))
  await clock.settle()
  peer.offer(false, 11, 20, ids(20).slice(10))
  await clock.settle()
  expect(peer.all('WantedHashesMsg').length).toBe(1)
  const fetched = node.streamer.fetch(id(20), { candidates: [], accept })
  const absent = node.streamer.fetch(id(19), { candidates: [], accept })
  absent.catch(() => {})
  await clock.settle()
  expect(peer.all('RetrieveMsg').map(({ Addr }) => text(Addr))).toEqual([text(id(20)), text(id(19))])
  peer.say('ChunkDeliveryMsg', { Addr: id(20), SData: body(id(20)) })
  peer.whisper('NotFoundMsg', { Addr: id(19) })
  expect(text(await fetched)).toBe(text(body(id(20))))
  await expect(absent).rejects.toMatchObject({ code: 'STREAMER_NOT_FOUND' })
  for (let n = 1; n <= 10; n++) peer.say('ChunkDeliveryMsg', { Addr: id(n), SData: body(id(n)) })
  await clock.settle()
  // What it did not find by itself may be there with the batch.
  expect(peer.all('WantedHashesMsg').map(({ Want }) => [...Want])).toEqual([[255, 3], [255, 1]])
  for (let n = 11; n <= 19; n++) peer.say('ChunkDeliveryMsg', { Addr: id(n), SData: body(id(n)) })
  await clock.settle()
  expect(node.streamer.counters).toMatchObject({ bodiesReceived: 20, bodiesStored: 20, duplicates: 0, unsolicited: 0 })
  await node.streamer.stop()
  expect(nothingLeft(node.streamer)).toBe(true)
})

describe('a peer that wants a batch and then asks for one of its items', () => {
  /** A node whose disk reads one part at a time, when it is told to; a peer that has wanted all of its 120 items. */
  async function serving (answer: (address: Uint8Array) => Promise<Uint8Array | undefined>): Promise<{ clock: VirtualClock, node: Node, peer: Scripted, read: () => void }> {
    const clock = new VirtualClock()
    const shelf = new Shelf().fill(1, 120)
    const type = shelf.type()
    const reading: (() => void)[] = []
    const slow: StreamType = { ...type, source: (peer, key) => {
      const source = type.source!(peer, key)!
      return { ...source, read: async (wanted, options) => {
        await new Promise<void>(resolve => { reading.push(resolve) })
        return await source.read(wanted, options)
      } }
    } }
    const node = new Node(1, clock, shelf, {}, [slow])
    node.streamer.onRequest(async (_peer, address) => await answer(address))
    const peer = new Scripted(node, 1)
    peer.on = (name, value) => {
      if (name === 'OfferedHashesMsg') peer.say('WantedHashesMsg', { Stream: value.Stream, Want: new Uint8Array(15).fill(255), From: OPEN, To: OPEN })
    }
    peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: false }, History: { From: 1n, To: 120n }, Priority: 0 })
    await clock.settle()
    return { clock, node, peer, read: () => { for (const go of reading.splice(0)) go() } }
  }

  const delivered = (peer: Scripted): string[] => peer.all('ChunkDeliveryMsg').map(({ Addr }) => text(Addr))

  test('gets it at once, and not again with the batch', async () => {
    const { clock, node, peer, read } = await serving(async address => body(address))
    peer.whisper('RetrieveMsg', { Addr: id(100), Hops: 1 })
    await clock.settle()
    expect(delivered(peer)).toEqual([text(id(100))])
    for (let part = 0; part < 3; part++) {
      read()
      await clock.advance(100)
    }
    expect(delivered(peer).sort()).toEqual(ids(120).map(text).sort())
    await node.streamer.stop()
    expect(nothingLeft(node.streamer)).toBe(true)
  })

  test('gets it with the batch where there is no other answer', async () => {
    const { clock, node, peer, read } = await serving(async () => undefined)
    peer.whisper('RetrieveMsg', { Addr: id(100), Hops: 1 })
    await clock.settle()
    expect(peer.all('NotFoundMsg').length).toBe(1)
    for (let part = 0; part < 3; part++) {
      read()
      await clock.advance(100)
    }
    expect(delivered(peer)).toEqual(ids(120).map(text))
    await node.streamer.stop()
  })
})

test('a body that is here already and waits its turn to be stored is checked at once when somebody asks for it', async () => {
  const clock = new VirtualClock()
  const shelf = new Shelf()
  const type = shelf.type()
  const puts: { ids: string[], go: () => void }[] = []
  const slow = puttingMany(type, async items => {
    await new Promise<void>(resolve => { puts.push({ ids: items.map(({ id }) => text(id)), go: resolve }) })
  })
  const b = new Node(9, clock, shelf, {}, [slow])
  const peers = [new Node(1, clock, new Shelf().fill(1, 400)), new Node(2, clock, new Shelf().fill(401, 800))].map(one => new Link(one, b).toA)
  for (const peer of peers) b.streamer.subscribe(peer, 'SHELF', 'x')
  await clock.advance(200)
  // What is being stored holds up the rest: two batches of each peer are here.
  const busy = puts.flatMap(put => put.ids)
  expect(b.streamer.counters.bodiesReceived).toBeGreaterThan(busy.length)
  const last = ids(656).filter(one => !busy.includes(text(one))).at(-1)!
  const fetched = b.streamer.fetch(last, { candidates: [peers[1]!], accept })
  await clock.settle()
  expect(text(await fetched)).toBe(text(body(last)))
  expect(b.streamer.counters.bodiesFetched).toBe(0)
  for (let round = 0; round < 50; round++) {
    for (const { go } of puts.splice(0)) go()
    await clock.advance(100)
  }
  expect(shelf.items.size).toBe(800)
  expect(b.streamer.counters).toMatchObject({ bodiesReceived: 800, bodiesStored: 800, duplicates: 0 })
  await b.streamer.stop()
})

describe('bodies that came together', () => {
  /** The largest put of a history that is asked for so many milliseconds after somebody got an item; `undefined` when nobody asked for one. */
  async function largestPut (since: number | undefined): Promise<number> {
    const clock = new VirtualClock()
    const shelf = new Shelf()
    const type = shelf.type()
    const sizes: number[] = []
    const counted = puttingMany(type, async items => { sizes.push(items.length) })
    const a = new Node(1, clock, new Shelf().fill(1, 400))
    const b = new Node(9, clock, shelf, {}, [counted])
    const { toA } = new Link(a, b)
    a.streamer.onRequest(async (_peer, address) => body(address))
    await clock.settle()
    if (since !== undefined) {
      const fetched = b.streamer.fetch(id(999), { candidates: [toA], accept })
      await clock.settle()
      expect(text(await fetched)).toBe(text(body(id(999))))
      await clock.advance(since)
    }
    b.streamer.subscribe(toA, 'SHELF', 'x', { live: false })
    await clock.advance(1_000)
    expect(shelf.items.size).toBe(400)
    await b.streamer.stop()
    await a.streamer.stop()
    return Math.max(...sizes)
  }

  test('are put together', async () => {
    expect(await largestPut(undefined)).toBeGreaterThan(16)
  })

  test('are put in small parts for a moment after somebody got an item, who may ask for the next', async () => {
    expect(await largestPut(20)).toBeLessThanOrEqual(16)
    expect(await largestPut(60)).toBeGreaterThan(16)
  })
})
