import { depthOf, Kademlia, peerPots, saturationOf, type KadPeer, type KadRecord } from '@skep/kademlia'
import { proximity, randomAddressAt, toHex } from '@skep/pot'
import { SeededRandom } from '@skep/sim'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HandClock } from './hand-clock.ts'
import { NaiveTable } from './naive.ts'

const base = new Uint8Array(32)

/** Addresses of a small world, of which bins 0 to 6 have many and some deeper ones one. */
function world (seed: number, size: number): Uint8Array[] {
  const random = new SeededRandom(seed)
  return Array.from({ length: size }, (_, i) => randomAddressAt(random, base, i % 11 === 0 ? random.integer(20) : random.integer(7)))
}

const step = fc.record({
  op: fc.constantFrom('register', 'register', 'dial', 'dial', 'connect', 'connect', 'disconnect', 'wait', 'forget', 'unlisted'),
  at: fc.nat(39),
  ms: fc.constantFrom(1, 500, 1_500, 12_000, 100_000)
})

describe('a table is a list that is looked through whole, only faster', () => {
  test('after any sequence of changes', () => {
    fc.assert(fc.property(fc.integer(), fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), (seed, steps, neighbours, minBinSize) => {
      const clock = new HandClock()
      const table = new Kademlia<KadRecord, KadPeer>({ base, clock, random: new SeededRandom(seed) }, { neighbours, minBinSize, retryJitter: 0 })
      const naive = new NaiveTable({ neighbours, minBinSize })
      const peers = world(seed, 40).map(overlay => ({ overlay }))
      for (const { op, at, ms } of steps) {
        const peer = peers[at]!
        const known = naive.entries.get(toHex(peer.overlay))
        switch (op) {
          case 'register':
          case 'unlisted': {
            const entry = naive.entry(peer.overlay, proximity(base, peer.overlay))
            entry.dialable = op === 'register'
            table.register([{ overlay: peer.overlay, underlays: op === 'register' ? ['tcp://127.0.0.1:1'] : [] }])
            break
          }
          case 'dial': {
            const suggested = table.suggest()
            if (suggested === undefined) break
            const entry = naive.entries.get(toHex(suggested.overlay))!
            expect(naive.suggestions(clock.now())).toContain(toHex(suggested.overlay))
            table.dialled(suggested.overlay)
            naive.dials++
            entry.tries++
            entry.triedAt = clock.now()
            break
          }
          case 'connect': {
            expect(table.on(peer).accepted).toBe(known?.live !== true)
            if (known?.live === true) break
            const entry = naive.entry(peer.overlay, proximity(base, peer.overlay))
            entry.live = true
            entry.since = clock.now()
            break
          }
          case 'disconnect': {
            table.off(peer)
            if (known?.live !== true) break
            known.live = false
            if (clock.now() - known.since >= 10_000) known.tries = 0
            if (!table.known().some(([{ overlay }]) => overlay === peer.overlay)) naive.entries.delete(toHex(peer.overlay))
            break
          }
          case 'forget':
            table.forget(peer.overlay)
            if (known?.live === false) naive.entries.delete(toHex(peer.overlay))
            break
          default:
            clock.time += ms
        }
        expect({ depth: table.depth, saturation: table.saturation }).toEqual({ depth: naive.depth, saturation: naive.saturation })
        expect(table.peers().map(([, po]) => po)).toEqual(naive.live.map(({ po }) => po).sort((a, b) => b - a))
        const allowed = naive.suggestions(clock.now())
        const suggested = table.suggest()
        if (suggested === undefined) expect(allowed).toEqual([])
        else expect(allowed).toContain(toHex(suggested.overlay))
        for (const { po, connected, known } of table.bins()) {
          expect([connected, known]).toEqual([naive.size(po), [...naive.entries.values()].filter(entry => entry.po === po).length])
        }
      }
    }), { numRuns: 60 })
  })

  test('depth and saturation follow from the sizes of bins alone', () => {
    fc.assert(fc.property(fc.array(fc.nat(3), { maxLength: 8 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), (sizes, n, least) => {
      const naive = new NaiveTable({ neighbours: n, minBinSize: least })
      for (const [po, size] of sizes.entries()) {
        for (let i = 0; i < size; i++) naive.entry(Uint8Array.of(po, i), po).live = true
      }
      expect(depthOf(sizes, n)).toBe(naive.depth)
      expect(saturationOf(sizes, least, depthOf(sizes, n))).toBe(naive.saturation)
    }))
  })
})

describe('nobody is starved', () => {
  test('each address that is wanted is suggested, and none more often than its wait allows', () => {
    fc.assert(fc.property(fc.integer(), fc.nat(30), fc.integer({ min: 1, max: 8 }), (seed, connected, parallel) => {
      const clock = new HandClock()
      const table = new Kademlia<KadRecord, KadPeer>({ base, clock, random: new SeededRandom(seed) })
      const addresses = world(seed, 130)
      for (const overlay of addresses.slice(100, 100 + connected)) table.on({ overlay })
      table.register(addresses.slice(0, 100).map(overlay => ({ overlay })))
      const attempts = new Map<Uint8Array, number[]>()
      // A quarter of an hour, in which nobody answers.
      for (let second = 0; second < 900; second++) {
        for (let i = 0; i < parallel; i++) {
          const record = table.suggest()
          if (record === undefined) break
          table.dialled(record.overlay)
          attempts.set(record.overlay, [...attempts.get(record.overlay) ?? [], clock.now()])
        }
        clock.time += 1_000
      }
      const sizes = table.bins().map(({ connected }) => connected)
      for (const overlay of addresses.slice(0, 100)) {
        const po = proximity(base, overlay)
        const wanted = po >= table.depth || sizes[po]! < 4
        const times = attempts.get(overlay) ?? []
        expect(times.length > 0, `bin ${po} of depth ${table.depth}`).toBe(wanted)
        const cap = po >= table.depth || connected === 0 ? 30_000 : 300_000
        for (let i = 1; i < times.length; i++) {
          expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(0.85 * Math.min(cap, 1_000 * 2 ** (i - 1)))
        }
      }
    }), { numRuns: 8 })
  })

  test('a flood of new neighbours does not keep a sparse bin from being filled', () => {
    const clock = new HandClock()
    const random = new SeededRandom(3)
    const table = new Kademlia<KadRecord, KadPeer>({ base, clock, random })
    for (const po of [0, 1, 2, 3, 4, 5, 6, 6]) table.on({ overlay: randomAddressAt(random, base, po) })
    const honest = randomAddressAt(random, base, 0)
    table.register([{ overlay: honest }])
    let dials = 0
    for (let record = table.suggest(); record?.overlay !== honest; record = table.suggest()) {
      // Ten new neighbours for each that is dialled.
      table.register(Array.from({ length: 10 }, () => ({ overlay: randomAddressAt(random, base, 6 + random.integer(20)) })))
      if (record !== undefined) table.dialled(record.overlay)
      expect(dials++).toBeLessThan(8)
      clock.time += 100
    }
  })
})

describe('the oracle', () => {
  test('is what a table would see that is connected to everybody', () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 4 }), (seed, size, n) => {
      const random = new SeededRandom(seed)
      const addresses = Array.from({ length: size }, () => random.bytes(32))
      const pots = peerPots([...addresses, ...addresses.slice(0, 2)], n)
      expect(pots.size).toBe(size)
      for (const own of addresses.slice(0, 5)) {
        const table = new Kademlia<KadRecord, KadPeer>({ base: own, clock: new HandClock(), random }, { neighbours: n })
        for (const overlay of addresses) table.on({ overlay })
        const pot = pots.get(toHex(own))!
        expect(pot.depth).toBe(table.depth)
        expect(pot.sizes).toEqual(table.bins().map(({ connected }) => connected))
        expect(pot.neighbours).toEqual(table.peers().filter(([, po]) => po >= table.depth).map(([{ overlay }]) => overlay))
        expect(table.health(pot)).toMatchObject({ healthy: true, score: 1, missing: [], emptyBins: [] })
      }
    }), { numRuns: 40 })
  })
})
