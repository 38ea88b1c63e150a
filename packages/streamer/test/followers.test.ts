import type { Sink, StreamType } from '@skep/streamer'
import { expect, test } from 'vitest'
import { body, id, Node, nothingLeft, Shelf, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const ids = (from: number, count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => id(from + i))

/** A node whose sinks are asked and answer when a test says so, and peers that offer it the same. */
function setUp (peers: number, answer: (asked: Uint8Array[], peer: string) => (boolean | string)[] = asked => asked.map(() => true)): {
  clock: VirtualClock, node: Node, peers: Scripted[], asked: string[], answerAll: () => void
} {
  const clock = new VirtualClock()
  const shelf = new Shelf()
  const type = shelf.type()
  const asked: string[] = []
  let open: (() => void)[] = []
  const slow: StreamType = { ...type, sink: (peer, key): Sink => ({
    ...type.sink!(peer, key)!,
    need: async (wanted, { signal }) => {
      asked.push(`${peer.key} ${wanted.length}`)
      await new Promise<void>(resolve => {
        open.push(resolve)
        signal.addEventListener('abort', () => resolve())
      })
      signal.throwIfAborted()
      return answer(wanted, peer.key)
    }
  }) }
  const node = new Node(1, clock, shelf, {}, [slow])
  const scripted = Array.from({ length: peers }, (_, n) => new Scripted(node, n + 1).cursors(1_000))
  for (const { peer } of scripted) node.streamer.subscribe(peer, 'SHELF', 'x', { live: false })
  return { clock, node, peers: scripted, asked, answerAll: () => { const now = open; open = []; for (const resolve of now) resolve() } }
}

const wanted = (peer: Scripted): number[] => peer.all('WantedHashesMsg').map(({ Want }) => [...Want as Uint8Array].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0))

test('of what several peers offer at a time the sink is asked once, and each item is wanted of one', async () => {
  const { clock, node, peers, asked, answerAll } = setUp(3)
  await clock.settle()
  for (const peer of peers) peer.offer(false, 1, 100, ids(1, 100))
  await clock.settle()
  expect(asked).toEqual(['scripted 1 100'])
  answerAll()
  await clock.settle()
  expect(asked.length).toBe(1)
  expect(peers.map(wanted)).toEqual([[100], [0], [0]])
  peers[0]!.whisper('DeliveriesMsg', { Items: ids(1, 100).map(Addr => ({ Addr, SData: body(Addr) })) })
  await clock.settle()
  expect(node.shelf.items.size).toBe(100)
  expect(node.streamer.counters).toMatchObject({ bodiesReceived: 100, duplicates: 0 })
  await node.streamer.stop()
  expect(nothingLeft(node.streamer)).toBe(true)
})

test('an offer with other ids too is asked about by itself', async () => {
  const { clock, node, peers, asked, answerAll } = setUp(2)
  await clock.settle()
  peers[0]!.offer(false, 1, 10, ids(1, 10))
  peers[1]!.offer(false, 1, 10, ids(6, 10))
  await clock.settle()
  expect(asked).toEqual(['scripted 1 10', 'scripted 2 10'])
  answerAll()
  await clock.settle()
  expect(peers.map(wanted)).toEqual([[10], [5]])
  await node.streamer.stop()
})

test('what the sink does not take of one peer it is asked about for the next', async () => {
  const { clock, node, peers, asked, answerAll } = setUp(3, (all, peer) => all.map((_, i) => peer === 'scripted 1' ? (i % 2 === 0 ? 'not of it' : false) : true))
  await clock.settle()
  for (const peer of peers) peer.offer(false, 1, 10, ids(1, 10))
  await clock.settle()
  answerAll()
  await clock.settle()
  // The odd ones are held, as far as the first sink says; each sink answers for itself.
  expect(asked).toEqual(['scripted 1 10', 'scripted 2 10'])
  answerAll()
  await clock.settle()
  expect(peers.map(wanted)).toEqual([[0], [10], [0]])
  await node.streamer.stop()
})

test.each(['ends', 'leaves', 'fails'] as const)('who waits for the answer of a peer that %s asks for itself', async how => {
  const { clock, node, peers, asked, answerAll } = setUp(3, (all, peer) => peer === 'scripted 1' && how === 'fails' ? [] : all.map(() => true))
  await clock.settle()
  for (const peer of peers) peer.offer(false, 1, 10, ids(1, 10))
  await clock.settle()
  expect(asked).toEqual(['scripted 1 10'])
  if (how === 'ends') node.streamer.unsubscribe(peers[0]!.peer, 'SHELF', 'x')
  else if (how === 'leaves') peers[0]!.leave()
  else answerAll()
  await clock.settle()
  answerAll()
  await clock.settle()
  expect(asked.slice(1)).toEqual(['scripted 2 10'])
  expect(peers.slice(1).map(wanted)).toEqual([[10], [0]])
  await node.streamer.stop()
  expect(nothingLeft(node.streamer)).toBe(true)
})

test.each([true, false])('who waits for an answer and ends meanwhile is not asked about any more, and leaves nothing (wanted: %s)', async wants => {
  const { clock, node, peers, asked, answerAll } = setUp(2, all => all.map(() => wants))
  await clock.settle()
  for (const peer of peers) peer.offer(false, 1, 10, ids(1, 10))
  await clock.settle()
  node.streamer.unsubscribe(peers[1]!.peer, 'SHELF', 'x')
  answerAll()
  await clock.settle()
  expect(asked).toEqual(['scripted 1 10'])
  peers[0]!.leave()
  await clock.settle()
  expect(node.streamer.handles.items).toBe(0)
  await node.streamer.stop()
  expect(nothingLeft(node.streamer)).toBe(true)
})
