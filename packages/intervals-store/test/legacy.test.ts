import { Intervals, IntervalsStore, legacyKey, readLegacy, writeLegacy, type IntervalsError } from '@skep/intervals-store'
import { memoryStore } from '@skep/store-memory'
import { specVectors, vectors } from '@skep/vectors'
import { describe, expect, test } from 'vitest'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const nodeId = '1dd9'.repeat(32)
const stream = { nodeId, name: 'SYNC', key: '6' }
const id = { peer: 'c0ffee', stream: 'SYNC|6', epoch: '' }

/** A state store as the original leaves it. */
async function stateStore (entries: Record<string, string | Uint8Array>) {
  const store = memoryStore()
  await store.batch(Object.entries(entries).map(([key, value]) => ({ type: 'put' as const, key: encoder.encode(key), value: typeof value === 'string' ? encoder.encode(value) : value })))
  return store
}

const key = (live: boolean): string => `${nodeId}SYNC|6|${live ? 'l' : 'h'}`

test('both halves that the original has recorded are taken over, beside what is known', async () => {
  const state = await stateStore({ [key(false)]: '0;0,2r', [key(true)]: '3c;3c,3w', [`${nodeId}SYNC|66|h`]: '0;0,zz' })
  const intervals = new IntervalsStore(memoryStore())
  await intervals.seal([{ id, from: 200, to: 210 }])
  expect(String(await intervals.importLegacy(state, stream, id))).toBe('[[0 99] [120 140]]')
  expect(String(await intervals.get(id))).toBe('[[0 99] [120 140] [200 210]]')
  expect(String(await intervals.importLegacy(state, { ...stream, key: '7' }, { ...id, stream: 'SYNC|7' }))).toBe('[]')
})

test('what is covered is handed back under the key of the history, and read there as it was', async () => {
  const state = await stateStore({ [key(false)]: '0;0,2r' })
  const intervals = new IntervalsStore(memoryStore())
  await intervals.seal([{ id, from: 0, to: 99 }, { id, from: 100, to: 119, declined: 'depth 3' }, { id, from: 120, to: 140 }])
  await intervals.exportLegacy(state, stream, id)
  expect(decoder.decode(await state.get(encoder.encode(key(false))))).toBe('0;0,2r;3c,3w')
  expect(await state.get(encoder.encode(key(true)))).toBeUndefined()
  const back = new IntervalsStore(memoryStore())
  await back.importLegacy(state, stream, id)
  expect((await back.get(id)).equals(await intervals.get(id))).toBe(true)
})

test('a text that is none counts as nothing, and is reported; an error of the store is not swallowed', async () => {
  for (const damaged of ['', ';', '0;1', '0;!,2', Uint8Array.of(0x30, 0xff), encoder.encode('\u{feff}0;1,2')]) {
    const reported: string[] = []
    const intervals = new IntervalsStore(memoryStore(), { onCorrupt: (of: { stream: string }, { code }: IntervalsError) => { reported.push(`${of.stream} ${code}`) } })
    const state = await stateStore({ [key(false)]: damaged, [key(true)]: '0;5,6' })
    expect(String(await intervals.importLegacy(state, stream, id))).toBe('[[5 6]]')
    expect(reported).toEqual(['SYNC|6 INTERVALS_TEXT'])
    await expect(readLegacy(state, { ...stream, live: false })).rejects.toMatchObject({ code: 'INTERVALS_TEXT' })
  }
  const broken = { get: async () => { throw new Error('the disk is gone') } }
  await expect(new IntervalsStore(memoryStore()).importLegacy(broken, stream, id)).rejects.toThrow('the disk is gone')
})

test('a node id has 128 hexadecimal characters', async () => {
  for (const wrong of ['', nodeId.slice(1), `${nodeId}0`, nodeId.toUpperCase()]) {
    await expect(readLegacy(memoryStore(), { ...stream, nodeId: wrong, live: true })).rejects.toThrow(RangeError)
    await expect(writeLegacy(memoryStore(), { ...stream, nodeId: wrong, live: true }, new Intervals())).rejects.toThrow(RangeError)
  }
})

/** What is covered by a text of the original, by brute force over its ranges. */
function covered (text: string): string {
  const [start, ...ranges] = text.split(';')
  const all = new Intervals(BigInt(parse(start!)))
  for (const range of ranges) {
    const [from, to] = range.split(',').map(parse)
    if (from! <= to!) all.add(from!, to!)
  }
  return String(all)
}

function parse (text: string): bigint {
  let value = 0n
  for (const digit of text) value = value * 36n + BigInt(parseInt(digit, 36))
  return value
}

/** Every text that a vector's original wrote, also where it was wrong. */
async function each (texts: Iterable<string>): Promise<number> {
  let count = 0
  for (const text of texts) {
    const state = await stateStore({ [key(false)]: text })
    const intervals = new IntervalsStore(memoryStore())
    await intervals.importLegacy(state, stream, id)
    expect(String(await intervals.get(id)), text).toBe(covered(text))
    await intervals.exportLegacy(state, stream, id)
    // What an original reads now is what is covered, in order and once.
    expect(decoder.decode(await state.get(encoder.encode(key(false)))), text).toBe(Intervals.of(await intervals.get(id)).marshal())
    count++
  }
  return count
}

test('each text recorded beside the specification comes in normalised and goes out again', async () => {
  const spec = specVectors('intervals')
  const texts: string[] = spec.cases.flatMap((one: any) => [one.emptyMarshal, ...one.steps.flatMap((step: any) => [step.marshal, step.correctMarshal])])
  expect(await each(texts.filter(text => text !== undefined))).toBeGreaterThan(10)
})

const recorded = vectors('intervals')

describe.skipIf(recorded === undefined)('recorded intervals', () => {
  const cases: any[] = recorded?.cases ?? []

  test('each text that the original wrote comes in normalised and goes out again', async () => {
    const texts: string[] = cases.filter(one => one.kind === 'add').flatMap(({ steps }) => steps.map((step: any) => step.bin))
    expect(await each(texts)).toBeGreaterThan(10)
  })

  test('a record is found under each key that the original made, and nowhere else', async () => {
    for (const { nodeID, name, key, live, storeKey } of cases.filter(one => one.kind === 'storeKey')) {
      const state = await stateStore({ [storeKey]: '0;1,2' })
      expect(String(await readLegacy(state, { nodeId: nodeID, name, key, live }))).toBe('[[1 2]]')
      expect(await readLegacy(state, { nodeId: nodeID, name, key, live: live !== true })).toBeUndefined()
      await writeLegacy(state, { nodeId: nodeID, name, key, live }, Intervals.of([[3, 4]]))
      expect(decoder.decode(await state.get(encoder.encode(storeKey)))).toBe('0;3,4')
      expect(legacyKey(nodeID, name, key, live)).toBe(storeKey)
    }
  })
})
