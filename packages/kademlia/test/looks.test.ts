import { Kademlia, peerPot, peerPots, v1815, type KadPeer, type KademliaOptions, type KadRecord } from '@skep/kademlia'
import { fromBinary, Pot, toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { describe, expect, test } from 'vitest'

const base = fromBinary('0')
const addresses = (...digits: string[]): Uint8Array[] => digits.map(text => fromBinary(text))

function setup (options?: KademliaOptions) {
  const clock = new VirtualClock()
  const table = new Kademlia<KadRecord, KadPeer>({ base, clock, random: new SeededRandom(1) }, options)
  const live = (...digits: string[]): void => { for (const overlay of addresses(...digits)) table.on({ overlay }) }
  const known = (...digits: string[]): void => { table.register(addresses(...digits).map(overlay => ({ overlay, underlays: ['tcp://127.0.0.1:1'] }))) }
  return { clock, table, live, known }
}

describe('health', () => {
  test('names what is missing and why', () => {
    const { table, live, known, clock } = setup()
    const all = addresses('1', '01', '001', '0001', '00001', '00011', '000011')
    const expected = peerPot(base, Pot.from([base, ...all]))
    expect(expected).toEqual({ depth: 4, neighbours: addresses('00001', '000011'), sizes: [1, 1, 1, 2, 2] })
    live('01', '001')
    known('00001', '0001')
    expect(table.health(expected)).toEqual({
      healthy: false,
      knowsNeighbours: false,
      hasNeighbours: false,
      missing: [{ overlay: all[4], why: 'CALLABLE' }, { overlay: all[6], why: 'UNKNOWN' }],
      saturated: false,
      emptyBins: [0, 3],
      depth: 0,
      expectedDepth: 4,
      score: 2 / 6
    })
    table.dialled(all[4]!)
    table.register([{ overlay: all[6]!, underlays: [] }])
    const { missing, knowsNeighbours } = table.health(expected)
    expect(missing).toEqual([{ overlay: all[4], why: 'WAITING', until: expect.any(Number) }, { overlay: all[6], why: 'REFUSED' }])
    expect(missing[0]!.until).toBeGreaterThan(clock.now())
    expect(knowsNeighbours).toBe(false)
    known('000011')
    expect(table.health(expected)).toMatchObject({ knowsNeighbours: true, hasNeighbours: false })
    live('1', '0001', '00001')
    expect(table.health(expected)).toMatchObject({ healthy: false, saturated: true, emptyBins: [], score: 5 / 6 })
    live('000011')
    expect(table.health(expected)).toMatchObject({ healthy: true, saturated: true, hasNeighbours: true, knowsNeighbours: true, score: 1, depth: 4 })
  })

  test('an empty bin makes a table unhealthy that has all its neighbours', () => {
    const { table, live } = setup()
    const expected = peerPot(base, Pot.from(addresses('1', '01', '001', '0011')))
    live('01', '001', '0011')
    expect(table.health(expected)).toMatchObject({ healthy: false, hasNeighbours: true, saturated: false, emptyBins: [0] })
  })

  test('without an oracle is measured against what is known', () => {
    const { table, live, known } = setup()
    expect(table.health()).toMatchObject({ healthy: true, score: 1, expectedDepth: 0 })
    known('1', '01')
    expect(table.health()).toMatchObject({ healthy: false, expectedDepth: 0, score: 0 })
    live('1', '01')
    expect(table.health()).toMatchObject({ healthy: true, score: 1 })
    known('001', '0001')
    expect(table.health()).toMatchObject({ healthy: false, expectedDepth: 2, score: 0.5 })
  })

  test('the oracle of a lone node expects nobody', () => {
    expect(peerPots([base])).toEqual(new Map([[toHex(base), { depth: 0, neighbours: [], sizes: [] }]]))
  })

  test('the oracle of somebody outside counts everybody', () => {
    expect(peerPot(base, Pot.from(addresses('1', '01', '011')), 1)).toEqual({ depth: 1, neighbours: addresses('01', '011'), sizes: [1, 2] })
  })
})

describe('as text', () => {
  test('shows live peers, known ones and depth', () => {
    const { table, live, known } = setup()
    live('1', '11', '111', '1111', '11111', '01', '001', '0001')
    known('01', '011', '000000001')
    table.dialled(addresses('011')[0]!)
    expect(table.toString()).toBe(`
=========================================================================
Sun Nov 22 00:00:00 UTC 2026 KΛÐΞMLIΛ hive: queen's address: 000000
population: 8 (10), MinProxBinSize: 2, MinBinSize: 4, MaxBinSize: 16
000  5 f800 f000 e000 c000          |  5 f800 (0) f000 (0) e000 (0) c000 (0)
001  1 4000                         |  2 6000 (1) 4000 (0)
============ DEPTH: 2 ==========================================
002  1 2000                         |  1 2000 (0)
003  1 1000                         |  1 1000 (0)
${[4, 5, 6, 7].map(row => `00${row}  0                              |  0`).join('\n')}
008  0                              |  1 0080 (0)
${['009', '010', '011', '012', '013', '014', '015'].map(row => `${row}  0                              |  0`).join('\n')}
=========================================================================`)
  })

  test('the last row has everything nearer', () => {
    const { table, live } = setup({ maxBin: 2 })
    live('1', '01', '001', '0001')
    expect(table.toString().split('\n').slice(4, 6)).toEqual(['000  1 8000                         |  1 8000 (0)', '001  3 4000 2000 1000               |  3 4000 (0) 2000 (0) 1000 (0)'])
  })

  test.each([
    [0, 'Thu Jan  1 00:00:00 UTC 1970'], [951_782_400_000, 'Tue Feb 29 00:00:00 UTC 2000'], [951_868_800_000, 'Wed Mar  1 00:00:00 UTC 2000'],
    [1_767_225_599_999, 'Wed Dec 31 23:59:59 UTC 2025'], [4_107_542_400_000, 'Mon Mar  1 00:00:00 UTC 2100'], [1_709_164_800_000, 'Thu Feb 29 00:00:00 UTC 2024'],
    [1_722_470_400_000, 'Thu Aug  1 00:00:00 UTC 2024'], [1_690_761_601_000, 'Mon Jul 31 00:00:01 UTC 2023'], [1_698_796_800_000, 'Wed Nov  1 00:00:00 UTC 2023']
  ])('%i is %s', (wall, text) => {
    const table = new Kademlia<KadRecord, KadPeer>({ base, clock: new VirtualClock(wall), random: new SeededRandom(1) })
    expect(table.toString().split('\n')[2]).toMatch(text)
  })
})

test('as data it is plain', () => {
  const { table, live, known } = setup()
  live('1', '01', '001')
  known('011')
  table.on({ overlay: addresses('0001')[0]!, light: true })
  table.dialled(addresses('011')[0]!)
  const [first, second, third, waiting] = addresses('1', '01', '001', '011').map(toHex)
  expect(JSON.parse(JSON.stringify(table))).toEqual({
    base: toHex(base),
    depth: 1,
    saturation: 0,
    connected: 3,
    known: 4,
    light: 1,
    bins: [
      { po: 0, neighbourhood: false, connected: [first], waiting: [] },
      { po: 1, neighbourhood: true, connected: [second], waiting: [{ overlay: waiting, tries: 1 }] },
      { po: 2, neighbourhood: true, connected: [third], waiting: [] }
    ]
  })
})

test('options that make no sense are refused', () => {
  const make = (options: KademliaOptions) => () => new Kademlia({ base, clock: new VirtualClock(), random: new SeededRandom(1) }, options)
  for (const options of [
    { neighbours: -1 }, { minBinSize: NaN }, { retryInterval: 0 }, { retryJitter: 1 }, { retryJitter: -0.1 }, { maxBin: 0 }, { maxBin: 1.5 }, { maxKnown: -1 }, { stableAfter: -1 }
  ]) expect(make(options), JSON.stringify(options)).toThrow(RangeError)
  expect(make({ maxKnown: Infinity, retryJitter: 0, retryCap: 0, neighbours: 0 })).not.toThrow()
})

test('parameters under which v1.8.15 would hang or divide by zero are refused', () => {
  for (const params of [{ retryExponent: 1 }, { retryExponent: 0 }, { retryExponent: 2.5 }, { retryInterval: 0 }, { retryInterval: NaN }]) {
    expect(() => v1815(params), JSON.stringify(params)).toThrow(RangeError)
  }
  expect(v1815().advertised).toBe(0)
})
