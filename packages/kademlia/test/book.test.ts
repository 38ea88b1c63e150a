import { Kademlia, type KadPeer, type KademliaOptions, type KadRecord } from '@skep/kademlia'
import { randomAddressAt } from '@skep/pot'
import { SeededRandom } from '@skep/sim'
import { describe, expect, test } from 'vitest'
import { HandClock } from './hand-clock.ts'

const base = new Uint8Array(32)

function setup (options?: KademliaOptions) {
  const random = new SeededRandom(1)
  const clock = new HandClock()
  const table = new Kademlia<KadRecord, KadPeer>({ base, clock, random }, options)
  const records = (po: number, count: number): KadRecord[] => Array.from({ length: count }, () => ({ overlay: randomAddressAt(random, base, po) }))
  const has = ({ overlay }: KadRecord): boolean => table.known().some(([record]) => record.overlay === overlay)
  const tried = ({ overlay }: KadRecord, times = 1): void => { for (let i = 0; i < times; i++) table.dialled(overlay) }
  const met = ({ overlay }: KadRecord, at: number): void => {
    const peer = { overlay }
    clock.time = at
    table.on(peer)
    table.off(peer)
  }
  return { table, clock, records, has, tried, met }
}

describe('a full bin', () => {
  test.each([[63, 1], [64, 0], [65, -1]])('with the default of 64, of %i addresses leaves room for %i', (count, room) => {
    const { table, records } = setup()
    const { added, refused } = table.register(records(3, count))
    expect([added, refused.length]).toEqual([Math.min(count, 64), Math.max(0, -room)])
    expect(table.register(records(3, 1)).added).toBe(room > 0 ? 1 : 0)
    expect(table.register(records(4, 1)).added).toBe(1)
  })

  test('lets the oldest success go first, and who never had one before that', () => {
    const { table, records, has, tried, met } = setup({ maxKnownPerBin: 4 })
    const [never, early, late, untried] = records(2, 4) as [KadRecord, KadRecord, KadRecord, KadRecord]
    table.register([never, early, late, untried])
    met(late, 2_000)
    met(early, 1_000)
    for (const each of [early, late, never]) tried(each)
    const newcomers = records(2, 4)
    for (const [i, gone] of [never, early, late].entries()) {
      expect(table.register([newcomers[i]!]).added).toBe(1)
      expect(has(gone), `the one to go at ${i}`).toBe(false)
    }
    expect(has(untried)).toBe(true)
    expect(table.register([newcomers[3]!]).refused).toMatchObject([{ code: 'FULL' }])
  })

  test('of those without success lets the one tried most go first', () => {
    const { table, records, has, tried } = setup({ maxKnownPerBin: 3 })
    const [once, thrice, twice] = records(2, 3) as [KadRecord, KadRecord, KadRecord]
    table.register([once, thrice, twice])
    tried(once)
    tried(thrice, 3)
    tried(twice, 2)
    table.register(records(2, 1))
    expect([once, thrice, twice].map(has)).toEqual([true, false, true])
  })

  test('does not let the connected go, and opens when they leave', () => {
    const { table, records, has, tried } = setup({ maxKnownPerBin: 1 })
    const [first, second] = records(2, 2) as [KadRecord, KadRecord]
    table.register([first])
    tried(first)
    const peer = { overlay: first.overlay }
    table.on(peer)
    expect(table.register([second]).added).toBe(0)
    expect(table.register([second]).added).toBe(0)
    table.off(peer)
    expect(table.register([second]).added).toBe(1)
    expect(has(first)).toBe(false)
  })

  test('opens when somebody is tried or forgotten', () => {
    const { table, records, tried } = setup({ maxKnownPerBin: 2 })
    const [first, second, third, fourth] = records(2, 4) as [KadRecord, KadRecord, KadRecord, KadRecord]
    table.register([first, second])
    expect(table.register([third]).added).toBe(0)
    tried(first)
    expect(table.register([third]).added).toBe(1)
    expect(table.register([fourth]).added).toBe(0)
    table.forget(second.overlay)
    expect(table.register([fourth]).added).toBe(1)
  })

  test('takes a connection all the same', () => {
    const { table, records } = setup({ maxKnownPerBin: 1 })
    const [first, second] = records(2, 2) as [KadRecord, KadRecord]
    table.register([first])
    expect(table.on({ overlay: second.overlay }).accepted).toBe(true)
    expect(table.bins()[2]).toEqual({ po: 2, connected: 1, known: 2 })
  })

  test('still takes news of those it has', () => {
    const { table, records } = setup({ maxKnownPerBin: 1 })
    const [first, second] = records(2, 2) as [KadRecord, KadRecord]
    table.register([first, second])
    expect(table.register([{ ...first, underlays: ['tcp://127.0.0.1:1'] }])).toMatchObject({ added: 0, updated: 1, refused: [] })
    expect(table.register([{ ...first, underlays: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'] }])).toMatchObject({ updated: 1 })
    expect(table.register([{ ...first, underlays: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'] }])).toMatchObject({ updated: 0 })
  })
})

describe('a full table', () => {
  test.each([[2_047, 1], [2_048, 0]])('with the default of 2,048, of %i addresses leaves room for %i', (count, room) => {
    const { table, records } = setup()
    const all = Array.from({ length: 32 }, (_, po) => records(po, 64)).flat()
    expect(table.register(all.slice(0, count)).added).toBe(count)
    expect(table.register(records(40, 1)).added).toBe(room)
  })

  test('makes room in its fullest bin', () => {
    const { table, records, has, tried } = setup({ maxKnown: 5 })
    const [small, large] = [records(1, 2), records(3, 3)]
    table.register([...small, ...large])
    tried(small[0]!)
    expect(table.register(records(7, 1)).added).toBe(0)
    tried(large[1]!)
    expect(table.register(records(7, 1)).added).toBe(1)
    expect([...small, ...large].map(has)).toEqual([true, true, true, false, true])
  })
})

describe('an address without a record', () => {
  test('is known while it is connected, and gone afterwards', () => {
    const { table, records } = setup()
    const peer = { overlay: records(2, 1)[0]!.overlay }
    table.on(peer)
    expect([table.known(), table.bins()[2]]).toEqual([[], { po: 2, connected: 1, known: 1 }])
    table.off(peer)
    expect(table.bins()).toEqual([])
    table.dialled(peer.overlay)
    table.dialled(new Uint8Array(5))
    expect(table.suggest()).toBeUndefined()
  })

  test('gets one while it is connected', () => {
    const { table, records } = setup()
    const [record] = records(2, 1) as [KadRecord]
    const peer = { overlay: record.overlay }
    table.on(peer)
    expect(table.register([{ ...record, underlays: ['tcp://127.0.0.1:1'] }])).toMatchObject({ added: 0, updated: 1 })
    table.off(peer)
    expect(table.suggest()?.overlay).toBe(record.overlay)
  })
})

test('who turns out to be light is forgotten', () => {
  const { table, records } = setup()
  const [record] = records(2, 1) as [KadRecord]
  table.register([record])
  table.on({ overlay: record.overlay, light: true })
  expect(table.known()).toEqual([])
  expect(table.bins()).toEqual([])
})
