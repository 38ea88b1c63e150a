import { describe, expect, test } from 'vitest'
import { pair } from '@skep/conn-memory'
import { Hive, hiveSpec, nativeHiveSpec, type HiveOptions } from '@skep/hive'
import { generateKey, identity, signedRecordToWire, signRecord, type Curve, type SignedRecord } from '@skep/identity'
import { toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { encodeMessage, Peer } from '@skep/wire'
import { ListTable } from './list-table.ts'
import { address, core, peer, record, wire, type TestPeer } from './make.ts'

const random = new SeededRandom(20)
const keys = Array.from({ length: 12 }, () => identity(generateKey(random)))

function sign (key: number, underlays: string[], timestamp = 1_000, networkId = 3): SignedRecord {
  return signRecord(keys[key]!, { networkId, timestamp, underlays })
}

const proven = (signed: SignedRecord, more: Partial<TestPeer> = {}): TestPeer =>
  peer(signed.overlay, { record: { overlay: signed.overlay, underlays: signed.underlays }, signed, ...more })

/** A core with one native peer, from which it hears and which it tells. */
function meet (options: HiveOptions = {}) {
  const me = core(address(0), options)
  me.step({ type: 'start', connected: [], known: [] })
  const a = peer(address(0x80))
  me.step({ type: 'join', peer: a })
  me.step({ type: 'open', peer: a, isNative: true })
  const hear = (...records: SignedRecord[]) => me.step({ type: 'records', from: a, records })
  const underlays = (signed: SignedRecord) => me.table.records.get(toHex(signed.overlay))?.underlays
  return { me, a, hear, underlays }
}

describe('signed records', () => {
  test('go to peers that have skep-hive/1, whole; the others get what hive/5 can carry', () => {
    const { me, a } = meet()
    const old = peer(address(0x40))
    me.meet(old)
    const signed = sign(0, ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'])
    const effects = me.meet(proven(signed))
    expect(me.only(effects, 'records')).toEqual([{ type: 'records', to: a, records: [signed] }])
    expect(me.only(effects, 'peers').filter(({ to }) => to === old)).toMatchObject([{ records: [{ overlay: signed.overlay }] }])
    // Nothing is said twice.
    expect(me.only(me.step({ type: 'subPeers', from: a, depth: 0 }), 'records')).toEqual([])
  })

  test('signed anew are news', () => {
    const { me, a } = meet()
    const first = proven(sign(0, ['tcp://127.0.0.1:1']))
    me.meet(first)
    me.step({ type: 'leave', peer: first })
    const later = sign(0, ['tcp://127.0.0.1:1'], 2_000)
    expect(me.only(me.meet(proven(later)), 'records')).toEqual([{ type: 'records', to: a, records: [later] }])
  })

  test('with an underlay that the peer must not know go as the part that it may', () => {
    const me = core()
    const stranger = peer(address(0x80), { address: '8.8.8.8:1', record: record(address(0x80), 'tcp://8.8.8.8:4000') })
    me.step({ type: 'join', peer: stranger })
    me.step({ type: 'open', peer: stranger, isNative: true })
    const signed = sign(0, ['tcp://10.0.0.1:1', 'tcp://1.1.1.1:1'])
    const effects = me.meet(proven(signed, { initiator: true }))
    expect(me.only(effects, 'records')).toEqual([])
    expect(me.only(effects, 'peers')).toEqual([{ type: 'peers', to: stranger, records: [{ overlay: signed.overlay, underlays: ['tcp://1.1.1.1:1'] }] }])
  })

  test('are dialled at all their underlays', () => {
    const { me, hear } = meet()
    expect(me.dials(hear(sign(1, ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'])))).toEqual(['tcp://127.0.0.1:1 tcp://127.0.0.1:2'])
  })

  test('replace what was known, unless they are older', () => {
    const { me, a, hear, underlays } = meet()
    const reached = proven(sign(1, ['tcp://127.0.0.1:1'], 1_000))
    me.meet(reached)
    me.step({ type: 'leave', peer: reached })
    hear(sign(1, ['tcp://127.0.0.1:9'], 999))
    expect(underlays(reached.signed!)).toEqual(['tcp://127.0.0.1:1'])
    hear(sign(1, ['tcp://127.0.0.1:2'], 1_001))
    expect(underlays(reached.signed!)).toEqual(['tcp://127.0.0.1:2'])
    // What strangers say comes after what the owner signed.
    me.step({ type: 'peers', from: a, records: [wire(record(reached.overlay, 'tcp://127.0.0.1:3'))] })
    expect(underlays(reached.signed!)).toEqual(['tcp://127.0.0.1:2', 'tcp://127.0.0.1:3'])
  })

  test('that their owner did not sign are a fault', () => {
    const { me, a, hear, underlays } = meet()
    const stolen = { ...sign(1, ['tcp://127.0.0.1:1']), underlays: ['tcp://127.0.0.1:2'] }
    expect(me.only(hear(sign(2, ['tcp://127.0.0.1:5']), stolen, sign(3, ['tcp://127.0.0.1:6'])), 'fault')).toMatchObject([{ peer: a, code: 'HIVE_BAD_SIGNATURE' }])
    expect(underlays(stolen)).toBeUndefined()
    expect(underlays(sign(2, []))).toBeDefined()
    expect(underlays(sign(3, []))).toBeUndefined()
  })

  test('are checked within a budget, per peer and in all, and passed over beyond it', () => {
    for (const options of [{ verifyBurst: 3, verifyInterval: 1_000 }, { totalVerifyBurst: 3, totalVerifyInterval: 1_000 }]) {
      const { me, hear } = meet(options)
      const records = keys.slice(0, 6).map((_, i) => sign(i, [`tcp://127.0.0.1:${i + 1}`]))
      expect(me.only(hear(...records), 'fault')).toEqual([])
      expect(me.table.records.size).toBe(1 + 3)
      hear(...records)
      expect(me.table.records.size).toBe(1 + 3)
      me.wait(1_000)
      hear(...records)
      expect(me.table.records.size).toBe(1 + 4)
    }
  })

  test('of our own address, or that nobody may dial from here, are passed over', () => {
    const { me, hear } = meet()
    hear(sign(1, ['tcp://0.0.0.0:1']), sign(2, []), sign(3, ['tcp://example.org:1']), { ...sign(4, ['tcp://127.0.0.1:1']), overlay: address(0) })
    expect(me.table.records.size).toBe(1)
  })

  test.each([29, 30, 31])('count up to thirty a message: %i', count => {
    const { me, hear } = meet({ verifyBurst: 100 })
    const records = Array.from({ length: count }, () => signRecord(identity(generateKey(random)), { networkId: 3, timestamp: 1, underlays: ['tcp://127.0.0.1:1'] }))
    hear(...records)
    expect(me.table.records.size).toBe(1 + Math.min(30, count))
  })
})

describe('over a connection', () => {
  function node (options: HiveOptions = {}, curve?: Pick<Curve, 'recover'>) {
    const clock = new VirtualClock()
    const table = new ListTable<TestPeer>(address(0))
    const hive = new Hive<TestPeer>({ table, clock, random, curve, dial: async () => {} }, options)
    return { clock, table, hive }
  }

  test('signed records come and go beside hive/5', async () => {
    const { hive, table, clock } = node()
    const known = proven(sign(5, ['tcp://127.0.0.1:1']))
    hive.join(known)
    const a = peer(address(0x80))
    hive.join(a)
    const [five, theirs] = pair()
    const [native, theirNative] = pair()
    const over = hive.run(a, five, { native })
    const heard: unknown[] = []
    const remote = new Peer(theirNative, nativeHiveSpec)
    const talk = remote.run({ RecordsMsg: ({ Records }) => heard.push(...Records) })
    const ask = new Peer(theirs, hiveSpec)
    void ask.run({ peersMsg: () => {}, subPeersMsg: () => {} }).catch(() => {})
    await ask.send('subPeersMsg', { Depth: 0 })
    await remote.send('RecordsMsg', { Records: [sign(6, ['tcp://127.0.0.1:2'], clock.wall()), sign(7, ['tcp://127.0.0.1:3'], clock.wall() + 60_001), sign(8, ['tcp://127.0.0.1:4'], 0, 4)].map(signedRecordToWire) })
    await clock.settle()
    expect(heard).toEqual([signedRecordToWire(known.signed!)])
    expect([...table.records.keys()].sort()).toEqual([known.overlay, a.overlay, keys[6]!.overlay].map(toHex).sort())
    remote.off()
    await over
    await talk
  })

  test('a forged record ends the conversation', async () => {
    const { hive } = node()
    const a = peer(address(0x80))
    hive.join(a)
    const [native, theirs] = pair()
    const over = hive.run(a, pair()[0], { native })
    theirs.sink([encodeMessage(nativeHiveSpec, 'RecordsMsg', { Records: [signedRecordToWire({ ...sign(1, ['tcp://127.0.0.1:1']), timestamp: 2 })] })]).catch(() => {})
    await expect(over).rejects.toMatchObject({ name: 'HiveError', code: 'HIVE_BAD_SIGNATURE' })
  })

  test('the curve that was given says whose a record is', async () => {
    const { hive } = node({}, { recover: () => undefined })
    const a = peer(address(0x80))
    hive.join(a)
    const [native, theirs] = pair()
    const over = hive.run(a, pair()[0], { native })
    theirs.sink([encodeMessage(nativeHiveSpec, 'RecordsMsg', { Records: [signedRecordToWire(sign(1, ['tcp://127.0.0.1:1'], 0))] })]).catch(() => {})
    await expect(over).rejects.toMatchObject({ name: 'HiveError', code: 'HIVE_BAD_SIGNATURE' })
  })
})
