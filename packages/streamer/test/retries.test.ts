import { SeededRandom } from '@skep/sim'
import type { StreamStatus } from '@skep/streamer'
import { expect, test } from 'vitest'
import { body, id, Link, Node, nothingLeft, Shelf, text, VirtualClock } from './harness.ts'
import { Scripted } from './scripted.ts'

const number = (one: Uint8Array): number => new DataView(one.buffer, one.byteOffset).getUint32(28)

/** A shelf whose indices are its items' numbers, with holes, and bad ones that cannot be read. */
function sparse (count: number, isHole: (n: number) => boolean, bad: ReadonlySet<number>): Shelf {
  const shelf = new Shelf().fill(1, count)
  for (let n = 1; n <= count; n++) if (isHole(n)) shelf.remove(id(n))
  shelf.lie = one => bad.has(number(one)) ? undefined : 'truth'
  return shelf
}

/** The indices up to the last one that no half covers. */
function open (rows: readonly StreamStatus[], last: number): number[] {
  const covered = rows.flatMap(row => row.covered)
  return Array.from({ length: last }, (_, i) => i + 1).filter(n => !covered.some(([from, to]) => from <= n && n <= to))
}

for (let seed = 1; seed <= 12; seed++) {
  test(`where indices have holes, only those stay open that do not come (seed ${seed})`, async () => {
    const random = new SeededRandom(seed)
    const count = 200 + Math.floor(random.float() * 1_500)
    const density = 0.1 + random.float() * 0.8
    const holes = new Set(Array.from({ length: count }, (_, i) => i + 1).filter(() => random.float() > density))
    const bad = new Set(Array.from({ length: 1 + Math.floor(random.float() * 5) }, () => 1 + Math.floor(random.float() * count)).filter(n => !holes.has(n)))
    const clock = new VirtualClock()
    const a = new Node(1, clock, sparse(count, n => holes.has(n), bad))
    const b = new Node(2, clock)
    let link = new Link(a, b, { latency: 5 })
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(60_000)
    expect(b.shelf.items.size).toBe(count - holes.size - bad.size)
    expect(open(b.streamer.status(), count)).toEqual([...bad].sort((one, other) => one - other))
    // It costs no more than each try offering again what was not known to be good.
    expect(b.streamer.counters.idsOffered).toBeLessThanOrEqual(count - holes.size + bad.size * (128 + 16 + 8 + 8 + 8))
    expect(b.streamer.counters.duplicates).toBe(0)

    // A new session begins with these alone.
    link.cut()
    await link.ran
    b.restart()
    link = new Link(a, b, { latency: 5 })
    b.streamer.subscribe(link.toA, 'SHELF', 'x')
    await clock.advance(500)
    expect(b.streamer.counters.idsOffered).toBe(bad.size)
    bad.clear()
    await clock.advance(60_000)
    expect(open(b.streamer.status(), count)).toEqual([])
    expect(b.streamer.status().every(({ synced, troubles }) => synced && troubles === undefined)).toBe(true)
    link.cut()
    await link.ran
    expect(nothingLeft(b.streamer)).toBe(true)
  })
}

test('what does not come is named with the reason, who was asked, and when it is asked for again', async () => {
  const clock = new VirtualClock()
  const bad = new Set([100])
  const a = new Node(1, clock, sparse(300, n => n % 3 === 0, bad))
  const b = new Node(2, clock)
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(500)
  const row = (): StreamStatus => b.streamer.status()[0]!
  const first = row().troubles![0]!
  expect([first.tries, first.missing, first.invalid, first.late]).toEqual([1, 1, 0, 0])
  expect([first.from <= 100, first.to >= 100, row().tries, row().synced]).toEqual([true, true, 1, false])
  expect(first.items).toEqual([{ id: text(id(100)), asked: [{ peer: text(a.overlay), state: 'missing' }] }])
  expect(first.retryIn).toBe(row().retryIn)
  expect(first.retryIn).toBeLessThanOrEqual(1_250)

  // After the quick tries it is never out of sight, and never without a next one.
  await clock.advance(60_000)
  for (let minute = 0; minute < 120; minute++) {
    await clock.advance(60_000)
    const { tries, retryIn, troubles, synced } = row()
    expect(synced).toBe(false)
    expect(tries).toBeGreaterThanOrEqual(6)
    expect(retryIn).toBeLessThanOrEqual(300_000)
    expect(troubles).toEqual([{ from: 100, to: 100, tries, retryIn, missing: 1, invalid: 0, late: 0, items: first.items }])
  }
  expect(row().tries).toBeLessThanOrEqual(6 + 122 * 60 / 225)

  // The peer sends something else now.
  a.shelf.lie = one => number(one) === 100 ? body(id(9_999)) : 'truth'
  await clock.advance(300_000)
  expect(row().troubles).toMatchObject([{ missing: 0, invalid: 1, items: [{ asked: [{ state: 'invalid' }] }] }])

  // It comes from elsewhere: the next try finds that it is here, and asks nobody for it.
  b.shelf.add(id(100))
  const { idsWanted } = b.streamer.counters
  await clock.advance(300_000)
  expect([row().synced, row().troubles, row().retryIn, row().tries]).toEqual([true, undefined, undefined, 0])
  expect(b.streamer.counters.idsWanted).toBe(idsWanted)
  link.cut()
  await link.ran
  expect(nothingLeft(b.streamer)).toBe(true)
})

test('what fails later has quick tries of its own, while what failed long ago waits', async () => {
  const clock = new VirtualClock()
  const bad = new Set([50])
  const a = new Node(1, clock, sparse(100, () => false, bad))
  const b = new Node(2, clock)
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(70_000)
  expect(b.streamer.status()[0]!.troubles).toMatchObject([{ from: 50, to: 50, tries: 6 }])
  bad.add(101)
  a.shelf.add(id(101))
  const offered = b.streamer.counters.idsOffered
  await clock.advance(12_000)
  expect(b.streamer.status().flatMap(({ troubles = [] }) => troubles)).toMatchObject([{ from: 50, tries: 6 }, { from: 101, tries: 4 }])
  expect(b.streamer.counters.idsOffered - offered).toBe(1 + 3)
  bad.clear()
  await clock.advance(12_000)
  expect(b.streamer.status().flatMap(({ troubles = [] }) => troubles)).toMatchObject([{ from: 50, tries: 6 }])
  await clock.advance(300_000)
  expect(b.streamer.status().map(({ synced }) => synced)).toEqual([true, true])
})

test('a history without live ends after the quick tries, and says that it is not whole', async () => {
  const clock = new VirtualClock()
  const bad = new Set([100])
  const a = new Node(1, clock, sparse(300, () => false, bad))
  const b = new Node(2, clock)
  const link = new Link(a, b)
  const first = b.streamer.subscribe(link.toA, 'SHELF', 'x', { live: false })
  await clock.advance(10_000)
  expect(first.active).toBe(true)
  await clock.advance(50_000)
  expect([await first.ended, b.shelf.items.size]).toEqual(['incomplete', 299])
  expect([a.streamer.handles.sources, b.streamer.handles.subscriptions]).toEqual([0, 0])
  bad.clear()
  const second = b.streamer.subscribe(link.toA, 'SHELF', 'x', { live: false })
  await clock.advance(1_000)
  expect([await second.ended, b.shelf.items.size]).toEqual(['done', 300])
})

test('however much does not come, what is kept of it is bounded, and all of it is asked for again', async () => {
  const clock = new VirtualClock()
  const bad = new Set(Array.from({ length: 1_000 }, (_, i) => i + 1))
  const limits = { limits: { maxOffer: 2 } }
  const a = new Node(1, clock, sparse(1_000, n => n % 3 === 0, bad), limits)
  const b = new Node(2, clock, new Shelf(), limits)
  const link = new Link(a, b)
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(300)
  expect(b.streamer.status()[0]!.troubles!.length).toBe(256)
  await clock.advance(100_000)
  expect(b.streamer.status()[0]!.troubles!.length).toBeLessThanOrEqual(256)
  bad.clear()
  await clock.advance(300_000)
  expect(b.shelf.items.size).toBe(667)
  expect(b.streamer.status().map(({ synced, troubles }) => [synced, troubles])).toEqual([[true, undefined], [true, undefined]])
})

test('an old peer is tried again as slowly, and what comes from elsewhere closes its gap', async () => {
  const clock = new VirtualClock()
  const bad = new Set([100])
  const a = new Node(1, clock, sparse(300, n => n % 3 === 0, bad))
  const b = new Node(2, clock)
  const link = new Link(a, b, { native: false })
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(20_000)
  a.shelf.add(id(301))
  await clock.advance(1_200_000)
  expect(b.shelf.items.size).toBe(200)
  const offered = b.streamer.counters.idsOffered
  await clock.advance(3_600_000)
  // A stretch without an end begins where the gap does, and is taken back at its end.
  expect(b.streamer.counters.idsOffered - offered).toBeLessThanOrEqual(16 * 2 * 128)
  expect(b.streamer.status()[0]).toMatchObject({ synced: false, troubles: [{ late: 1 }] })
  b.shelf.add(id(100))
  await clock.advance(310_000)
  expect(b.streamer.status().map(({ synced, troubles }) => [synced, troubles])).toEqual([[true, undefined], [true, undefined]])
  expect(await Promise.race([link.ran, Promise.resolve('connected')])).toBe('connected')
})

test('an old peer that says nothing of what it has no more is asked for the rest all the same', async () => {
  const clock = new VirtualClock()
  const node = new Node(1, clock)
  const old = new Scripted(node, 1, false)
  const deliver = (n: number): void => { old.say('ChunkDeliveryMsg', { Addr: id(n), SData: body(id(n)) }) }
  const items = new Set([5, 10])
  let offered = 0
  let delivers = (n: number): boolean => n === 5
  old.on = (name, { Stream, History, From }) => {
    if (Stream?.Name !== 'SHELF' || (name !== 'SubscribeMsg' && name !== 'WantedHashesMsg')) return
    if (Stream.Live && name === 'WantedHashesMsg') return
    const from = Number(History?.From ?? From)
    // What was offered last, if it is wanted.
    if (name === 'WantedHashesMsg' && delivers(offered)) deliver(offered)
    const next = [...items].find(n => n >= from)
    if (next === undefined) return
    offered = next
    old.offer(false, from, next, [id(next)])
  }
  node.streamer.subscribe(old.peer, 'SHELF', 'x')
  await clock.settle()
  // Neither 10 nor 20 comes; when they are asked for again, 20 is gone, and nothing is behind it.
  old.offer(true, 11, 20, [id(20)])
  await clock.advance(50_000)
  expect(node.shelf.items.size).toBe(1)
  delivers = n => n === 10
  await clock.advance(120_000)
  expect(node.shelf.has(10)).toBe(true)
  expect(node.streamer.status().find(({ troubles }) => troubles !== undefined)).toMatchObject({ troubles: [{ from: 11, to: 20, late: 1, items: [{ id: text(id(20)) }] }] })
  // It is known by then that 20 does not come, and asked for as rarely as anything that does not.
  const asked = (): number => old.all('SubscribeMsg').length
  await clock.advance(1_200_000)
  const before = asked()
  await clock.advance(3_600_000)
  expect(asked() - before).toBeLessThanOrEqual(16)
  expect(asked() - before).toBeGreaterThanOrEqual(11)
  // With the next item the stretch is offered, and closed.
  items.add(30)
  delivers = () => true
  old.offer(true, 21, 30, [id(30)])
  await clock.settle()
  deliver(30)
  await clock.advance(310_000)
  expect(node.streamer.status().every(({ synced, troubles }) => synced && troubles === undefined)).toBe(true)
  expect(old.over).toBe(false)
  await node.streamer.stop()
  expect(nothingLeft(node.streamer)).toBe(true)
})

test('of an old peer also a live item that does not come is asked for again', async () => {
  const clock = new VirtualClock()
  const bad = new Set([301])
  const a = new Node(1, clock, sparse(300, n => n % 3 === 0, bad))
  const b = new Node(2, clock)
  const link = new Link(a, b, { native: false })
  b.streamer.subscribe(link.toA, 'SHELF', 'x')
  await clock.advance(5_000)
  for (let n = 301; n <= 320; n++) {
    a.shelf.add(id(n))
    await clock.advance(1_000)
  }
  await clock.advance(120_000)
  expect(b.shelf.items.size).toBe(219)
  expect(b.streamer.status()[0]!.tries).toBeGreaterThan(2)
  bad.clear()
  await clock.advance(310_000)
  expect(b.shelf.items.size).toBe(220)
  expect(b.streamer.status().map(({ synced, troubles }) => [synced, troubles])).toEqual([[true, undefined], [true, undefined]])
  expect(await Promise.race([link.ran, Promise.resolve('connected')])).toBe('connected')
})
