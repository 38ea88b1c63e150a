import { describe, expect, test } from 'vitest'
import { formatPeersJson, Hive, parsePeersJson } from '@skep/hive'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { specVectors } from '@skep/vectors'
import { ListTable } from './list-table.ts'
import { address, type TestPeer } from './make.ts'

const spec = specVectors('hive')

describe('the addresses that the original saved', () => {
  test('are read and written byte for byte', () => {
    const records = parsePeersJson(spec.statePeersJSON)
    expect(records).toHaveLength(2)
    expect(formatPeersJson(records)).toBe(spec.statePeersJSON)
    expect(formatPeersJson([])).toBe(spec.statePeersJSONEmpty)
    expect(parsePeersJson(spec.statePeersJSONEmpty)).toEqual([])
  })

  test.each(['', '{', '{}', '[', '[1]', '[null]', '[{}]', '[{"OAddr":1,"UAddr":2}]', '[{"OAddr":"!","UAddr":""}]', '[{"OAddr":"AQ==","UAddr":"AQ=="}]', '"x"', '[{"__proto__":{"OAddr":"","UAddr":""}}]'])('%j is no such file, or has nothing in it', text => {
    expect(parsePeersJson(text)).toEqual([])
  })

  test('in the same store are known from the start, and dialled like any other', async () => {
    const store = memoryStore()
    await store.batch([{ type: 'put', key: new TextEncoder().encode(spec.statePeersKey), value: new TextEncoder().encode(spec.statePeersJSON) }])
    const table = new ListTable<TestPeer>(address(0))
    const hive = new Hive<TestPeer>({ table, clock: new VirtualClock(), random: new SeededRandom(1), store, dial: async () => { throw new Error('nobody') } })
    await hive.start()
    // Both entries of the recording are of one address: they come to one record.
    const [record] = [...table.records.values()]
    expect(table.records.size).toBe(1)
    expect(record!.underlays).toHaveLength(2)
    await hive.stop()
  })
})
