import { afterEach, expect, test } from 'vitest'
import { CHUNK_SIZE, EMPTY_ADDRESS, hasher, makeChunk, split } from '@skep/chunk'
import type { Chunk } from '@skep/chunk'
import { HashPool, spawnWorker } from '@skep/chunk/workers'
import type { HashPoolOptions, HashWorker } from '@skep/chunk/workers'
import type { PackedBatch } from '../src/workers/batch.ts'
import { splitInBatches } from '../src/workers/split.ts'
import { hex, pattern } from './pattern.ts'

const pools: HashPool[] = []
function pool (options: HashPoolOptions = { workers: 2 }): HashPool {
  const made = new HashPool(options)
  pools.push(made)
  return made
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map(one => one.close()))
})

const payloads = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => makeChunk(pattern((i * 37) % 4097, i % 251)).data)
const inline = (chunks: Uint8Array[]): string[] => chunks.map(data => hex(hasher.address(data)))
const turns = async (n: number): Promise<void> => { for (let i = 0; i < n; i++) await Promise.resolve() }

async function all (chunks: AsyncIterable<Chunk>): Promise<string[]> {
  const out: string[] = []
  for await (const { address, data } of chunks) out.push(`${hex(address)} ${data.length}`)
  return out
}

test('workers give the addresses that are computed inline, in their order', async () => {
  const chunks = payloads(1000)
  const hashing = pool()
  expect((await hashing.addresses(chunks)).map(hex)).toEqual(inline(chunks))
  expect(hashing.running).toBe(2)
  const twice = await Promise.all([hashing.addresses(chunks), hashing.addresses(chunks.slice(0, 200))])
  expect(twice[1].map(hex)).toEqual(inline(chunks).slice(0, 200))
})

test('little work starts no worker', async () => {
  const hashing = pool()
  const chunks = payloads(63)
  expect((await hashing.addresses(chunks)).map(hex)).toEqual(inline(chunks))
  expect((await all(hashing.split([pattern(60 * CHUNK_SIZE, 1)]))).length).toBe(61)
  expect(await hashing.addresses([])).toEqual([])
  expect(hashing.running).toBe(0)
})

test('one worker is no gain, and none is started', async () => {
  const hashing = pool({ workers: 1, threshold: 1 })
  const chunks = payloads(100)
  expect((await hashing.addresses(chunks)).map(hex)).toEqual(inline(chunks))
  expect(hashing.running).toBe(0)
})

test('a file splits into the same chunks in the same order, under both rules', { timeout: 60_000 }, async () => {
  const hashing = pool()
  for (const length of [0, 1, 4096, 4097, 64 * 4096, 64 * 4096 + 1, 129 * 4096, 129 * 4096 + 5, 700 * 4096]) {
    const bytes = pattern(length, 5)
    for (const rule of ['swarm', 'bee'] as const) {
      const ours = await all(hashing.split([bytes.subarray(0, 1000), bytes.subarray(1000)], { rule }))
      const expected = await all(split([bytes], { rule }))
      // Parents may come later than they could, but never before their children.
      expect(ours.at(-1)).toBe(expected.at(-1))
      expect([...ours].sort()).toEqual([...expected].sort())
    }
  }
  expect(await all(hashing.split([]))).toEqual([`${hex(EMPTY_ADDRESS)} 8`])
})

test('bulk verification finds the chunks that are not what they say', async () => {
  const hashing = pool()
  const chunks = payloads(300).map(data => ({ address: hasher.address(data), data }))
  const broken = [7, 64, 128, 299]
  for (const i of broken) chunks[i] = { address: chunks[i]!.address.map((byte, j) => j === 31 ? byte ^ 1 : byte), data: chunks[i]!.data }
  chunks[50] = { address: chunks[50]!.address, data: new Uint8Array(7) }
  chunks[51] = { address: chunks[51]!.address, data: new Uint8Array(5000) }
  const found = await hashing.verify(chunks)
  expect(found.flatMap((valid, i) => valid ? [] : [i])).toEqual([7, 50, 51, 64, 128, 299])
})

test('the pool works inline where no worker can be started', async () => {
  const chunks = payloads(300)
  const hashing = pool({ workers: 2, spawn: () => { throw new Error('worker-src') } })
  expect((await hashing.addresses(chunks)).map(hex)).toEqual(inline(chunks))
  expect((await all(hashing.split([pattern(300 * CHUNK_SIZE, 1)]))).length).toBe(304)
  expect(hashing.running).toBe(0)
})

test('what was in a worker that fails is hashed inline, and the pool goes on', async () => {
  const chunks = payloads(1000)
  const workers: HashWorker[] = []
  let given = 0
  const hashing = pool({
    workers: 3,
    spawn (script, events) {
      const worker = spawnWorker(script, events)
      workers.push(worker)
      const post: HashWorker['post'] = (message, transfer) => {
        // The second worker is lost with two batches in it.
        if (workers.indexOf(worker) === 1 && ++given === 3) void worker.end()
        worker.post(message, transfer)
      }
      return { post, busy: worker.busy, end: worker.end }
    }
  })
  expect((await hashing.addresses(chunks)).map(hex)).toEqual(inline(chunks))
  expect(hashing.running).toBe(2)
  await Promise.all(workers.map(worker => worker.end()))
  expect((await hashing.addresses(chunks)).map(hex)).toEqual(inline(chunks))
  expect(hashing.running).toBe(0)
})

test('never more than two batches are in a worker', async () => {
  let most = 0
  const hashing = pool({
    workers: 2,
    spawn (script, events) {
      let load = 0
      const worker = spawnWorker(script, { ...events, message (message) { load--; events.message(message) } })
      const post: HashWorker['post'] = (message, transfer) => {
        if (transfer.length > 0) most = Math.max(most, ++load)
        worker.post(message, transfer)
      }
      return { post, busy: worker.busy, end: worker.end }
    }
  })
  await Promise.all(Array.from({ length: 10 }, () => hashing.addresses(payloads(300))))
  expect(most).toBe(2)
})

test('what waits for its addresses is in a few buffers that are used again, and a chunk that was given has its own', async () => {
  const buffers = new Set<PackedBatch>()
  let waiting = 0
  let most = 0
  const hash = async (batch: PackedBatch): Promise<Uint8Array> => {
    buffers.add(batch)
    most = Math.max(most, ++waiting)
    const addresses = [...batch].flatMap(data => [...hasher.address(data)])
    await turns(500)
    waiting--
    return Uint8Array.from(addresses)
  }
  const file = pattern(2_000 * CHUNK_SIZE + 7, 3)
  const given: Chunk[] = []
  for await (const chunk of splitInBatches([file], hash, { batch: 64, ahead: 4 })) given.push(chunk)
  expect(buffers.size).toBeLessThanOrEqual(4)
  expect(most).toBeGreaterThan(1)
  expect(given.every(({ address, data }) => data.buffer.byteLength === data.length && address.buffer.byteLength === 32)).toBe(true)
  // Though the buffers were filled again, nothing that was given has changed.
  expect(given.map(({ address, data }) => `${hex(address)} ${data.length}`)).toEqual(await all(split([file])))
  expect(given.map(({ data }) => hex(hasher.address(data)))).toEqual(given.map(({ address }) => hex(address)))
})

test('a slow consumer holds the splitting back', async () => {
  let given = 0
  const source = function * (): Generator<Uint8Array> { for (; given < 10_000; given++) yield pattern(CHUNK_SIZE, given % 251) }
  const chunks = pool().split(source())
  await chunks.next()
  await turns(100)
  // Two batches for each of two workers, and the one that was being filled.
  expect(given).toBeLessThanOrEqual(5 * 64)
  await chunks.return()
})

test('closing waits for what is under way, ends the workers, and leaves a pool that works inline', async () => {
  const hashing = pool()
  const chunks = payloads(500)
  const addresses = hashing.addresses(chunks)
  await turns(10)
  await hashing.close()
  expect(hashing.running).toBe(0)
  expect((await addresses).map(hex)).toEqual(inline(chunks))
  expect((await hashing.addresses(chunks)).map(hex)).toEqual(inline(chunks))
  expect(hashing.running).toBe(0)
  await hashing.close()
})

test('a signal ends splitting and hashing', async () => {
  const hashing = pool()
  const end = new AbortController()
  const reason = new Error('enough')
  const source = function * (): Generator<Uint8Array> { for (let i = 0; i < 1000; i++) yield pattern(CHUNK_SIZE, i % 251) }
  const chunks = hashing.split(source(), { signal: end.signal })
  await chunks.next()
  const addresses = hashing.addresses(payloads(2000), { signal: end.signal })
  end.abort(reason)
  await expect(addresses).rejects.toBe(reason)
  await expect(all(chunks)).rejects.toBe(reason)
  await expect(hashing.addresses([], { signal: end.signal })).rejects.toBe(reason)
})

test('options out of range, and what cannot be a chunk, are the caller’s mistake', async () => {
  for (const options of [{ workers: -1 }, { workers: 1.5 }, { threshold: 0 }]) expect(() => new HashPool(options)).toThrow(RangeError)
  for (const length of [0, 7, 4105]) await expect(pool().addresses([new Uint8Array(length)])).rejects.toThrow(RangeError)
  await expect(pool().split(['text'] as unknown as Uint8Array[]).next()).rejects.toThrow(TypeError)
})
