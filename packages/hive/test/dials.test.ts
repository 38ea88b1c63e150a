import { describe, expect, test } from 'vitest'
import { address, core, peer, record, wire } from './make.ts'

const start = { type: 'start', connected: [], known: [] } as const

describe('the keep-connected loop', () => {
  test('dials whomever the table suggests, at once, and so many at a time', () => {
    for (const max of [1, 15, 16, 17]) {
      const me = core(address(0), { maxDials: max })
      me.table.register(Array.from({ length: 40 }, (_, i) => record(address(i + 1))))
      const first = me.only(me.step(start), 'dial')
      expect(first).toHaveLength(max)
      // A dial that ends makes room for the next in the same step.
      expect(me.only(me.step({ type: 'dialled', id: first[0]!.id, ok: false }), 'dial')).toHaveLength(1)
      expect(me.hive.counts.dials).toBe(max)
    }
  })

  test('has sixteen dials unless told otherwise', () => {
    expect(core().limits.maxDials).toBe(16)
  })

  test('does not begin before the start', () => {
    const me = core()
    me.table.register([record(address(1))])
    expect(me.dials(me.wait(1_000))).toEqual([])
    expect(me.dials(me.step(start))).toEqual(['tcp://127.0.0.1:2001'])
  })

  test('reacts to news and to a lost peer without waiting for time to pass', () => {
    const me = core()
    me.step(start)
    const a = peer(address(1))
    me.meet(a)
    expect(me.dials(me.step({ type: 'peers', from: a, records: [wire(record(address(2)))] }))).toEqual(['tcp://127.0.0.1:2002'])
    expect(me.dials(me.step({ type: 'leave', peer: a }))).toEqual(['tcp://127.0.0.1:2001'])
  })

  test('lets the lower of two overlay addresses dial first, for a moment', () => {
    const me = core(address(5))
    me.step(start)
    me.table.register([record(address(1)), record(address(2)), record(address(9))])
    expect(me.dials(me.wait(0))).toEqual(['tcp://127.0.0.1:2009'])
    expect(me.dials(me.wait(249))).toEqual([])
    me.meet(peer(address(1)))
    // The one that came is not dialled any more, the other is.
    expect(me.dials(me.wait(1))).toEqual(['tcp://127.0.0.1:2002'])
    expect(me.hive.counts.dials).toBe(2)
    // Who was connected before is not waited for.
    const again = core(address(5))
    expect(again.dials(again.step({ type: 'start', connected: [record(address(1))], known: [record(address(2))] }))).toEqual(['tcp://127.0.0.1:2001'])
  })

  test('leaves the back-off to the table', () => {
    const me = core()
    me.table.register([record(address(1))])
    const [dial] = me.only(me.step(start), 'dial')
    expect(me.dials(me.step({ type: 'dialled', id: dial!.id, ok: false }))).toEqual([])
    expect(me.dials(me.wait(3_600_000))).toEqual([])
    me.table.retry()
    expect(me.dials(me.wait(500))).toHaveLength(1)
  })

  test('does not dial one address twice at once, whatever it is called', () => {
    const me = core()
    me.table.register([record(address(1), 'tcp://127.0.0.1:1'), record(address(2), 'tcp://127.0.0.1:1')])
    expect(me.dials(me.step(start))).toEqual(['tcp://127.0.0.1:1'])
    const other = core()
    other.step({ type: 'bootstrap', underlays: ['tcp://127.0.0.1:1'] })
    other.table.register([record(address(1), 'tcp://127.0.0.1:1')])
    expect(other.dials(other.step(start))).toEqual(['tcp://127.0.0.1:1'])
  })

  test('is not held up by a table that repeats itself', () => {
    const me = core()
    const stuck = record(address(1))
    me.table.suggest = () => stuck
    expect(me.dials(me.step(start))).toHaveLength(1)
  })

  test('does not dial what cannot be dialled', () => {
    const me = core()
    me.table.register([{ overlay: address(1), underlays: [] }])
    expect(me.dials(me.step(start))).toEqual([])
  })

  test('dials into one /24 once a second, but not on this host', () => {
    const me = core()
    me.table.register([1, 2, 3, 7, 8].map(i => record(address(i), `tcp://8.8.8.${i}:4000`)))
    me.table.register([record(address(4), 'tcp://8.8.9.1:4000'), record(address(5), 'tcp://[2600::1]:4000'), record(address(6), 'tcp://[2600:0:0:aa::1]:4000')])
    expect(me.dials(me.step(start))).toEqual(['tcp://8.8.8.1:4000', 'tcp://8.8.9.1:4000', 'tcp://[2600::1]:4000'])
    expect(me.dials(me.wait(999))).toEqual([])
    expect(me.dials(me.wait(1))).toEqual(['tcp://8.8.8.2:4000', 'tcp://[2600:0:0:aa::1]:4000'])
    expect(me.dials(me.wait(1_000))).toEqual(['tcp://8.8.8.3:4000'])
    // The others hold no slot: the table suggests them again.
    expect(me.dials(me.wait(1_000))).toEqual([])
    me.table.retry()
    expect(me.dials(me.wait(1_000)).filter(each => each.includes('8.8.8.'))).toHaveLength(1)
  })

  test('stops dialling when the limit of connections is reached, dials on their way counted', () => {
    for (const max of [3, 4, 5]) {
      const me = core(address(0), { maxConnections: max, inboundShare: 1 })
      me.meet(peer(address(0x80)))
      expect(me.hive.admit(false)).toBe(true)
      me.table.register(Array.from({ length: 10 }, (_, i) => record(address(i + 1))))
      const dials = me.only(me.step(start), 'dial')
      expect(dials).toHaveLength(max - 2)
      // A dial that has been admitted does not count twice.
      expect(me.hive.admit(true)).toBe(true)
      expect(me.dials(me.wait(500))).toEqual([])
    }
  })

  test('dials a peer that did not answer at once when it is said to be elsewhere, whatever its back-off', () => {
    const me = core()
    me.step(start)
    const [a, b] = [peer(address(1)), peer(address(2))]
    me.meet(a)
    me.meet(b)
    const [dial] = me.only(me.step({ type: 'leave', peer: b }), 'dial')
    const elsewhere = { type: 'peers', from: a, records: [wire(record(address(2), 'tcp://127.0.0.1:9'))] } as const
    // While it is not known that nobody answers there is no hurry.
    expect(me.dials(me.step({ ...elsewhere, records: [wire(record(address(2), 'tcp://127.0.0.1:8'))] }))).toEqual([])
    expect(me.dials(me.step({ type: 'dialled', id: dial!.id, ok: false }))).toEqual([])
    expect(me.dials(me.step(elsewhere))).toEqual(['tcp://127.0.0.1:9 tcp://127.0.0.1:8 tcp://127.0.0.1:2002'])
  })

  test('tries those first who were connected when the node last ran', () => {
    const me = core(address(0), { maxDials: 2 })
    const connected = [record(address(9)), record(address(8))]
    // The table would suggest this one.
    me.table.register([record(address(1))])
    expect(me.dials(me.step({ type: 'start', connected, known: [record(address(1))] }))).toEqual(['tcp://127.0.0.1:2009', 'tcp://127.0.0.1:2008'])
  })
})

describe('bootstrap underlays', () => {
  const boot = ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2']

  test('are dialled while nobody is connected, with a back-off, for ever', () => {
    const me = core(address(0))
    me.step(start)
    let dials = me.only(me.step({ type: 'bootstrap', underlays: boot }), 'dial')
    expect(dials.map(({ target }) => target)).toEqual(boot.map(underlay => ({ underlays: [underlay] })))
    const waits: number[] = []
    for (let attempt = 0; attempt < 20; attempt++) {
      for (const { id } of dials) me.step({ type: 'dialled', id, ok: false })
      dials = []
      let waited = 0
      while (dials.length < 2) {
        waited += 50
        expect(waited).toBeLessThan(20_000)
        dials.push(...me.only(me.wait(50), 'dial'))
      }
      waits.push(waited)
    }
    expect(waits[0]).toBeLessThan(700)
    expect(waits[3]).toBeGreaterThan(3_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(15_000 * 1.15 + 50)
  })

  test('are left alone once somebody is there, and dialled at once when nobody is again', () => {
    const me = core(address(0))
    me.step(start)
    const dials = me.only(me.step({ type: 'bootstrap', underlays: boot }), 'dial')
    const a = peer(address(1), { initiator: true })
    me.meet(a)
    for (const { id } of dials) me.step({ type: 'dialled', id, ok: true })
    expect(me.dials(me.wait(60_000))).toEqual([])
    me.table.dialled(address(1))
    expect(me.dials(me.step({ type: 'leave', peer: a }))).toEqual(boot)
  })

  test('are needed as long as only light peers are there', () => {
    const me = core(address(0))
    me.step(start)
    me.meet(peer(address(1), { light: true }))
    expect(me.dials(me.step({ type: 'bootstrap', underlays: boot }))).toEqual(boot)
  })

  test('are so many at most', () => {
    const me = core(address(0), { maxBootstraps: 3, maxDials: 10 })
    me.step(start)
    expect(me.dials(me.step({ type: 'bootstrap', underlays: [1, 2, 3, 4, 5].map(each => `tcp://127.0.0.1:${each}`) }))).toHaveLength(3)
  })
})

describe('connection limits', () => {
  test.each([2, 3, 4])('hold at %i in all, from the first word on', max => {
    const me = core(address(0), { maxConnections: max, inboundShare: 1 })
    for (let i = 0; i < max; i++) expect(me.hive.admit(i % 2 === 0)).toBe(true)
    expect(me.hive.admit(true)).toBe(false)
    expect(me.hive.admit(false)).toBe(false)
    me.hive.released(false)
    expect(me.hive.admit(true)).toBe(true)
  })

  test('leave room for those we dial', () => {
    const me = core(address(0), { maxConnections: 9 })
    for (let i = 0; i < 6; i++) {
      expect(me.hive.admit(false)).toBe(true)
      me.meet(peer(address(i + 1)))
    }
    expect(me.hive.admit(false)).toBe(false)
    expect(me.only(me.step({ type: 'join', peer: peer(address(0x70)) }), 'refuse')).toMatchObject([{ code: 'TOO_MANY_PEERS' }])
    expect(me.hive.admit(true)).toBe(true)
    expect(me.only(me.step({ type: 'join', peer: peer(address(0x71), { initiator: true }) }), 'accept')).toHaveLength(1)
  })

  test('hold for handshakes that others began', () => {
    const me = core()
    for (let i = 0; i < 10; i++) expect(me.hive.admit(false)).toBe(true)
    expect(me.hive.admit(false)).toBe(false)
    expect(me.hive.admit(true)).toBe(true)
    me.meet(peer(address(1)))
    expect(me.hive.admit(false)).toBe(true)
    me.hive.released()
    expect(me.hive.admit(false)).toBe(true)
  })

  test('are not moved by releasing what was never admitted', () => {
    const me = core(address(0), { maxConnections: 1, inboundShare: 1 })
    for (let i = 0; i < 5; i++) me.hive.released(i % 2 === 0)
    expect(me.hive.admit(true)).toBe(true)
    expect(me.hive.admit(true)).toBe(false)
  })

  test.each([1, 2, 3])('hold at %i light peers', max => {
    const me = core(address(0), { maxLight: max })
    for (let i = 0; i < max; i++) expect(me.only(me.meet(peer(address(i + 1), { light: true })), 'accept')).toHaveLength(1)
    expect(me.only(me.meet(peer(address(0x70), { light: true })), 'refuse')).toMatchObject([{ code: 'TOO_MANY_PEERS' }])
    expect(me.only(me.meet(peer(address(0x71))), 'accept')).toHaveLength(1)
  })

  test('that are none are refused', () => {
    expect(() => core(address(0), { maxDials: 0 })).toThrow(RangeError)
    expect(() => core(address(0), { inboundShare: 1.1 })).toThrow(RangeError)
    expect(() => core(address(0), { gossipInterval: NaN })).toThrow(RangeError)
  })
})
