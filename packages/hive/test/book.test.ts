import { describe, expect, test } from 'vitest'
import { Hive, type DialTarget, type HiveOptions } from '@skep/hive'
import type { Store } from '@skep/interface'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { ListTable } from './list-table.ts'
import { address, peer, record, type TestPeer } from './make.ts'

/** A node on a store, dialling nobody who answers. */
function node (store: Store, clock = new VirtualClock(), options: HiveOptions = {}) {
  const table = new ListTable<TestPeer>(address(0))
  const dialled: DialTarget[] = []
  const hive = new Hive<TestPeer>({
    table,
    clock,
    random: new SeededRandom(1),
    store,
    dial: async target => {
      dialled.push(target)
      throw new Error('nobody answers')
    }
  }, options)
  return { table, hive, clock, dialled }
}

describe('the address book', () => {
  test('survives a kill: whoever was connected is dialled first, then who was known', async () => {
    const store = memoryStore()
    const before = node(store)
    await before.hive.start()
    const [a, b, c] = [1, 2, 3].map(each => peer(address(each))) as [TestPeer, TestPeer, TestPeer]
    for (const each of [a, b, c]) before.hive.join(each)
    await before.clock.advance(1_000)
    before.hive.leave(b)
    await before.clock.settle()
    // No stop: the process is gone.
    const after = node(store, before.clock, { maxDials: 2 })
    await after.hive.start()
    await after.clock.settle()
    expect(after.table.records.size).toBe(3)
    expect(after.dialled.map(({ overlay }) => overlay![0]).slice(0, 2).sort()).toEqual([1, 3])
    await after.clock.advance(1_000)
    expect(after.dialled.map(({ overlay }) => overlay![0])).toContain(2)
  })

  test('remembers after a stop who was connected', async () => {
    const store = memoryStore()
    const before = node(store)
    await before.hive.start()
    const [a, b] = [peer(address(1)), peer(address(2))]
    before.hive.join(a)
    before.hive.join(b)
    await before.hive.stop()
    expect([a.dropped, b.dropped]).toEqual([['QUITTING'], ['QUITTING']])
    before.hive.leave(a)
    before.hive.leave(b)
    await before.hive.stop()
    expect(before.clock.pending).toBe(0)
    const after = node(store)
    await after.hive.start()
    await after.clock.settle()
    expect(after.dialled.map(({ overlay }) => overlay![0]).sort()).toEqual([1, 2])
  })

  test('has nobody who was only talked about, and no light peer', async () => {
    const store = memoryStore()
    const { hive, clock, table } = node(store)
    await hive.start()
    hive.join(peer(address(1), { light: true }))
    hive.join(peer(address(2), { record: { overlay: address(2), underlays: [] } }))
    table.register([record(address(3))])
    await clock.advance(1_000)
    const keys = []
    for await (const [key] of store.range()) keys.push(key)
    expect(keys).toEqual([])
  })

  test('keeps the latest underlay of an address', async () => {
    const store = memoryStore()
    const before = node(store)
    await before.hive.start()
    before.hive.join(peer(address(1)))
    before.hive.join(peer(address(1), { record: record(address(1), 'tcp://127.0.0.1:9') }))
    await before.clock.settle()
    const after = node(store)
    await after.hive.start()
    expect([...after.table.records.values()]).toEqual([record(address(1), 'tcp://127.0.0.1:9')])
  })

  test('passes damaged entries over and deletes them, and touches no other keys', async () => {
    const store = memoryStore()
    const before = node(store)
    await before.hive.start()
    before.hive.join(peer(address(1)))
    before.hive.join(peer(address(2)))
    await before.clock.settle()
    const [first] = await entries(store)
    const damaged = first!.value.slice()
    damaged[0]! ^= 1
    const foreign = Uint8Array.of(0x69, 1)
    await store.batch([
      { type: 'put', key: first!.key, value: damaged },
      { type: 'put', key: Uint8Array.of(0x68, 0x61, 1), value: new Uint8Array(3) },
      { type: 'put', key: foreign, value: foreign }
    ])
    const after = node(store)
    await after.hive.start()
    await after.clock.settle()
    expect(after.table.records.size).toBe(1)
    expect((await entries(store)).map(({ key }) => key.length)).toEqual([34, 2])
  })

  test('forgets who was not reached for a month', async () => {
    const store = memoryStore()
    const clock = new VirtualClock()
    const before = node(store, clock)
    await before.hive.start()
    before.hive.join(peer(address(1)))
    await before.hive.stop()
    const month = 30 * 24 * 3_600_000
    await clock.advance(month)
    const atLimit = node(store, clock)
    await atLimit.hive.start()
    expect(atLimit.table.records.size).toBe(1)
    await atLimit.hive.stop()
    await clock.advance(1)
    const over = node(store, clock)
    await over.hive.start()
    await over.hive.stop()
    expect(over.table.records.size).toBe(0)
    expect(await entries(store)).toEqual([])
  })

  test.each([3, 4, 5])('is bounded in all and per bin: %i were reached', async count => {
    for (const options of [{ maxBook: 4 }, { maxBookBin: 4 }]) {
      const store = memoryStore()
      const { hive, clock } = node(store, new VirtualClock(), options)
      await hive.start()
      for (let i = 0; i < count; i++) {
        const each = peer(address(0x80, i + 1))
        hive.join(each)
        await clock.advance(10)
        hive.leave(each)
      }
      await clock.settle()
      const kept = (await entries(store)).map(({ key }) => key[3])
      // The one reached longest ago went.
      expect(kept).toEqual(Array.from({ length: count }, (_, i) => i + 1).slice(-4))
    }
  })

  test('that cannot be written is reported when hive stops, and hive goes on meanwhile', async () => {
    const store = memoryStore()
    const fault = new Error('the disk is full')
    store.batch = async () => { throw fault }
    const { hive, table } = node(store)
    await hive.start()
    hive.join(peer(address(1)))
    await Promise.resolve()
    hive.join(peer(address(2)))
    expect(table.live.size).toBe(2)
    await expect(hive.stop()).rejects.toBe(fault)
  })
})

async function entries (store: Store): Promise<{ key: Uint8Array, value: Uint8Array }[]> {
  const out = []
  for await (const [key, value] of store.range()) out.push({ key, value })
  return out
}
