import { describe, expect, test } from 'vitest'
import { address, core, peer, record, wire } from './make.ts'

describe('a new peer', () => {
  test('is asked for addresses at our depth, once it can be talked to', () => {
    const me = core()
    me.table.depth = 3
    const a = peer(address(1))
    expect(me.only(me.step({ type: 'join', peer: a }), 'subPeers')).toEqual([])
    expect(me.only(me.step({ type: 'open', peer: a }), 'subPeers')).toEqual([{ type: 'subPeers', to: a, depth: 3 }])
  })

  test('is told to the others, who are not told of themselves, nor twice', () => {
    const me = core()
    const [a, b, c] = [peer(address(0x80)), peer(address(0x40)), peer(address(0x20))]
    me.meet(a)
    expect(me.told(me.meet(b))).toEqual([[a, ['40']]])
    expect(me.told(me.meet(c)).map(([to, what]) => [to.key, what]).sort()).toEqual([[a.key, ['20']], [b.key, ['20']]].sort())
    me.step({ type: 'leave', peer: c })
    expect(me.told(me.meet(peer(address(0x20))))).toEqual([])
  })

  test('that came back at another place is news', () => {
    const me = core()
    const a = peer(address(0x80))
    const b = peer(address(0x40))
    me.meet(a)
    me.meet(b)
    me.step({ type: 'leave', peer: b })
    const moved = peer(address(0x40), { record: record(address(0x40), 'tcp://127.0.0.1:9') })
    expect(me.told(me.meet(moved))).toEqual([[a, ['40']]])
    expect(me.table.known(address(0x40))[0]![0].underlays).toEqual(['tcp://127.0.0.1:9'])
  })

  test('is told only to peers that want to hear of addresses that near', () => {
    const me = core()
    const near = peer(address(0b0100_0000))
    const far = peer(address(0b1100_0000))
    for (const each of [near, far]) {
      me.meet(each)
      me.step({ type: 'subPeers', from: each, depth: 2 })
    }
    // 0b0110… shares two bits with 0b0100… and none with 0b1100….
    expect(me.told(me.meet(peer(address(0b0110_0000)))).map(([to]) => to)).toEqual([near])
  })

  test('is told to so many of the nearest at most', () => {
    for (const size of [1, 3, 4]) {
      const me = core(address(0), { peersBroadcastSetSize: size })
      const others = [1, 2, 4, 8].map(each => peer(address(each)))
      for (const each of others) me.meet(each)
      expect(me.told(me.meet(peer(address(9)))).map(([to]) => to.overlay[0])).toEqual([8, 1, 2, 4].slice(0, size).sort((a, b) => (a ^ 9) - (b ^ 9)))
    }
  })

  test('that is light is told to nobody, and kept nowhere', () => {
    const me = core()
    const a = peer(address(0x80))
    me.meet(a)
    const effects = me.meet(peer(address(0x40), { light: true }))
    expect(me.told(effects)).toEqual([])
    expect(me.only(effects, 'save')).toEqual([])
    expect(me.table.records.size).toBe(1)
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))).toEqual([])
  })

  test('that is light is not told even where the table gives it away', () => {
    const me = core()
    const light = peer(address(0x40), { light: true })
    me.meet(light)
    const a = peer(address(0x80))
    me.meet(a)
    me.table.peers = () => [[light, 0]]
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))).toEqual([])
  })

  test('that is light is told of full ones', () => {
    const me = core()
    const light = peer(address(0x40), { light: true })
    me.meet(light)
    expect(me.told(me.meet(peer(address(0x80))))).toEqual([[light, ['80']]])
  })
})

describe('a request', () => {
  test('is answered with peers at the depth asked for or nearer, by proximity to who asks', () => {
    const me = core()
    for (const each of [0b1100_0000, 0b1010_0000, 0b1000_0001, 0b0100_0000]) me.meet(peer(address(each)))
    const a = peer(address(0b1000_0000))
    me.meet(a)
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 2 }))).toEqual([[a, ['81', 'a0']]])
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))).toEqual([[a, ['c0', '40']]])
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))).toEqual([])
  })

  test('is not answered when there is nothing to tell', () => {
    const me = core()
    const a = peer(address(0x80))
    me.meet(a)
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))).toEqual([])
  })

  test('is answered at the depth it says, each time, and as often as the limit allows', () => {
    const me = core(address(0), { answerBurst: 2, answerInterval: 1_000 })
    for (const each of [0xc0, 0xa0, 0x90]) me.meet(peer(address(each)))
    const a = peer(address(0x80))
    me.meet(a)
    const ask = (depth: number) => me.told(me.step({ type: 'subPeers', from: a, depth }))
    expect(ask(3)).toEqual([[a, ['90']]])
    expect(ask(2)).toEqual([[a, ['a0']]])
    expect(ask(1)).toEqual([])
    expect(me.told(me.wait(999))).toEqual([])
    expect(me.told(me.wait(1))).toEqual([[a, ['c0']]])
  })

  test.each([29, 30, 31])('is answered with at most thirty of %i', count => {
    const me = core()
    for (let i = 0; i < count; i++) me.meet(peer(address(0x40, i + 1)))
    const a = peer(address(0x80))
    me.meet(a)
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))[0]![1]).toHaveLength(Math.min(30, count))
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 })).length).toBe(count > 30 ? 1 : 0)
  })

  test('is answered from every bin when there is too much to tell', () => {
    const me = core(address(0), { maxPeersPerRequest: 4 })
    for (let i = 1; i <= 6; i++) me.meet(peer(address(0x81, i)))
    for (const each of [0xc0, 0x40]) me.meet(peer(address(each)))
    const a = peer(address(0x80))
    me.meet(a)
    const [[, told]] = me.told(me.step({ type: 'subPeers', from: a, depth: 0 })) as [[unknown, string[]]]
    expect(told).toContain('c0')
    expect(told).toContain('40')
    expect(told.filter(each => each === '81')).toHaveLength(2)
  })

  test('before the peer can be answered is answered then', () => {
    const me = core()
    me.meet(peer(address(0xc0)))
    const a = peer(address(0x80))
    me.step({ type: 'join', peer: a })
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))).toEqual([])
    expect(me.told(me.step({ type: 'open', peer: a }))).toEqual([[a, ['c0']]])
  })

  test('of who has been told enough waits for tokens', () => {
    const me = core(address(0), { gossipBurst: 2, gossipInterval: 10_000 })
    for (const each of [0xc0, 0xa0, 0x90]) me.meet(peer(address(each)))
    const a = peer(address(0x80))
    me.meet(a)
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))[0]![1]).toHaveLength(2)
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))).toEqual([])
    me.wait(10_000)
    expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))[0]![1]).toHaveLength(1)
  })
})

describe('what peers tell', () => {
  test('is dialled, and not passed on before it was reached', () => {
    const me = core()
    me.step({ type: 'start', connected: [], known: [] })
    const [a, b] = [peer(address(0x80)), peer(address(0x40))]
    me.meet(a)
    me.meet(b)
    const effects = me.step({ type: 'peers', from: a, records: [wire(record(address(0x20)))] })
    expect(me.told(effects)).toEqual([])
    expect(me.dials(effects)).toEqual(['tcp://127.0.0.1:2032'])
    // It knows already: it told us.
    expect(me.told(me.meet(peer(address(0x20), { initiator: true }))).map(([to]) => to)).toEqual([b])
  })

  test.each([29, 30, 31])('counts up to thirty of %i', count => {
    const me = core()
    const a = peer(address(0x80))
    me.meet(a)
    me.step({ type: 'peers', from: a, records: Array.from({ length: count }, (_, i) => wire(record(address(0x20, i + 1)))) })
    expect(me.table.records.size).toBe(1 + Math.min(30, count))
  })

  test('is limited in all: so many at once, then one at a time', () => {
    const me = core()
    const a = peer(address(0x80))
    me.meet(a)
    const tell = (from: number, to: number) => me.step({ type: 'peers', from: a, records: Array.from({ length: to - from }, (_, i) => wire(record(address(0x20, from + i)))) })
    for (const [from, to] of [[1, 31], [31, 61], [61, 91], [91, 121], [121, 151]] as const) tell(from, to)
    expect(me.table.records.size).toBe(1 + 128)
    me.wait(9_999)
    tell(160, 170)
    expect(me.table.records.size).toBe(1 + 128)
    me.wait(1)
    tell(160, 170)
    expect(me.table.records.size).toBe(1 + 129)
  })

  test('is no fault when it is our own address or nonsense, and no use either', () => {
    const me = core()
    const a = peer(address(0x80))
    me.meet(a)
    const text = (underlay: string) => new TextEncoder().encode(underlay)
    const effects = me.step({
      type: 'peers',
      from: a,
      records: [
        wire(record(address(0))),
        { OAddr: Uint8Array.of(1), UAddr: text('tcp://127.0.0.1:1') },
        { OAddr: new Uint8Array(33), UAddr: text('tcp://127.0.0.1:1') },
        { OAddr: address(0x20), UAddr: new Uint8Array(0) },
        { OAddr: address(0x21), UAddr: text('nonsense') },
        { OAddr: address(0x22), UAddr: text(`tcp://127.0.0.1:1/${'x'.repeat(600)}`) },
        { OAddr: address(0x23), UAddr: text('tcp://0.0.0.0:1') },
        { OAddr: address(0x24), UAddr: text('tcp://example.org:1') }
      ]
    })
    expect(me.only(effects, 'fault')).toEqual([])
    expect(me.table.records.size).toBe(1)
  })

  test('does not replace where a peer was reached, but goes before it when that did not answer', () => {
    const me = core()
    me.step({ type: 'start', connected: [], known: [] })
    const a = peer(address(0x80))
    const b = peer(address(0x40))
    me.meet(a)
    me.meet(b)
    const lie = wire(record(address(0x40), 'tcp://127.0.0.1:666'))
    const underlays = () => me.table.known(address(0x40))[0]![0].underlays
    me.step({ type: 'peers', from: a, records: [lie] })
    expect(underlays()).toEqual(['tcp://127.0.0.1:2064', 'tcp://127.0.0.1:666'])
    me.table.retry()
    const [dial] = me.only(me.step({ type: 'leave', peer: b }), 'dial')
    expect(dial!.target.underlays).toEqual(underlays())
    me.step({ type: 'dialled', id: dial!.id, ok: false })
    me.step({ type: 'peers', from: a, records: [wire(record(address(0x40), 'tcp://127.0.0.1:7'))] })
    expect(underlays()[0]).toBe('tcp://127.0.0.1:7')
    for (let i = 0; i < 20; i++) me.step({ type: 'peers', from: a, records: [wire(record(address(0x40), `tcp://127.0.0.1:${100 + i}`))] })
    expect(underlays()).toHaveLength(4)
  })

  test('beyond all reason is a fault', () => {
    const me = core(address(0), { messageBurst: 3, messageInterval: 100 })
    const a = peer(address(0x80))
    me.meet(a)
    const say = () => me.only(me.step({ type: 'subPeers', from: a, depth: 0 }), 'fault')
    for (let i = 0; i < 3; i++) expect(say()).toEqual([])
    expect(say()).toMatchObject([{ peer: a, code: 'HIVE_FLOOD' }])
    me.wait(100)
    expect(say()).toEqual([])
  })

  test('is remembered within a bound', () => {
    const me = core(address(0), { maxTold: 10, gossipBurst: 1_000 })
    const a = peer(address(0x80))
    me.meet(a)
    for (let i = 0; i < 100; i++) me.step({ type: 'peers', from: a, records: [wire(record(address(0x20, i + 1)))] })
    expect(me.hive.counts.told).toBe(10)
  })
})

describe('a changed depth', () => {
  test('is told to all, and not more than once a second', () => {
    const me = core()
    const a = peer(address(0x80))
    me.meet(a)
    me.wait(1_000)
    me.table.depth = 2
    expect(me.only(me.wait(0), 'subPeers')).toEqual([{ type: 'subPeers', to: a, depth: 2 }])
    me.table.depth = 3
    expect(me.only(me.wait(999), 'subPeers')).toEqual([])
    expect(me.only(me.wait(1), 'subPeers')).toEqual([{ type: 'subPeers', to: a, depth: 3 }])
    me.table.depth = 300
    expect(me.only(me.wait(1_000), 'subPeers')).toEqual([{ type: 'subPeers', to: a, depth: 255 }])
  })

  test('is told again to one now and then, so that what was lost comes back', () => {
    const me = core()
    for (const each of [1, 2, 3]) me.meet(peer(address(each)))
    me.wait(1)
    expect(me.only(me.wait(29_999), 'subPeers')).toEqual([])
    expect(me.only(me.wait(1), 'subPeers')).toHaveLength(1)
    expect(me.only(me.wait(29_999), 'subPeers')).toEqual([])
  })

  test('is not told without discovery, nor is anything else', () => {
    const me = core(address(0), { discovery: false })
    const a = peer(address(0x80))
    const effects = [...me.meet(a), ...me.meet(peer(address(0x40))), ...me.step({ type: 'subPeers', from: a, depth: 0 })]
    expect(effects.filter(({ type }) => type === 'peers' || type === 'subPeers')).toEqual([])
    expect(me.table.live.size).toBe(2)
  })
})

describe('scopes', () => {
  const at = (host: string) => `tcp://${host}:4000`
  const [publicly, privately, loopback] = [at('8.8.8.8'), at('10.0.0.1'), at('127.0.0.1')]

  test.each<[string, string, string[]]>([
    ['a public peer', '8.8.4.4:1', [publicly]],
    ['a private peer', '10.0.0.9:1', [privately, publicly]],
    ['a loopback peer', '127.0.0.1:1', [loopback, privately, publicly]],
    ['a peer seen at an IPv6 address', '[2600::1]:1', [publicly]],
    ['a peer seen nowhere it says', '0.0.0.0:1', [publicly]]
  ])('%s is told, and may tell, what it can reach', (_, seen, allowed) => {
    const all = [[publicly, 0x10], [privately, 0x20], [loopback, 0x30]] as const
    const me = core()
    for (const [underlay, first] of all) me.meet(peer(address(first), { record: record(address(first), underlay) }))
    // It claims to be on this very host, which counts for nothing against where it was seen.
    const a = peer(address(0x80), { address: seen, record: record(address(0x80), loopback) })
    me.meet(a)
    const told = me.only(me.step({ type: 'subPeers', from: a, depth: 0 }), 'peers').flatMap(({ records }) => records.flatMap(({ underlays }) => underlays))
    expect(told.sort()).toEqual([...allowed].sort())
    me.step({ type: 'peers', from: a, records: all.map(([underlay, first]) => wire(record(address(first + 1), underlay))) })
    const known = all.filter(([, first]) => me.table.known(address(first + 1))[0]![0].overlay[0] === first + 1).map(([underlay]) => underlay)
    expect(known.sort()).toEqual([...allowed].sort())
  })

  test.each<[string, string, boolean, boolean]>([
    ['where it was seen', '10.0.0.1:5', false, true],
    ['elsewhere', '10.0.0.2:5', false, false],
    ['elsewhere, but there we dialled it', '10.0.0.2:5', true, true],
    ['there, and is seen on this host', '[::1]:5', false, false]
  ])('a peer that says it listens %s (seen at %s, dialled by us: %s) is told on: %s', (_, seen, initiator, isTold) => {
    const me = core()
    const a = peer(address(0x80), { address: '10.0.0.9:1', record: record(address(0x80), 'tcp://10.0.0.9:1') })
    me.meet(a)
    const effects = me.meet(peer(address(0x40), { address: seen, initiator, record: record(address(0x40), 'tcp://10.0.0.1:4000') }))
    expect(me.told(effects)).toHaveLength(isTold ? 1 : 0)
  })

  test('this host has more than one name', () => {
    const me = core()
    const a = peer(address(0x80), { address: '127.0.0.1:7' })
    me.meet(a)
    expect(me.told(me.meet(peer(address(0x41), { address: '[::1]:9' })))).toHaveLength(1)
  })

  test('memory is for memory alone', () => {
    const me = core()
    me.meet(peer(address(1), { record: record(address(1), 'memory://a') }))
    for (const [underlay, count] of [['memory://b', 1], [loopback, 0]] as const) {
      const a = peer(address(0x80), { record: record(address(0x80), underlay) })
      me.meet(a)
      expect(me.told(me.step({ type: 'subPeers', from: a, depth: 0 }))).toHaveLength(count)
      me.step({ type: 'leave', peer: a })
    }
  })

  test('a peer of the original is told enode URLs only', () => {
    const enode = `enode://${'a'.repeat(128)}@127.0.0.1:30303`
    const me = core()
    me.meet(peer(address(1), { record: record(address(1), loopback) }))
    me.meet(peer(address(2), { record: { overlay: address(2), underlays: [loopback, enode] } }))
    const old = peer(address(0x80), { record: record(address(0x80), enode) })
    me.meet(old)
    const [effect] = me.only(me.step({ type: 'subPeers', from: old, depth: 0 }), 'peers')
    expect(effect!.records).toEqual([{ overlay: address(2), underlays: [enode] }])
  })
})
