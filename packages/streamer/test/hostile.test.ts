import { describe, expect, test } from 'vitest'
import { body, id, Node, nothingLeft, Shelf, VirtualClock } from './harness.ts'
import { noProof, Scripted } from './scripted.ts'

/** A node that has asked a scripted peer, whose last index is 1000, for live and history. */
async function asked (options = {}, native = true): Promise<{ clock: VirtualClock, node: Node, peer: Scripted }> {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf(), options)
  const peer = new Scripted(node, 1, native).cursors(1_000)
  node.streamer.subscribe(peer.peer, 'SHELF', 'x')
  await clock.settle()
  if (native) expect(peer.all('SubscribeMsg').at(-1)).toEqual({ Stream: { Name: 'SHELF', Key: 'x', Live: true }, History: { From: 1n, To: 1000n }, Priority: 2 })
  return { clock, node, peer }
}

const ids = (from: number, count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => id(from + i))

describe('offers that are refused', () => {
  const cases: [what: string, code: string, offer: (peer: Scripted) => void][] = [
    ['odd length', 'STREAMER_BAD_MESSAGE', peer => peer.say('OfferedHashesMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: false }, From: 1n, To: 9n, Hashes: new Uint8Array(33), HandoverProof: noProof })],
    ['more than 128', 'STREAMER_LIMIT', peer => peer.offer(false, 1, 129, ids(1, 129))],
    ['a million', 'STREAMER_LIMIT', peer => peer.say('OfferedHashesMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: false }, From: 1n, To: 1n << 40n, Hashes: new Uint8Array(32 * 320_000), HandoverProof: noProof })],
    ['not asked for', 'STREAMER_UNSOLICITED', peer => peer.offer(false, 1, 1, ids(1, 1), 'OTHER')],
    ['another start', 'STREAMER_UNSOLICITED', peer => peer.offer(false, 2, 9, ids(2, 3))],
    ['a start below the live ones', 'STREAMER_UNSOLICITED', peer => peer.offer(true, 1_000, 1_001, ids(1, 1))],
    ['beyond the end', 'STREAMER_UNSOLICITED', peer => peer.offer(false, 1, 1_001, ids(1, 3))],
    ['backwards', 'STREAMER_BAD_MESSAGE', peer => peer.offer(false, 1, 0, [])],
    ['more items than indices', 'STREAMER_BAD_MESSAGE', peer => peer.offer(false, 1, 2, ids(1, 3))],
    ['to 2^53', 'STREAMER_BAD_MESSAGE', peer => peer.offer(true, 1_001, 1n << 53n, ids(1, 3))],
    ['to 2^64-1', 'STREAMER_BAD_MESSAGE', peer => peer.offer(true, 1_001, (1n << 64n) - 1n, ids(1, 3))],
    ['from 2^63', 'STREAMER_BAD_MESSAGE', peer => peer.offer(true, 1n << 63n, 1n << 63n, ids(1, 1))],
    ['empty over more than 65,536', 'STREAMER_LIMIT', peer => peer.offer(true, 1_001, 1_001 + 65_536, [])],
    ['of the same stretch twice', 'STREAMER_UNSOLICITED', peer => { peer.offer(false, 1, 3, ids(1, 3)); peer.offer(false, 1, 3, ids(1, 3)) }]
  ]
  for (const [what, code, offer] of cases) {
    test(`${what}: ${code}`, async () => {
      const { clock, node, peer } = await asked()
      offer(peer)
      await clock.settle()
      expect(peer.over).toBe(true)
      expect(await peer.ended).toBe(code)
      expect(nothingLeft(node.streamer)).toBe(true)
    })
  }

  test('an offer at the limit, and an empty one at the limit, are taken', async () => {
    const { clock, peer } = await asked()
    peer.offer(false, 1, 128, ids(1, 128))
    peer.offer(true, 1_001, 1_000 + 65_536, [])
    await clock.settle()
    expect(peer.over).toBe(false)
    expect(peer.all('WantedHashesMsg').map(({ From, To }) => [From, To])).toEqual([[129n, 1000n], [66_537n, 0n]])
  })
})

test('what was not asked for is neither stored nor checked, and too much of it ends the connection', async () => {
  const { clock, node, peer } = await asked({ limits: { maxUnsolicited: 10 } })
  for (let n = 1; n <= 10; n++) peer.say('ChunkDeliveryMsg', { Addr: id(n), SData: body(id(n)) })
  await clock.settle()
  expect(peer.over).toBe(false)
  expect([node.shelf.items.size, node.streamer.counters.unsolicited]).toEqual([0, 10])
  peer.say('ChunkDeliveryMsg', { Addr: id(11), SData: body(id(11)) })
  await clock.settle()
  expect(await peer.ended).toBe('STREAMER_LIMIT')
})

test('a delivery is taken once', async () => {
  const { clock, node, peer } = await asked()
  peer.offer(false, 1, 2, ids(1, 2))
  await clock.settle()
  for (let i = 0; i < 3; i++) peer.say('ChunkDeliveryMsg', { Addr: id(1), SData: body(id(1)) })
  await clock.settle()
  expect([node.shelf.puts, node.streamer.counters.bodiesReceived, node.streamer.counters.unsolicited]).toEqual([1, 1, 2])
})

test('an empty, a wrong and an oversized body are not stored, and the fourth ends the connection', async () => {
  const { clock, node, peer } = await asked()
  peer.offer(false, 1, 4, ids(1, 4))
  await clock.settle()
  peer.say('ChunkDeliveryMsg', { Addr: id(1), SData: new Uint8Array(0) })
  peer.say('ChunkDeliveryMsg', { Addr: id(2), SData: body(id(1)) })
  peer.say('ChunkDeliveryMsg', { Addr: id(3), SData: body(id(3), 4_202) })
  await clock.settle()
  expect(peer.over).toBe(false)
  expect([node.shelf.items.size, node.streamer.counters.bodiesInvalid]).toEqual([0, 3])
  peer.say('ChunkDeliveryMsg', { Addr: id(4), SData: body(id(1)) })
  await clock.settle()
  expect(await peer.ended).toBe('STREAMER_INVALID_ITEM')
})

test('a body at the limit is taken', async () => {
  const { clock, node, peer } = await asked()
  peer.offer(false, 1, 1, ids(1, 1))
  await clock.settle()
  peer.say('ChunkDeliveryMsg', { Addr: id(1), SData: body(id(1), 4_201) })
  await clock.settle()
  expect(node.shelf.has(1)).toBe(true)
})

test('the same id twice in one offer is wanted once, and the batch is complete with it', async () => {
  const { clock, node, peer } = await asked()
  peer.offer(false, 1, 3, [id(1), id(1), id(2)])
  await clock.settle()
  expect([...peer.all('WantedHashesMsg')[0].Want]).toEqual([0b101])
  peer.say('ChunkDeliveryMsg', { Addr: id(1), SData: body(id(1)) })
  peer.say('ChunkDeliveryMsg', { Addr: id(2), SData: body(id(2)) })
  await clock.settle()
  expect(node.streamer.status()[0]?.covered).toEqual([[1, 3]])
})

describe('a Wanted', () => {
  async function offered (): Promise<{ clock: VirtualClock, node: Node, peer: Scripted }> {
    const clock = new VirtualClock()
    const node = new Node(1, clock, new Shelf().fill(1, 300))
    const peer = new Scripted(node, 1, false)
    peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: 'x', Live: false }, History: { From: 1n, To: 0n }, Priority: 200 })
    await clock.settle()
    expect(peer.all('OfferedHashesMsg').map(({ From, To }) => [From, To])).toEqual([[1n, 128n]])
    return { clock, node, peer }
  }
  const Stream = { Name: 'SHELF', Key: 'x', Live: false }

  test('of sixteen bytes for 128 items is taken, and one of fifteen refused', async () => {
    const one = await offered()
    one.peer.say('WantedHashesMsg', { Stream, Want: new Uint8Array(16).fill(255), From: 129n, To: 0n })
    await one.clock.settle()
    expect(one.peer.all('ChunkDeliveryMsg').length).toBe(128)
    const other = await offered()
    other.peer.say('WantedHashesMsg', { Stream, Want: new Uint8Array(15), From: 129n, To: 0n })
    await other.clock.settle()
    expect(await other.peer.ended).toBe('STREAMER_BAD_MESSAGE')
  })

  test('that comes twice is refused', async () => {
    const { clock, node, peer } = await offered()
    peer.say('WantedHashesMsg', { Stream, Want: new Uint8Array(17).fill(255), From: (1n << 64n) - 2n, To: (1n << 64n) - 1n })
    peer.say('WantedHashesMsg', { Stream, Want: new Uint8Array(17).fill(255), From: 1n, To: 0n })
    await clock.settle()
    expect(await peer.ended).toBe('STREAMER_UNSOLICITED')
    expect(nothingLeft(node.streamer)).toBe(true)
  })

  test('may be outstanding for two offers of a history natively, and for a third none is made', async () => {
    const clock = new VirtualClock()
    const node = new Node(1, clock, new Shelf().fill(1, 600))
    const peer = new Scripted(node, 1)
    const offers = (): unknown => peer.all('OfferedHashesMsg').map(({ From, To }) => [From, To])
    peer.say('SubscribeMsg', { Stream, History: { From: 1n, To: 0n }, Priority: 0 })
    await clock.settle()
    expect(offers()).toEqual([[1n, 128n], [129n, 256n]])
    peer.say('WantedHashesMsg', { Stream, Want: new Uint8Array(17), From: 129n, To: 0n })
    await clock.settle()
    expect(offers()).toEqual([[1n, 128n], [129n, 256n], [257n, 384n]])
  })

  test('for a range outside of the index values is refused', async () => {
    for (const [From, To] of [[1n << 53n, 0n], [1n, 1n << 60n]] as const) {
      const { clock, peer } = await offered()
      peer.say('WantedHashesMsg', { Stream, Want: new Uint8Array(17), From, To })
      await clock.settle()
      expect(await peer.ended).toBe('STREAMER_BAD_MESSAGE')
    }
  })

  test('of an unknown stream is passed over: it may cross our Quit', async () => {
    const { clock, peer } = await offered()
    peer.say('WantedHashesMsg', { Stream: { ...Stream, Key: 'y' }, Want: new Uint8Array(17), From: 1n, To: 0n })
    peer.say('UnsubscribeMsg', { Stream: { ...Stream, Key: 'y' } })
    peer.say('QuitMsg', { Stream: { ...Stream, Key: 'y' } })
    await clock.settle()
    expect(peer.over).toBe(false)
  })
})

test('a flood of subscriptions is bounded, and costs neither the connection nor more than the limit', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 3))
  const peer = new Scripted(node, 1)
  for (let i = 0; i < 1_000; i++) {
    peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: String(i), Live: true }, History: { From: 0n, To: 0n }, Priority: 3 })
    peer.say('SubscribeMsg', { Stream: { Name: `unknown ${i}`, Key: '', Live: true }, History: undefined, Priority: 3 })
  }
  await clock.settle()
  expect(peer.over).toBe(false)
  expect(node.streamer.handles.sources).toBe(64)
  expect(peer.all('RefusedMsg').length).toBe(1_000 + 1_000 - 64)
  peer.leave()
  await clock.settle()
  expect(nothingLeft(node.streamer)).toBe(true)
  expect(node.shelf.waiting).toBe(0)
})

test('names that are nobody\'s are refused, whatever they are', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 3))
  const peer = new Scripted(node, 1, false)
  for (const name of ['__proto__', 'constructor', '', '\ud800', 'a|b', 'x'.repeat(65_536)]) {
    peer.say('SubscribeMsg', { Stream: { Name: name, Key: name, Live: true }, History: { From: 0n, To: 0n }, Priority: 3 })
    peer.say('RequestSubscriptionMsg', { Stream: { Name: name, Key: name, Live: true }, History: { From: 0n, To: 0n }, Priority: 3 })
    peer.say('SubscribeMsg', { Stream: { Name: 'SHELF', Key: `|${name}|`, Live: true }, History: undefined, Priority: 3 })
  }
  await clock.settle()
  expect(peer.over).toBe(false)
  expect(peer.all('SubscribeErrorMsg')).toEqual([])
})

test('a request for an id of another length is refused', async () => {
  for (const length of [0, 1, 31, 33, 1_000]) {
    const clock = new VirtualClock()
    const peer = new Scripted(new Node(1, clock), 1)
    peer.say('RetrieveRequestMsg', { Addr: new Uint8Array(length), SkipCheck: true })
    await clock.settle()
    expect(await peer.ended).toBe('STREAMER_BAD_MESSAGE')
  }
})

test('a cursor outside of the index values is refused', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const peer = new Scripted(node, 1)
  peer.on = (name, { Name, Key }) => { if (name === 'CursorRequestMsg') peer.whisper('CursorMsg', { Name, Key, Epoch: 'e', Last: 1n << 53n }) }
  node.streamer.subscribe(peer.peer, 'SHELF', 'x')
  await clock.settle()
  expect(await peer.ended).toBe('STREAMER_BAD_MESSAGE')
})

test('a peer that tells no cursor is treated as one that has none, after a while', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const peer = new Scripted(node, 1)
  node.streamer.subscribe(peer.peer, 'SHELF', 'x')
  await clock.advance(9_999)
  expect(peer.all('SubscribeMsg').length).toBe(1)
  await clock.advance(2)
  expect(peer.all('SubscribeMsg').at(-1)).toEqual({ Stream: { Name: 'SHELF', Key: 'x', Live: true }, History: { From: 0n, To: 0n }, Priority: 2 })
})

test('garbage ends the connection with a code', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const { pair } = await import('@skep/conn-memory')
  const [here, there] = pair()
  const ended = node.streamer.run({ key: 'g', overlay: id(5), light: false }, { stream: there }).catch((error: { code: string }) => error.code)
  void here.sink([Uint8Array.of(1, 2, 3)]).catch(() => {})
  await clock.settle()
  expect(await ended).toBe('STREAMER_WIRE')
  expect(nothingLeft(node.streamer)).toBe(true)
})
