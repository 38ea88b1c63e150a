import type { Operation, Store } from '@skep/interface'
import { IntervalsStore, type StreamId } from '@skep/intervals-store'
import { memoryStore } from '@skep/store-memory'
import { expect, test } from 'vitest'

const id: StreamId = { peer: 'aa', stream: 'SYNC|3', epoch: '0123' }

test('what was sealed is there after opening the store again', async () => {
  const store = memoryStore()
  await new IntervalsStore(store).seal([{ id, from: 0, to: 99 }, { id, from: 120, to: 140 }])
  expect(String(await new IntervalsStore(store).get(id))).toBe('[[0 99] [120 140]]')
})

test('an unknown stream has nothing covered', async () => {
  expect((await new IntervalsStore(memoryStore()).get(id)).length).toBe(0)
})

test('peer, stream and epoch are told apart, also where their texts run into each other', async () => {
  const intervals = new IntervalsStore(memoryStore())
  const ids = [id, { ...id, epoch: '0124' }, { ...id, stream: 'SYNC|30' }, { peer: 'aaS', stream: 'YNC|3', epoch: '0123' }, { peer: 'a', stream: 'aSYNC|3', epoch: '0123' }]
  await intervals.seal(ids.map((id, i) => ({ id, from: i, to: i })))
  for (const [i, id] of ids.entries()) expect(String(await intervals.get(id))).toBe(`[[${i} ${i}]]`)
  expect((await intervals.list('aa')).map(({ id }) => id.stream).sort()).toEqual(['SYNC|3', 'SYNC|3', 'SYNC|30'])
  expect((await intervals.list()).length).toBe(5)
  await intervals.reset(id)
  expect((await intervals.get(id)).length).toBe(0)
  expect((await intervals.list()).length).toBe(4)
})

test('seals that wait for a write go into one batch', async () => {
  const inner = memoryStore()
  const batches: number[] = []
  const intervals = new IntervalsStore(counting(inner, operations => { batches.push(operations.length) }))
  await Promise.all(Array.from({ length: 50 }, (_, i) => intervals.seal([{ id: { ...id, stream: `s${i % 5}` }, from: i, to: i }])))
  expect(batches.length).toBeLessThanOrEqual(2)
  for (let s = 0; s < 5; s++) expect((await intervals.get({ ...id, stream: `s${s}` })).length).toBe(10)
})

test('concurrent seals of one stream lose nothing', async () => {
  const store = memoryStore()
  const intervals = new IntervalsStore(store)
  await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    for (let turn = 0; turn < i % 7; turn++) await Promise.resolve()
    await intervals.seal([{ id, from: 2 * i, to: 2 * i + 1 }])
  }))
  expect(String(await new IntervalsStore(store).get(id))).toBe('[[0 199]]')
})

test('a write that fails rejects and claims nothing, and the next one succeeds', async () => {
  const inner = memoryStore()
  let broken = true
  const intervals = new IntervalsStore(counting(inner, () => { if (broken) throw new Error('no space') }))
  await expect(intervals.seal([{ id, from: 0, to: 9 }])).rejects.toThrow('no space')
  expect((await intervals.get(id)).length).toBe(0)
  broken = false
  await intervals.seal([{ id, from: 5, to: 6 }])
  expect(String(await intervals.get(id))).toBe('[[5 6]]')
})

test('an inverted range is refused and nothing of its call is written', async () => {
  const intervals = new IntervalsStore(memoryStore())
  await expect(intervals.seal([{ id, from: 0, to: 9 }, { id, from: 5, to: 4 }])).rejects.toThrow(RangeError)
  expect((await intervals.get(id)).length).toBe(0)
})

test('a record with any bit flipped or cut short counts as nothing covered, and is reported', async () => {
  const store = memoryStore()
  await new IntervalsStore(store).seal([{ id, from: 0, to: 99, mark: { index: 99, id: Uint8Array.of(1, 2, 3) } }])
  const [[key, value]] = await entries(store) as [[Uint8Array, Uint8Array]]
  const damaged = [
    ...Array.from({ length: value.length * 8 }, (_, bit) => value.map((byte, i) => i === bit >> 3 ? byte ^ 1 << (bit & 7) : byte)),
    ...Array.from({ length: value.length }, (_, length) => value.slice(0, length))
  ]
  for (const bytes of damaged) {
    await store.batch([{ type: 'put', key, value: bytes }])
    const reports: string[] = []
    const intervals = new IntervalsStore(store, { onCorrupt: (of, { code }) => reports.push(`${of.stream} ${code}`) })
    expect((await intervals.get(id)).length).toBe(0)
    expect(reports).toEqual(['SYNC|3 INTERVALS_CORRUPT'])
    await intervals.seal([{ id, from: 3, to: 4 }])
    expect(String(await new IntervalsStore(store).get(id))).toBe('[[3 4]]')
  }
})

test('a record under the key of another counts as corrupt', async () => {
  const store = memoryStore()
  const intervals = new IntervalsStore(store)
  await intervals.seal([{ id, from: 0, to: 9 }, { id: { ...id, epoch: '9999' }, from: 0, to: 1 }])
  const [one, two] = await entries(store)
  await store.batch([{ type: 'put', key: one![0], value: two![1] }])
  expect((await new IntervalsStore(store).get(id)).length).toBe(0)
})

test('what was declined is kept with its reason, apart from what is covered, until it is reopened or covered', async () => {
  const store = memoryStore()
  const intervals = new IntervalsStore(store)
  await intervals.seal([{ id, from: 0, to: 9 }, { id, from: 5, to: 19, declined: 'depth 4' }, { id, from: 30, to: 39, declined: 'a reason with\nline and space' }])
  const kept = await new IntervalsStore(store).record(id)
  expect(String(kept.covered)).toBe('[[0 9]]')
  expect([...kept.declined].map(([reason, ranges]) => `${reason}: ${ranges}`)).toEqual(['depth 4: [[10 19]]', 'a reason with\nline and space: [[30 39]]'])
  await intervals.seal([{ id, from: 12, to: 12 }])
  expect(String((await intervals.record(id)).declined.get('depth 4'))).toBe('[[10 11] [13 19]]')
  await intervals.reopen(id, 'depth 4')
  expect([...(await new IntervalsStore(store).record(id)).declined.keys()]).toEqual(['a reason with\nline and space'])
})

test('the mark of a stream is kept, and the last one holds', async () => {
  const store = memoryStore()
  const intervals = new IntervalsStore(store)
  await intervals.seal([{ id, from: 0, to: 9, mark: { index: 9, id: Uint8Array.of(9) } }])
  await intervals.seal([{ id, from: 10, to: 19, mark: { index: 19, id: Uint8Array.of(0xab, 1) } }])
  expect((await new IntervalsStore(store).record(id)).mark).toEqual({ index: 19n, id: Uint8Array.of(0xab, 1) })
})

test('no more records than allowed are kept in memory, and the others are still read', async () => {
  const intervals = new IntervalsStore(memoryStore(), { maxCached: 2 })
  for (let i = 0; i < 10; i++) await intervals.seal([{ id: { ...id, stream: `s${i}` }, from: i, to: i }])
  for (let i = 0; i < 10; i++) expect(String(await intervals.get({ ...id, stream: `s${i}` }))).toBe(`[[${i} ${i}]]`)
})

async function entries (store: Store): Promise<[Uint8Array, Uint8Array][]> {
  const all: [Uint8Array, Uint8Array][] = []
  for await (const entry of store.range({})) all.push(entry)
  return all
}

function counting (inner: Store, before: (operations: Operation[]) => void): Store {
  return {
    get: async key => await inner.get(key),
    getMany: async keys => await inner.getMany(keys),
    async batch (operations, options) {
      before(operations)
      await inner.batch(operations, options)
    },
    range: options => inner.range(options),
    close: async () => { await inner.close() }
  }
}
