import { BitVector } from '@skep/wire'
import { expect, test } from 'vitest'
import { id, Node, nothingLeft, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

/** An old peer that does what it is asked to, and stores what it is sent. */
class Old extends Scripted {
  readonly has: Set<string>

  constructor (node: Node, has: Set<string> = new Set()) {
    super(node, 1, false)
    this.has = has
    this.on = (name, value) => {
      if (name === 'RequestSubscriptionMsg') this.say('SubscribeMsg', value)
      if (name === 'ChunkDeliveryMsg') this.has.add(text(value.Addr))
      if (name !== 'OfferedHashesMsg') return
      const ids = split(value.Hashes)
      const vector = new BitVector(ids.length)
      for (const [i, one] of ids.entries()) if (!this.has.has(one)) vector.set(i)
      this.say('WantedHashesMsg', { Stream: value.Stream, Want: vector.bytes, From: value.To + 1n, To: value.Stream.Live ? 0n : (1n << 64n) - 1n })
    }
  }

  /** How many ids it was offered. */
  get offered (): number {
    return this.all('OfferedHashesMsg').reduce((sum, { Hashes }) => sum + Hashes.length / 32, 0)
  }

  get from (): bigint {
    return this.all('RequestSubscriptionMsg')[0].History.From
  }
}

function split (hashes: Uint8Array): string[] {
  return Array.from({ length: hashes.length / 32 }, (_, i) => text(hashes.slice(32 * i, 32 * i + 32)))
}

async function session (node: Node, clock: VirtualClock, old: Old, ms: number): Promise<void> {
  node.streamer.requestSubscription(old.peer, 'SHELF', 'x')
  await clock.advance(ms)
  expect(old.over).toBe(false)
  old.leave()
  await clock.settle()
  expect(nothingLeft(node.streamer)).toBe(true)
}

test('an old peer that comes back is asked to go on where it stopped, and offered the last items once more to see that it has them', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 300))
  const first = new Old(node)
  await session(node, clock, first, 5_000)
  expect([first.from, first.offered, first.has.size]).toEqual([0n, 300, 300])
  node.shelf.fill(301, 310)
  const second = new Old(node, first.has)
  await session(node, clock, second, 5_000)
  expect([second.from, second.offered, second.all('ChunkDeliveryMsg').length]).toEqual([285n, 26, 10])
  expect(second.has.size).toBe(310)
})

test('an old peer that lacks one of the last items is offered everything', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 300))
  await session(node, clock, new Old(node), 5_000)
  const wiped = new Old(node)
  await session(node, clock, wiped, 5_000)
  expect([wiped.from, wiped.has.size]).toEqual([285n, 300])
  // And what it took then counts again.
  const third = new Old(node, wiped.has)
  await session(node, clock, third, 5_000)
  expect([third.from, third.offered]).toEqual([285n, 16])
})

test('an old peer that lacked one of the last items counts as having taken nothing, even if it leaves at once', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 300))
  await session(node, clock, new Old(node), 5_000)
  await session(node, clock, new Old(node), 100)
  const third = new Old(node)
  await session(node, clock, third, 5_000)
  expect([third.from, third.has.size]).toEqual([0n, 300])
})

test('what was on its way when an old peer unsubscribed counts as not taken', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 300))
  const first = new Old(node)
  const follow = first.on
  first.on = (name, value) => {
    follow(name, value)
    if (name === 'OfferedHashesMsg') first.say('UnsubscribeMsg', { Stream: value.Stream })
  }
  await session(node, clock, first, 5_000)
  expect(first.has.size).toBeLessThan(128)
  const second = new Old(node, first.has)
  await session(node, clock, second, 5_000)
  expect([second.from, second.has.size]).toEqual([0n, 300])
})

test('what an old peer was sent just before it left, it is offered again', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 300))
  await session(node, clock, new Old(node), 1_900)
  const again = new Old(node)
  await session(node, clock, again, 5_000)
  expect([again.from, again.has.size]).toEqual([0n, 300])
})

test('where the last items that an old peer took are gone, it is offered everything', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 300))
  const first = new Old(node)
  await session(node, clock, first, 5_000)
  for (let n = 285; n <= 300; n++) node.shelf.remove(id(n))
  node.shelf.fill(301, 310)
  const second = new Old(node, first.has)
  await session(node, clock, second, 5_000)
  expect([second.from, second.has.size]).toEqual([285n, 310])
  expect(second.offered).toBe(294)
})

test('an old peer that takes nothing up keeps nothing open when it leaves', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock, new Shelf().fill(1, 300))
  const old = new Scripted(node, 1, false)
  node.streamer.requestSubscription(old.peer, 'SHELF', 'x')
  await clock.advance(60_000)
  expect(old.all('OfferedHashesMsg')).toEqual([])
  old.leave()
  await clock.settle()
  expect(nothingLeft(node.streamer)).toBe(true)
})
