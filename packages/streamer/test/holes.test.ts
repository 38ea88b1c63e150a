import { expect, test } from 'vitest'
import { body, id, Node, nothingLeft, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const OPEN = (1n << 64n) - 1n

test('of an old peer no stretch with an end is asked for: it would say nothing of one that is empty', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const old = new Scripted(node, 1, false)
  node.streamer.subscribe(old.peer, 'SHELF', 'x')
  await clock.settle()
  // Its indices 3 to 9 are in other streams; 10 is its last item, which begins its live stream.
  old.offer(true, 10, 10, [id(3)])
  old.offer(false, 0, 2, [id(1), id(2)])
  await clock.settle()
  const history = old.all('WantedHashesMsg').find(({ Stream }) => !Stream.Live)
  expect([history.From, history.To]).toEqual([3n, OPEN])
  for (const n of [1, 2, 3]) old.say('ChunkDeliveryMsg', { Addr: id(n), SData: body(id(n)) })
  await clock.settle()
  expect(node.streamer.status().map(({ synced }) => synced)).toEqual([false, true])
  old.offer(false, 3, 10, [id(3)])
  await clock.settle()
  expect(node.streamer.status().map(({ synced }) => synced)).toEqual([true, true])
  expect(old.all('UnsubscribeMsg').map(({ Stream }) => Stream.Live)).toEqual([false])
  old.leave()
  await clock.settle()
  expect(nothingLeft(node.streamer)).toBe(true)
})

test('an old peer that offers nothing for a while has nothing', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const old = new Scripted(node, 1, false)
  const seen: boolean[] = []
  node.streamer.onChange(() => seen.push(node.streamer.status().every(({ synced }) => synced)))
  node.streamer.subscribe(old.peer, 'SHELF', 'x')
  await clock.advance(4_900)
  expect(seen).not.toContain(true)
  await clock.advance(200)
  expect(seen.at(-1)).toBe(true)
  old.offer(false, 0, 2, [id(1), id(2)])
  await clock.settle()
  expect(node.streamer.status()[0]!.synced).toBe(false)
  old.leave()
  await clock.advance(100)
  expect(nothingLeft(node.streamer)).toBe(true)
})
