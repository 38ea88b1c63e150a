import { describe, expect, test } from 'vitest'
import { pair } from '@skep/conn-memory'
import { Hive, hiveSpec, nativeHiveSpec, parsePeersJson, type HivePeer } from '@skep/hive'
import { generateKey, identity, isUnderlay, signedRecordToWire, signRecord, type PeerRecord } from '@skep/identity'
import { Kademlia } from '@skep/kademlia'
import { mutate, SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { specVectors } from '@skep/vectors'
import { encodeMessage } from '@skep/wire'
import { ListTable } from './list-table.ts'
import { address, peer, record, wire, type TestPeer } from './make.ts'

/** Executions of each target; more with `SKEP_FUZZ_RUNS`. */
const RUNS = Number(process.env.SKEP_FUZZ_RUNS ?? 200)
const random = new SeededRandom(Number(process.env.SKEP_FUZZ_SEED ?? 1))

const owner = identity(generateKey(random))
const signed = signRecord(owner, { networkId: 3, timestamp: 1, underlays: ['tcp://127.0.0.1:5'] })
const five = [
  encodeMessage(hiveSpec, 'subPeersMsg', { Depth: 0 }),
  encodeMessage(hiveSpec, 'subPeersMsg', { Depth: 255 }),
  encodeMessage(hiveSpec, 'peersMsg', { Peers: [] }),
  encodeMessage(hiveSpec, 'peersMsg', { Peers: [1, 2, 3].map(each => wire(record(address(each)))) })
]
const native = [encodeMessage(nativeHiveSpec, 'RecordsMsg', { Records: [signedRecordToWire(signed)] })]

describe('whatever comes', () => {
  test('a conversation ends with a code of ours, or goes on, and hive stays what it was', async () => {
    const clock = new VirtualClock()
    const table = new Kademlia<PeerRecord, HivePeer>({ base: address(0), clock, random })
    const hive = new Hive<HivePeer>({ table, clock, random, store: memoryStore(), dial: async () => { throw new Error('nobody') } })
    await hive.start()
    const codes = new Set<string>()
    for (let run = 0; run < RUNS; run++) {
      const each = peer(random.bytes(32), { light: random.float() < 0.1, initiator: random.float() < 0.5 })
      expect(hive.join(each).accepted).toBe(true)
      const [[ours, theirs], [oursToo, theirsToo]] = [pair(), pair()]
      const over = hive.run(each, ours, { native: oursToo }).then(() => 'ended', error => String(error.code))
      const send = (corpus: readonly Uint8Array[]): Uint8Array[] => Array.from({ length: random.integer(6) }, () => {
        const message = random.pick(corpus)
        return random.float() < 0.4 ? message : mutate(random, message)
      })
      theirs.sink(send(five)).catch(() => {})
      theirsToo.sink(send(native)).catch(() => {})
      await clock.advance(random.integer(1_000))
      if (random.float() < 0.5) await theirs.close()
      else theirsToo.abort(new Error('gone'))
      await clock.settle()
      codes.add(await over)
      hive.leave(each)
    }
    for (const code of codes) expect(['ended', 'HIVE_BAD_SIGNATURE', 'WIRE_DECODE', 'WIRE_INVALID_CODE', 'WIRE_MESSAGE_TOO_LONG', 'WIRE_REFUSED', 'WIRE_CLOSED', 'WIRE_WRITE']).toContain(code)
    expect(codes.size).toBeGreaterThan(2)
    expect(table.peers()).toEqual([])
    for (const [{ overlay, underlays }] of table.known()) {
      expect(overlay).toHaveLength(32)
      for (const underlay of underlays) expect(isUnderlay(underlay)).toBe(true)
    }
    await hive.stop()
    await clock.advance(60_000)
    expect(clock.pending).toBe(0)
  })

  test('an address book that was damaged loads what is whole', async () => {
    const store = memoryStore()
    const clock = new VirtualClock()
    const node = (): { table: ListTable<TestPeer>, hive: Hive<TestPeer> } => {
      const table = new ListTable<TestPeer>(address(0))
      return { table, hive: new Hive<TestPeer>({ table, clock, random, store, dial: async () => { throw new Error('nobody') } }) }
    }
    const first = node()
    await first.hive.start()
    for (let i = 1; i <= 4; i++) first.hive.join(peer(address(i)))
    await first.hive.stop()
    const whole: [Uint8Array, Uint8Array][] = []
    for await (const entry of store.range()) whole.push(entry)
    for (let run = 0; run < RUNS; run++) {
      await store.batch(whole.map(([key, value]) => ({ type: 'put', key, value: random.float() < 0.5 ? value : mutate(random, value) })))
      const { table, hive } = node()
      await hive.start()
      await hive.stop()
      for (const { underlays } of table.records.values()) {
        expect(underlays.length).toBeGreaterThan(0)
        for (const underlay of underlays) expect(isUnderlay(underlay)).toBe(true)
      }
    }
  })

  test('a peers file that was damaged is read as far as it is one', () => {
    const text = new TextEncoder().encode(specVectors('hive').statePeersJSON)
    for (let run = 0; run < RUNS; run++) {
      for (const { overlay, underlays } of parsePeersJson(new TextDecoder().decode(mutate(random, text)))) {
        expect(overlay).toHaveLength(32)
        for (const underlay of underlays) expect(isUnderlay(underlay)).toBe(true)
      }
    }
  })
})
