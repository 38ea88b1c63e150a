import { expect, test } from 'vitest'
import type { EndListener, Source, StreamType } from '@skep/streamer'
import { id, Link, Listeners, Node, nothingLeft, Shelf, VirtualClock } from './harness.ts'

/** A type with one source for all peers, and how many listen to it. */
function common (shelf: Shelf): { type: StreamType, listeners: Listeners } {
  const listeners = new Listeners()
  const type = shelf.type()
  const made = type.source!({ key: '', overlay: id(0), light: false }, 'x')!
  const source: Source = {
    cursor: async () => await made.cursor(),
    batch: async (from, to, options) => await made.batch(from, to, options),
    read: async (ids, options) => await made.read(ids, options),
    onMore: (from, more) => listeners.onMore(shelf, from, more),
    close () {}
  }
  return { type: { ...type, source: () => source }, listeners }
}

test('peers that wait at the same place of a source wait together, and each hears what comes until it goes', async () => {
  const clock = new VirtualClock()
  const shelf = new Shelf().fill(1, 10)
  const { type, listeners } = common(shelf)
  const hub = new Node(1, clock, shelf, {}, [type])
  const nodes = [2, 3, 4].map(n => new Node(n, clock))
  const links = nodes.map(node => new Link(hub, node))
  for (const [i, node] of nodes.entries()) node.streamer.subscribe(links[i]!.toA, 'SHELF', 'x')
  const add = async (n: number): Promise<void> => {
    shelf.add(id(n))
    listeners.tell()
    await clock.advance(2_000)
  }
  await clock.advance(2_000)
  expect(listeners.size).toBe(1)
  await add(11)
  expect(nodes.map(node => node.shelf.items.size)).toEqual([11, 11, 11])
  expect(listeners.size).toBe(1)
  links[0]!.cut()
  await links[0]!.ran
  expect(listeners.size).toBe(1)
  await add(12)
  expect(nodes.map(node => node.shelf.items.size)).toEqual([11, 12, 12])
  for (const link of links) link.cut()
  await Promise.all(links.map(async link => { await link.ran }))
  await clock.advance(2_000)
  expect(listeners.size).toBe(0)
  expect(nothingLeft(hub.streamer)).toBe(true)
})

test('one function hears of the end of many subscriptions, of each once, also of one that is over', async () => {
  const clock = new VirtualClock()
  const a = new Node(1, clock, new Shelf().fill(1, 10))
  const b = new Node(2, clock)
  const link = new Link(a, b)
  const heard: string[] = []
  const listener: EndListener = ({ key }, end) => { heard.push(`${key} ${end}`) }
  const [x, y, z] = ['x', 'y', 'z'].map(key => b.streamer.subscribe(link.toA, 'SHELF', key, { live: key !== 'x' }))
  for (const subscription of [x!, y!, z!]) subscription.onEnd(listener)
  y!.onEnd(() => { heard.push('y again') })
  await clock.advance(2_000)
  expect(heard).toEqual(['x done'])
  y!.close()
  expect(heard).toEqual(['x done'])
  await clock.advance(2_000)
  expect(heard).toEqual(['x done', 'y closed', 'y again'])
  link.cut()
  await link.ran
  await clock.advance(2_000)
  expect(heard).toEqual(['x done', 'y closed', 'y again', 'z gone'])
  z!.onEnd(listener)
  expect(await z!.ended).toBe('gone')
  expect(heard.at(-1)).toBe('z gone')
  expect(heard).toHaveLength(5)
})

test('the status is told for one peer as for all', async () => {
  const clock = new VirtualClock()
  const b = new Node(9, clock)
  const links = [1, 2].map(n => new Link(new Node(n, clock, new Shelf().fill(1, n)), b))
  for (const link of links) b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(2_000)
  expect(links.flatMap(link => b.streamer.status(link.toA))).toEqual(b.streamer.status())
  expect(b.streamer.status()).toHaveLength(4)
  expect(b.streamer.status({ key: 'nobody', overlay: id(7), light: false })).toEqual([])
})
