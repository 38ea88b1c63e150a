import type { Operation, RangeOptions, Store } from '../store.ts'
import { holds, rejects, sameBytes, type Suite } from './suite.ts'

/** What an adopter of {@link testStore} hands in. */
export interface StoreSuite extends Suite<Store> {
  /**
   * Closes `store` and opens the same place again. Give it where a store outlives its
   * closing; the law of persistence is left out otherwise.
   */
  reopen? (store: Store): Promise<Store>
}

/** More entries than an implementation reads at once. */
const MANY = 1_000

/**
 * Registers the laws of a `Store`, each as a test of its own.
 *
 * @example
 * ```ts
 * import { testStore } from '@skep/interface/compliance'
 * import { memoryStore } from '@skep/store-memory'
 *
 * const laws: string[] = []
 * testStore({ test: name => laws.push(name), make: memoryStore })
 * ```
 */
export function testStore (suite: StoreSuite): void {
  const law = (name: string, body: (store: Store) => Promise<void>): void => {
    suite.test(`store: ${name}`, async () => {
      const store = await suite.make()
      try {
        await body(store)
      } finally {
        await store.close()
      }
    })
  }
  readingAndWriting(law)
  batches(law)
  ranges(law)
  closing(law)
  const reopen = suite.reopen?.bind(suite)
  if (reopen === undefined) return
  suite.test('store: what was written is there after closing and opening', async () => {
    let store = await suite.make()
    await store.batch([put('kept', 'ordinary'), put('deleted', 'value'), del('deleted')])
    await store.batch([put('synced', 'durable')], { durable: true })
    store = await reopen(store)
    try {
      holds(text(await store.get(key('kept'))) === 'ordinary', 'an ordinary batch was lost by closing')
      holds(text(await store.get(key('synced'))) === 'durable', 'a durable batch was lost by closing')
      holds(await store.get(key('deleted')) === undefined, 'closing brought a deleted key back')
    } finally {
      await store.close()
    }
  })
}

type Law = (name: string, body: (store: Store) => Promise<void>) => void

function readingAndWriting (law: Law): void {
  law('a key that was never written is absent', async store => {
    await store.batch([put('ab', 'value')])
    for (const absent of ['a', 'abc', 'b']) holds(await store.get(key(absent)) === undefined, `${absent} was never written, and is there`)
  })

  law('what was put is read back', async store => {
    await store.batch([put('a', 'first'), put('b', '')])
    holds(text(await store.get(key('a'))) === 'first', 'another value came back')
    const empty = await store.get(key('b'))
    holds(empty !== undefined && empty.length === 0, 'an empty value is a value, not an absence')
    await store.batch([put('a', 'second')])
    holds(text(await store.get(key('a'))) === 'second', 'the old value came back')
  })

  law('a value of a mebibyte comes back whole', async store => {
    const value = new Uint8Array(1 << 20).map((_, i) => i % 251)
    await store.batch([{ type: 'put', key: key('big'), value }])
    holds(sameBytes(await store.get(key('big')), value), 'a large value came back changed')
  })

  law('keys and values are any bytes', async store => {
    const keys = Array.from({ length: 256 }, (_, i) => Uint8Array.of(i, 0, i))
    await store.batch(keys.map(bytes => ({ type: 'put', key: bytes, value: bytes })))
    for (const bytes of keys) holds(sameBytes(await store.get(bytes), bytes), `the key [${String(bytes)}] lost its value`)
  })

  law('getMany answers in the order of the keys, absences included', async store => {
    await store.batch([put('a', '1'), put('b', '2'), put('c', '3')])
    const found = await store.getMany(['c', 'x', 'a', 'c'].map(key))
    holds(found.map(text).join() === '3,,1,3' && found[1] === undefined, `got ${found.map(text).join()} for c,x,a,c`)
    holds((await store.getMany([])).length === 0, 'no keys have no values')
  })

  law('the store keeps its own copy', async store => {
    const [k, v] = [key('key'), key('value')]
    await store.batch([{ type: 'put', key: k, value: v }])
    v[0] = 0
    holds(text(await store.get(key('key'))) === 'value', 'the caller changed a stored value')
    k[0] = 0
    holds(text(await store.get(key('key'))) === 'value', 'the caller changed a stored key')
  })

  law('what the store returns belongs to the caller', async store => {
    await store.batch([put('key', 'value')])
    const returned = [await store.get(key('key')), (await store.getMany([key('key')]))[0]]
    for await (const entry of store.range()) returned.push(...entry)
    for (const bytes of returned) bytes?.fill(0)
    const [entry] = await collect(store)
    holds(text(await store.get(key('key'))) === 'value' && entry === 'key=value', 'the caller changed the store through what it returned')
  })

  law('what the store returns are plain Uint8Arrays', async store => {
    await store.batch([put('key', 'value')])
    const returned = [await store.get(key('key')), ...await store.getMany([key('key')])]
    for await (const entry of store.range()) returned.push(...entry)
    // The slice of a Node Buffer shares its memory; code that slices to copy breaks on it.
    for (const bytes of returned) holds(bytes !== undefined && Object.getPrototypeOf(bytes) === Uint8Array.prototype, 'a subclass of Uint8Array came back')
  })

  law('a view into a larger buffer counts by its own bytes', async store => {
    const around = key('..key..value..')
    await store.batch([{ type: 'put', key: around.subarray(2, 5), value: around.subarray(7, 12) }])
    holds(text(await store.get(key('key'))) === 'value', 'the buffer around a view was taken for the view')
  })
}

function batches (law: Law): void {
  law('of operations on one key the last one counts', async store => {
    await store.batch([put('a', '1'), put('a', '2'), put('b', '1'), del('b'), del('c'), put('c', '1')])
    holds((await collect(store)).join() === 'a=2,c=1', 'an earlier operation of a batch won')
  })

  law('deleting what is not there is no error', async store => {
    await store.batch([del('nothing')])
    await store.batch([])
    await store.batch([put('a', '1')])
    await store.batch([del('a'), del('a')])
    holds((await collect(store)).length === 0, 'a deleted key is still there')
  })

  law('a batch with an operation that cannot be is refused whole', async store => {
    const impossible = { type: 'put', key: undefined, value: key('x') } as unknown as Operation
    await rejects((async () => store.batch([put('a', '1'), impossible]))(), 'a key of undefined was accepted')
    holds((await collect(store)).length === 0, 'half of a refused batch was applied')
  })

  law('nobody sees half a batch', async store => {
    const keys = Array.from({ length: 64 }, (_, i) => key(`k${i}`))
    const write = async (value: string): Promise<void> => store.batch(keys.map(k => ({ type: 'put', key: k, value: key(value) })))
    await write('0')
    const writes = Promise.all(Array.from({ length: 8 }, async (_, i) => write(String(i + 1))))
    const readings = await Promise.all(Array.from({ length: 8 }, async () => store.getMany(keys)))
    await writes
    for (const reading of readings) {
      const values = new Set(reading.map(text))
      holds(values.size === 1, `one reading saw the values ${[...values].join()} of different batches`)
    }
  })

  law('batches at the same time all land', async store => {
    await Promise.all(Array.from({ length: 32 }, async (_, i) => store.batch([put(`a${i}`, 'x'), put(`b${i}`, 'y')], { durable: i % 8 === 0 })))
    holds((await collect(store)).length === 64, 'a batch was lost among others')
  })
}

function ranges (law: Law): void {
  const fill = async (store: Store, keys: string): Promise<void> => store.batch(keys.split('').map(k => put(k, k)))
  const keysOf = async (store: Store, options: RangeOptions): Promise<string> => (await collect(store, options)).map(entry => entry[0]).join('')

  law('a range is in bytewise order', async store => {
    const keys = [[0], [0, 0], [0, 255], [1], [9], [10], [127], [127, 0], [128], [200, 1], [255], [255, 0], [255, 255]].map(bytes => Uint8Array.from(bytes))
    const shuffled = keys.map((k, i) => ({ k, at: (i * 5) % keys.length })).sort((a, b) => a.at - b.at)
    await store.batch(shuffled.map(({ k }) => ({ type: 'put', key: k, value: k })))
    let i = 0
    for await (const [k, v] of store.range()) {
      holds(sameBytes(k, keys[i]) && sameBytes(v, keys[i]), `entry ${i} is [${String(k)}], not [${String(keys[i])}]`)
      i++
    }
    holds(i === keys.length, `${i} of ${keys.length} entries came`)
  })

  law('a range begins at gte and ends before lt', async store => {
    await fill(store, 'abcde')
    holds(await keysOf(store, { gte: key('b'), lt: key('d') }) === 'bc', 'the bounds of a range are not half-open')
    holds(await keysOf(store, { gte: key('bb') }) === 'cde', 'a lower bound between keys is wrong')
    holds(await keysOf(store, { lt: key('cc') }) === 'abc', 'an upper bound between keys is wrong')
  })

  law('a range whose end is not after its beginning is empty', async store => {
    await fill(store, 'abc')
    holds(await keysOf(store, { gte: key('b'), lt: key('b') }) === '', 'an empty range has entries')
    holds(await keysOf(store, { gte: key('c'), lt: key('a') }) === '', 'an inverted range has entries')
  })

  law('a limit counts entries from where the range begins', async store => {
    await fill(store, 'abcde')
    holds(await keysOf(store, { limit: 2 }) === 'ab', 'a limit of two gave other entries')
    holds(await keysOf(store, { gte: key('d'), limit: 9 }) === 'de', 'a limit beyond the end is wrong')
    holds(await keysOf(store, { limit: 0 }) === '', 'a limit of none gave entries')
  })

  law('a reverse range is the same entries from the end', async store => {
    await fill(store, 'abcde')
    holds(await keysOf(store, { gte: key('b'), lt: key('e'), reverse: true }) === 'dcb', 'a reverse range is wrong')
    holds(await keysOf(store, { reverse: true, limit: 2 }) === 'ed', 'a limit of a reverse range counts from its end')
  })

  law('a long range comes whole', async store => {
    const name = (i: number): string => `k${String(i).padStart(6, '0')}`
    await store.batch(Array.from({ length: MANY }, (_, i) => put(name(MANY - 1 - i), 'v'.repeat(100))))
    let i = 0
    for await (const [k] of store.range({ gte: key('k') })) {
      holds(text(k) === name(i), `entry ${i} of a long range is ${text(k)}`)
      i++
    }
    holds(i === MANY, `${i} of ${MANY} entries came`)
  })

  law('a range is what stood there when iteration began', async store => {
    const name = (i: number): string => `k${String(i).padStart(6, '0')}`
    await store.batch(Array.from({ length: MANY }, (_, i) => put(name(i), 'old')))
    let seen = 0
    for await (const [k, v] of store.range()) {
      if (seen === 0) await store.batch([put(name(MANY), 'new'), put(name(MANY - 1), 'new'), del(name(MANY - 2))])
      holds(text(k) === name(seen) && text(v) === 'old', `a write during iteration shows at ${text(k)}`)
      seen++
    }
    holds(seen === MANY, 'a write during iteration changed what came')
    holds((await collect(store)).length === MANY, 'a write during iteration was lost')
  })

  law('an iteration may be left early', async store => {
    await fill(store, 'abc')
    for (let i = 0; i < 3; i++) {
      for await (const [k] of store.range()) {
        holds(text(k) === 'a', 'a range begins elsewhere')
        break
      }
    }
    await store.batch([put('d', 'd')])
    await store.close()
  })
}

function closing (law: Law): void {
  law('closing twice is no error', async store => {
    await Promise.all([store.close(), store.close()])
    await store.close()
  })

  law('a closed store refuses everything', async store => {
    await store.batch([put('a', '1')])
    await store.close()
    await rejects(store.get(key('a')), 'a closed store reads')
    await rejects(store.getMany([key('a')]), 'a closed store reads many')
    await rejects(store.batch([put('b', '1')]), 'a closed store writes')
    await rejects(collect(store), 'a closed store iterates')
  })

  law('what runs is finished before the store closes', async store => {
    await store.batch([put('a', '1')])
    let done = 0
    const count = (): void => { done++ }
    const running = [
      store.batch([put('b', 'x'.repeat(10_000))]).then(count),
      store.get(key('a')).then(count),
      store.getMany([key('a')]).then(count)
    ]
    await store.close()
    holds(done === running.length, `${running.length - done} of ${running.length} calls were still running when the store had closed`)
  })
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function key (name: string): Uint8Array {
  return encoder.encode(name)
}

function text (bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : decoder.decode(bytes)
}

function put (name: string, value: string): Operation {
  return { type: 'put', key: key(name), value: key(value) }
}

function del (name: string): Operation {
  return { type: 'del', key: key(name) }
}

async function collect (store: Store, options?: RangeOptions): Promise<string[]> {
  const entries: string[] = []
  for await (const [k, v] of store.range(options)) entries.push(`${text(k)}=${text(v)}`)
  return entries
}
