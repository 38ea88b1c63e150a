import { describe, expect, test } from 'vitest'
import { Hive, type DialTarget, type HiveEvent, type Reach } from '@skep/hive'
import { generateKey, identity, signRecord } from '@skep/identity'
import { toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { ListTable } from './list-table.ts'
import { address, core, peer, record, wire, type TestPeer } from './make.ts'

const start = { type: 'start', connected: [], known: [] } as const
const [tcp, udp, owl] = ['tcp://127.0.0.1:7', 'udp://127.0.0.1:7', 'owl://127.0.0.1:7']

/** A node that dials udp and tcp, udp first; a peer is told what its first underlay's scheme is. */
const reach: Reach<TestPeer> = {
  ours: underlays => ['udp', 'tcp'].flatMap(scheme => underlays.filter(underlay => underlay.startsWith(`${scheme}:`))),
  theirs: (peer, underlays) => underlays.filter(underlay => underlay.slice(0, 3) === peer.record.underlays[0]!.slice(0, 3))
}
const here = () => {
  const me = core(address(0), {}, reach)
  me.step(start)
  return me
}
const at = (first: number, ...underlays: string[]) => ({ overlay: address(first), underlays })
const known = (me: ReturnType<typeof here>, first: number) => me.table.records.get(toHex(address(first)))?.underlays

describe('what this node dials', () => {
  test('is what the consumer says, in its order, and nothing else', () => {
    const me = here()
    me.table.register([at(1, tcp, owl, udp), at(2, owl)])
    expect(me.only(me.wait(1_000), 'dial').map(({ target }) => target)).toEqual([at(1, tcp, udp)])
    const fresh = here()
    const both = fresh.step({ ...start, known: [at(1, tcp, owl, udp)] })
    expect(fresh.only(both, 'dial').map(({ target }) => target)).toEqual([at(1, udp, tcp)])
    expect(fresh.dials(fresh.step({ type: 'bootstrap', underlays: [owl, tcp.replace(':7', ':8')] }))).toEqual([tcp.replace(':7', ':8')])
  })

  test('leaves out who is told to be where it cannot dial, and keeps both underlays of who is connected', () => {
    const me = here()
    const a = peer(address(0x80))
    me.meet(a)
    me.step({ type: 'peers', from: a, records: [wire(record(address(1), owl)), wire(record(address(2), tcp))] })
    expect([known(me, 1), known(me, 2)]).toEqual([undefined, [tcp]])
    const effects = me.meet(peer(address(3), { record: at(3, owl, tcp, udp) }))
    expect(known(me, 3)).toEqual([udp, tcp])
    // On disk they all are: the node may have other transports the next time.
    expect(me.only(effects, 'save').map(({ record }) => record)).toEqual([at(3, owl, tcp, udp)])
    me.meet(peer(address(4), { record: at(4, owl) }))
    expect(known(me, 4)).toBeUndefined()
  })

  test('spends no signature check on a record that it could not dial', () => {
    const signer = identity(generateKey(new SeededRandom(3)))
    const me = here()
    const a = peer(address(0x80))
    me.step({ type: 'join', peer: a })
    me.step({ type: 'open', peer: a, isNative: true })
    const forged = { ...signRecord(signer, { networkId: 3, timestamp: 1, underlays: [owl] }), overlay: address(9) }
    expect(me.step({ type: 'records', from: a, records: [forged] }).filter(({ type }) => type === 'fault')).toEqual([])
    const signed = signRecord(signer, { networkId: 3, timestamp: 1, underlays: [owl, tcp, udp] })
    me.step({ type: 'records', from: a, records: [signed] })
    expect(me.table.records.get(toHex(signer.overlay))?.underlays).toEqual([udp, tcp])
  })

  test('never puts what a stranger says before where the peer was reached, whatever is preferred', () => {
    const me = here()
    me.meet(peer(address(3), { record: at(3, tcp) }))
    const a = peer(address(0x80))
    me.meet(a)
    me.step({ type: 'peers', from: a, records: [wire(record(address(3), udp))] })
    expect(known(me, 3)).toEqual([tcp, udp])
  })

  test('begins with another underlay of the same address for a while when one did not answer, longer each time', () => {
    const me = here()
    me.table.register([at(1, udp, tcp)])
    let [dial] = me.only(me.wait(0), 'dial')
    const again = (): readonly string[] => {
      // Time for the table to suggest it again.
      me.table.register([at(1, udp, tcp)])
      me.table.retry()
      const next = me.only(me.wait(0), 'dial')[0]!
      dial = next
      return next.target.underlays
    }
    const ended = (missed: string[], reached?: string) => me.step({ type: 'dialled', id: dial!.id, ok: reached !== undefined, missed, reached })
    expect(dial!.target.underlays).toEqual([udp, tcp])
    ended([udp], tcp)
    expect(again()).toEqual([tcp, udp])
    ended([], tcp)
    me.wait(30_000)
    expect(again()).toEqual([udp, tcp])
    ended([udp], tcp)
    me.wait(59_999)
    expect(again()).toEqual([tcp, udp])
    // When none answers, each is tried all the same; the one that came back is first again.
    ended([tcp], udp)
    expect(again()).toEqual([udp, tcp])
  })
})

describe('what a peer is told', () => {
  test('is what it can dial; what is signed goes whole, if there is anything in it for the peer', () => {
    const random = new SeededRandom(4)
    const [both, other] = [identity(generateKey(random)), identity(generateKey(random))]
    const sign = (who: typeof both, underlays: string[]) => signRecord(who, { networkId: 3, timestamp: 1, underlays })
    const [first, second] = [sign(both, [udp, tcp]), sign(other, [udp])]
    const me = here()
    for (const signed of [first, second]) me.meet(peer(signed.overlay, { record: { overlay: signed.overlay, underlays: signed.underlays }, signed }))
    const native = peer(address(1), { record: at(1, tcp) })
    me.step({ type: 'join', peer: native })
    me.step({ type: 'open', peer: native, isNative: true })
    const toNative = me.step({ type: 'subPeers', from: native, depth: 0 })
    expect(me.only(toNative, 'records').flatMap(({ records }) => records)).toEqual([first])
    expect(me.only(toNative, 'peers')).toEqual([])
    const old = peer(address(2), { record: at(2, tcp.replace(':7', ':8')) })
    me.meet(old)
    const toOld = me.only(me.step({ type: 'subPeers', from: old, depth: 0 }), 'peers').flatMap(({ records }) => records)
    expect(toOld).toContainEqual({ overlay: both.overlay, underlays: [tcp] })
    expect(toOld.every(({ underlays }) => underlays.every(underlay => underlay.startsWith('tcp:')))).toBe(true)
  })
})

describe('a dial of several underlays', () => {
  function node (dial: (target: DialTarget) => Promise<void>) {
    const clock = new VirtualClock()
    const table = new ListTable<TestPeer>(address(0))
    const hive = new Hive<TestPeer>({ table, clock, random: new SeededRandom(1), dial, reach })
    const events: HiveEvent[] = []
    hive.onEvent(event => events.push(event))
    table.register([at(1, udp, tcp)])
    return { clock, table, hive, events }
  }

  test('goes on to the next when one fails', async () => {
    const tried: string[] = []
    const { hive, clock, events } = node(async ({ underlays }) => {
      tried.push(...underlays)
      if (underlays[0] === udp) throw new Error('nobody')
    })
    await hive.start()
    await clock.advance(100)
    expect(tried).toEqual([udp, tcp])
    expect(events.map(({ type }) => type)).toEqual(['dialling'])
    await hive.stop()
  })

  test('ends when the peer has dialled us meanwhile', async () => {
    const tried: string[] = []
    const { hive, clock } = node(async ({ underlays }) => {
      tried.push(...underlays)
      hive.join(peer(address(1), { record: at(1, udp, tcp) }))
      throw new Error('a second connection to the same node')
    })
    await hive.start()
    await clock.advance(100)
    expect(tried).toEqual([udp])
    await hive.stop()
  })
})
