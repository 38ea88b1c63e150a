import { describe, expect, test } from 'vitest'
import { body, id, Link, Node, nothingLeft, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

function accept (address: Uint8Array, data: Uint8Array): boolean {
  return text(data.subarray(0, 32)) === text(address)
}

/** Answers requests from the node's shelf. */
function answering (node: Node): Node {
  node.streamer.onRequest(async (_peer, address) => node.shelf.items.get(text(address)))
  return node
}

for (const native of [true, false]) {
  describe(native ? 'between native peers' : 'with peers that have stream/5 alone', () => {
    test('an item is fetched from whoever has it', async () => {
      const clock = new VirtualClock()
      const b = new Node(9, clock)
      const peers = [answering(new Node(1, clock)), answering(new Node(2, clock, new Shelf().fill(1, 5)))]
      const links = peers.map(a => new Link(a, b, { native, latency: 10 }))
      const fetched = b.streamer.fetch(id(3), { candidates: links.map(link => link.toA), accept })
      await clock.advance(3_000)
      expect(text(await fetched)).toBe(text(body(id(3))))
      expect(b.streamer.counters.bodiesFetched).toBe(1)
      expect(b.streamer.counters.bodiesReceived).toBe(0)
      await clock.advance(30_000)
      expect([b.streamer.handles.items, b.streamer.handles.asks, b.streamer.handles.timers]).toEqual([0, 0, 0])
    })

    test('what nobody has is not found within a bounded time', async () => {
      const clock = new VirtualClock()
      const b = new Node(9, clock)
      const links = [1, 2, 3].map(n => new Link(answering(new Node(n, clock)), b, { native }))
      const failed = expect(b.streamer.fetch(id(3), { candidates: links.map(link => link.toA), accept })).rejects.toMatchObject({ code: 'STREAMER_NOT_FOUND' })
      const start = clock.now()
      await clock.advance(native ? 100 : 20_000)
      await failed
      expect(clock.now() - start).toBeLessThanOrEqual(20_000)
    })
  })
}

test('without candidates nothing is found at once', async () => {
  const b = new Node(9, new VirtualClock())
  await expect(b.streamer.fetch(id(1), { candidates: [], accept })).rejects.toMatchObject({ code: 'STREAMER_NOT_FOUND' })
  expect(nothingLeft(b.streamer)).toBe(true)
})

test('a second peer is asked when the first is silent, and the first answer wins', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const silent = new Node(1, clock)
  silent.streamer.onRequest(async () => await new Promise(() => {}))
  const links = [silent, answering(new Node(2, clock, new Shelf().fill(1, 5)))].map(a => new Link(a, b))
  const fetched = b.streamer.fetch(id(3), { candidates: links.map(link => link.toA), accept })
  await clock.advance(2_100)
  expect(text(await fetched)).toBe(text(body(id(3))))
})

test('who lies is passed over', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const liar = new Node(1, clock)
  liar.streamer.onRequest(async () => body(id(77)))
  const links = [liar, answering(new Node(2, clock, new Shelf().fill(1, 5)))].map(a => new Link(a, b))
  const fetched = b.streamer.fetch(id(3), { candidates: links.map(link => link.toA), accept })
  await clock.advance(100)
  expect(text(await fetched)).toBe(text(body(id(3))))
  expect(b.streamer.counters.bodiesInvalid).toBe(1)
})

test('who goes is passed over', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const silent = new Node(1, clock)
  silent.streamer.onRequest(async () => await new Promise(() => {}))
  const links = [silent, answering(new Node(2, clock, new Shelf().fill(1, 5)))].map(a => new Link(a, b))
  const fetched = b.streamer.fetch(id(3), { candidates: links.map(link => link.toA), accept })
  await clock.advance(50)
  links[0]!.cut()
  await clock.advance(50)
  expect(text(await fetched)).toBe(text(body(id(3))))
})

test('a cancelled fetch rejects with the reason, and the asked peer stops', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const a = new Node(1, clock)
  let stopped = false
  a.streamer.onRequest(async (_peer, _address, { signal }) => {
    await new Promise<void>(resolve => { signal.addEventListener('abort', () => { stopped = true; resolve() }) })
    return undefined
  })
  const link = new Link(a, b)
  const controller = new AbortController()
  const failed = expect(b.streamer.fetch(id(3), { candidates: [link.toA], accept, signal: controller.signal })).rejects.toThrow('enough')
  await clock.advance(100)
  controller.abort(new Error('enough'))
  await clock.advance(100)
  await failed
  expect(stopped).toBe(true)
  expect([b.streamer.handles.items, a.streamer.handles.answers]).toEqual([0, 0])
})

test('two fetches of one item ask once', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const a = new Node(1, clock, new Shelf().fill(1, 5))
  let asked = 0
  a.streamer.onRequest(async (_peer, address) => { asked++; return a.shelf.items.get(text(address)) })
  const link = new Link(a, b, { latency: 20 })
  const both = Promise.all([1, 2].map(async () => await b.streamer.fetch(id(3), { candidates: [link.toA], accept })))
  await clock.advance(100)
  expect((await both).length).toBe(2)
  expect(asked).toBe(1)
})

test('an open fetch that meets an offer is asked of the one who offers, at once', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const a = answering(new Node(1, clock))
  const silent = new Node(2, clock)
  silent.streamer.onRequest(async () => await new Promise(() => {}))
  const links = [a, silent].map(node => new Link(node, b, { latency: 5 }))
  b.streamer.subscribe(links[0]!.toA, 'SHELF', 'x')
  await clock.advance(1_000)
  const fetched = b.streamer.fetch(id(3), { candidates: [links[1]!.toA], accept })
  await clock.advance(10)
  a.shelf.add(id(3))
  await clock.advance(100)
  expect(text(await fetched)).toBe(text(body(id(3))))
  await clock.advance(1_000)
  expect(b.shelf.has(3)).toBe(true)
  expect([a.streamer.counters.bodiesSent, b.streamer.counters.duplicates]).toEqual([1, 0])
})

test('requests over the limit are answered with not found', async () => {
  const clock = new VirtualClock()
  for (const [more, found] of [[0, 4], [1, 4]] as const) {
    const a = new Node(1, clock, new Shelf().fill(1, 9), { limits: { maxRequestsPerPeer: 4 } })
    let release = (): void => {}
    const gate = new Promise<void>(resolve => { release = resolve })
    a.streamer.onRequest(async (_peer, address) => { await gate; return a.shelf.items.get(text(address)) })
    const b = new Node(9, clock)
    const link = new Link(a, b)
    const results = Promise.allSettled(Array.from({ length: 4 + more }, async (_, i) => await b.streamer.fetch(id(i + 1), { candidates: [link.toA], accept })))
    await clock.advance(100)
    release()
    await clock.advance(100)
    expect((await results).filter(({ status }) => status === 'fulfilled').length).toBe(found)
  }
})

test('too many fetches at once are refused', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock, new Shelf(), { limits: { maxFetches: 2 } })
  const silent = new Node(2, clock)
  silent.streamer.onRequest(async () => await new Promise(() => {}))
  const link = new Link(silent, b)
  const open = [1, 2].map(async n => await b.streamer.fetch(id(n), { candidates: [link.toA], accept }))
  await expect(b.streamer.fetch(id(3), { candidates: [link.toA], accept })).rejects.toMatchObject({ code: 'STREAMER_LIMIT' })
  await b.streamer.stop()
  for (const result of await Promise.allSettled(open)) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'STREAMER_CLOSED' } })
})

test('who says that it has not got an item is asked again when somebody came meanwhile who lets it look farther', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const peer = new Scripted(node, 1)
  await clock.settle()
  const near = node.streamer.fetch(id(1), { candidates: [peer.peer], accept, hops: 1 })
  await clock.settle()
  const far = node.streamer.fetch(id(1), { candidates: [peer.peer], accept, hops: 5 })
  const nearer = node.streamer.fetch(id(1), { candidates: [peer.peer], accept, hops: 0 })
  await clock.settle()
  expect(peer.all('RetrieveMsg').map(({ Hops }) => Hops)).toEqual([1])
  peer.whisper('NotFoundMsg', { Addr: id(1) })
  await clock.settle()
  expect(peer.all('RetrieveMsg').map(({ Hops }) => Hops)).toEqual([1, 5])
  for (const fetch of [near, far, nearer]) fetch.catch(() => {})
  peer.whisper('NotFoundMsg', { Addr: id(1) })
  for (const fetch of [near, far, nearer]) await expect(fetch).rejects.toMatchObject({ code: 'STREAMER_NOT_FOUND' })
  expect(peer.all('RetrieveMsg').length).toBe(2)
  expect(node.streamer.handles).toMatchObject({ items: 0, asks: 0 })
  await node.streamer.stop()
})
