import { IntervalsStore } from '@skep/intervals-store'
import { expect, test } from 'vitest'
import type { StreamType } from '@skep/streamer'
import { id, Link, Node, Shelf, text, VirtualClock } from './harness.ts'

/** A node that declines every item whose number is divisible by three, and others by five, while it is told to. */
function choosy (clock: VirtualClock): { node: Node, declining: Set<string> } {
  const declining = new Set(['three', 'five'])
  const shelf = new Shelf()
  const type = shelf.type()
  const reasonOf = (one: Uint8Array): string | undefined => {
    const n = new DataView(one.buffer, one.byteOffset).getUint32(28)
    return n % 3 === 0 && declining.has('three') ? 'three' : n % 5 === 0 && declining.has('five') ? 'five' : undefined
  }
  const choosing: StreamType = {
    ...type,
    sink: (...all) => ({
      ...type.sink!(...all)!,
      need: async ids => ids.map(one => shelf.items.has(text(one)) ? false : reasonOf(one) ?? true),
      declines: reason => declining.has(reason)
    })
  }
  return { node: new Node(9, clock, shelf, {}, [choosing]), declining }
}

const count = (to: number, taken: (n: number) => boolean): number => Array.from({ length: to }, (_, i) => i + 1).filter(taken).length

test.each([true, false])('what is declined is not taken, counts as settled, and is taken when it is not declined any more, and nothing else (native: %s)', async native => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 300))
  const { node: b, declining } = choosy(clock)
  const link = new Link(a, b, { native })
  const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(20_000)
  expect(b.shelf.items.size).toBe(count(300, n => n % 3 !== 0 && n % 5 !== 0))
  expect(b.streamer.status().every(({ synced, retryIn }) => synced && retryIn === undefined)).toBe(true)
  const offered = b.streamer.counters.idsOffered
  subscription.review()
  await clock.advance(20_000)
  expect(b.streamer.counters.idsOffered).toBe(offered)

  declining.delete('five')
  subscription.review()
  await clock.advance(20_000)
  expect(b.shelf.items.size).toBe(count(300, n => n % 3 !== 0))
  // Natively each index has its item: those that were declined for this reason are offered, and no others.
  if (native) expect(b.streamer.counters.idsOffered - offered).toBe(count(300, n => n % 5 === 0 && n % 3 !== 0))
  expect(b.streamer.counters).toMatchObject({ duplicates: 0 })

  declining.clear()
  subscription.review()
  await clock.advance(20_000)
  expect(b.shelf.items.size).toBe(300)
  expect(b.streamer.status().some(({ declined }) => declined !== undefined)).toBe(false)
  expect(b.streamer.counters.bodiesReceived).toBe(300)
})

test('a restart keeps what is declined, and reopens what is not any more', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 300))
  const { node: b, declining } = choosy(clock)
  let link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(5_000)
  for (const [gone, left] of [[undefined, 0], ['five', count(300, n => n % 5 === 0 && n % 3 !== 0)], ['three', 100]] as const) {
    link.cut()
    await clock.advance(100)
    await b.streamer.stop()
    if (gone !== undefined) declining.delete(gone)
    b.restart()
    link = new Link(a, b)
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(5_000)
    expect(b.streamer.counters).toMatchObject({ idsOffered: left, bodiesReceived: left, duplicates: 0 })
  }
  expect(b.shelf.items.size).toBe(300)
  const [record] = await new IntervalsStore(b.store).list()
  expect((await new IntervalsStore(b.store).record(record!.id)).declined.size).toBe(0)
})

test('live items are declined too, and what changes while they are is not lost', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf())
  const { node: b, declining } = choosy(clock)
  const link = new Link(a, b, { latency: 20 })
  const subscription = b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(1_000)
  for (let n = 1; n <= 60; n++) {
    a.shelf.add(id(n))
    // Between any two steps of a batch.
    if (n === 31) {
      declining.clear()
      subscription.review()
    }
    await clock.advance(7)
  }
  await clock.advance(20_000)
  expect(b.shelf.items.size).toBe(60)
  expect(b.streamer.counters).toMatchObject({ bodiesReceived: 60, duplicates: 0 })
})
