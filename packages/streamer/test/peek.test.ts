import { IntervalsStore } from '@skep/intervals-store'
import type { Batch, Source, StreamType } from '@skep/streamer'
import { expect, test } from 'vitest'
import { body, id, Link, Listeners, Node, Shelf, text, VirtualClock } from './harness.ts'

function here (shelf: Shelf, from: number): Batch {
  return { from, to: shelf.order.length, ids: shelf.order.slice(from - 1).filter(one => one !== undefined) }
}

/** A shelf whose source hears of what comes, and says at once what there is; how often it was asked for a batch, and looked at. */
function seen (shelf: Shelf, peek: (from: number) => Batch | undefined = from => here(shelf, from)): { type: StreamType, asked: () => [batches: number, peeks: number] } {
  const type = shelf.type()
  const listeners = new Listeners()
  const add = shelf.add.bind(shelf)
  shelf.add = (...item) => {
    add(...item)
    listeners.tell()
  }
  let batches = 0
  let peeks = 0
  return {
    asked: () => [batches, peeks],
    type: { ...type, source: (peer, key) => {
      const made = type.source!(peer, key)!
      const source: Source = {
        ...made,
        batch: async (from, to, options) => {
          if (to === undefined) batches++
          return await made.batch(from, to, options)
        },
        onMore: (from, more) => listeners.onMore(shelf, from, more),
        peek: from => {
          peeks++
          return peek(from)
        }
      }
      return source
    } }
  }
}

/** Two nodes that follow each other: one has `count` items, which the other takes. */
async function both (count: number, { native = true, peek }: { native?: boolean, peek?: (from: number) => Batch | undefined } = {}): Promise<{ clock: VirtualClock, a: Node, b: Node, asked: () => [number, number] }> {
  const clock = new VirtualClock()
  const shelf = new Shelf()
  const { type, asked } = seen(shelf, peek)
  const a = new Node(1, clock, new Shelf().fill(1, count))
  const b = new Node(2, clock, shelf, {}, [type])
  const link = new Link(a, b, { native })
  a.streamer.subscribe(link.toB, 'SHELF', 'x')
  await clock.advance(1_000)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(5_000)
  expect(b.shelf.items.size).toBe(count)
  return { clock, a, b, asked }
}

test('what came from a peer is not collected to be offered back to it', async () => {
  const { clock, a, b, asked } = await both(300)
  const [batches, peeks] = asked()
  expect(batches).toBe(0)
  expect(peeks).toBeGreaterThan(0)
  expect(a.streamer.counters.idsOffered).toBe(0)
  // What the peer has not is offered to it as ever, within 50 ms and alone.
  b.shelf.add(id(301))
  await clock.advance(60)
  expect(asked()[0]).toBe(1)
  expect([a.shelf.has(301), a.streamer.counters.idsOffered]).toEqual([true, 1])
  // And it has recorded the stretch before.
  expect(String(await new IntervalsStore(a.store).get({ peer: text(b.overlay), stream: 'SHELF|x', epoch: 'one' }))).toBe('[[1 301]]')
})

test('where some of it is new, that is collected', async () => {
  const { clock, a, b } = await both(10)
  a.shelf.add(id(11))
  b.shelf.add(id(12))
  await clock.advance(5_000)
  expect([a.shelf.has(12), b.shelf.has(11)]).toEqual([true, true])
  expect(a.streamer.counters.idsOffered).toBe(1)
})

test('where what is new and what came from the peer are seen together, what is new is offered', async () => {
  const { clock, a, b } = await both(10)
  // Before anybody is told of it.
  b.shelf.items.set(text(id(12)), body(id(12)))
  b.shelf.order.push(id(12))
  a.shelf.add(id(11))
  await clock.advance(5_000)
  expect([a.shelf.has(12), b.shelf.has(11)]).toEqual([true, true])
  expect(a.streamer.counters.idsOffered).toBe(1)
})

test('an old peer is not passed over', async () => {
  const { clock, a, b, asked } = await both(10, { native: false })
  expect(asked()[0]).toBeGreaterThan(0)
  b.shelf.add(id(11))
  await clock.advance(5_000)
  expect(a.shelf.has(11)).toBe(true)
})

test.each<[string, (from: number) => Batch | undefined]>([
  ['does not know', () => undefined],
  ['throws', () => { throw new Error('no idea') }],
  ['says nonsense', from => ({ from, to: from - 1, ids: [] })],
  ['says what is no id', from => ({ from, to: from, ids: [new Uint8Array(3)] })]
])('a source that %s is asked for a batch', async (_, peek) => {
  const { asked } = await both(10, { peek })
  const [batches, peeks] = asked()
  expect(batches).toBeGreaterThan(0)
  expect(peeks).toBeGreaterThan(0)
})
