import { ChunkStore } from '@skep/chunk-store'
import { SeededRandom } from '@skep/sim'
import { systemClock as clock, systemRandom } from '@skep/runtime'
import { levelStore } from '@skep/store-level'
import { ClassicLevel } from 'classic-level'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, bench, describe } from 'vitest'

// `CHUNKS=120000 pnpm --filter @skep/chunk-store bench` for more than the default.
const CHUNKS = Number(process.env['CHUNKS'] ?? 20_000)
const BATCH = 128

const base = new Uint8Array(32)
const random = new SeededRandom(1)
const noise = random.bytes(1 << 20)
const once = { iterations: 3, warmupIterations: 0, time: 0, warmupTime: 0 }
const folders: string[] = []

function folder (): string {
  const path = mkdtempSync(join(tmpdir(), 'skep-bench-'))
  folders.push(path)
  return path
}

/** @param apart - whether bodies have a store of their own; the write buffers are 16 MiB together either way. */
async function opening (apart: boolean): Promise<{ chunks: ChunkStore, close: () => Promise<void> }> {
  const store = await levelStore(folder(), apart ? { writeBufferSize: 12 << 20 } : {})
  const bodies = apart ? await levelStore(folder(), { writeBufferSize: 4 << 20 }) : store
  const chunks = await ChunkStore.open({ store, bodies, base, clock, random: systemRandom })
  return {
    chunks,
    async close () {
      await chunks.close()
      await store.close()
      await bodies.close()
    }
  }
}

/** Chunks as the network brings them: each in memory of its own. Addresses are noise; both sides are told to trust them. */
function batches (): { address: Uint8Array, data: Uint8Array }[][] {
  return Array.from({ length: Math.ceil(CHUNKS / BATCH) }, () => Array.from({ length: BATCH }, () => {
    const at = random.integer(noise.length - 4_104)
    return { address: random.bytes(32), data: noise.slice(at, at + 4_104) }
  }))
}

describe(`${CHUNKS} chunks of 4,096 bytes with an index, in batches of ${BATCH}, none synced`, () => {
  bench('classic-level, default settings: presence, chunk by address, place by bin and index', async () => {
    const level = new ClassicLevel<Uint8Array, Uint8Array>(folder(), { keyEncoding: 'view', valueEncoding: 'view' })
    await level.open()
    const last = Array.from({ length: 17 }, () => 0)
    for (const batch of batches()) {
      const present = await level.getMany(batch.map(({ address }) => address))
      await level.batch(batch.filter((_, i) => present[i] === undefined).flatMap(({ address, data }) => {
        const bin = Math.min(16, Math.clz32((address[0]! << 24) | (address[1]! << 16)))
        const place = new Uint8Array(6)
        new DataView(place.buffer).setUint32(2, ++last[bin]!)
        place[1] = bin
        return [{ type: 'put' as const, key: address, value: data }, { type: 'put' as const, key: place, value: address }]
      }))
    }
    await level.close()
  }, once)

  bench('chunk-store on store-level', async () => {
    const { chunks, close } = await opening(false)
    for (const batch of batches()) await chunks.put(batch, { kind: 'content' })
    await close()
  }, once)

  bench('chunk-store on store-level, bodies in a store of their own', async () => {
    const { chunks, close } = await opening(true)
    for (const batch of batches()) await chunks.put(batch, { kind: 'content' })
    await close()
  }, once)

  bench('making the chunks, which both rows contain', () => { batches() }, once)
})

describe(`reading, of ${CHUNKS} chunks`, () => {
  let opened: Promise<{ chunks: ChunkStore, close: () => Promise<void>, addresses: Uint8Array[] }> | undefined
  const open = async (): Promise<{ chunks: ChunkStore, close: () => Promise<void>, addresses: Uint8Array[] }> => {
    const { chunks, close } = await opening(true)
    const addresses: Uint8Array[] = []
    for (const batch of batches()) {
      await chunks.put(batch, { kind: 'content' })
      addresses.push(...batch.map(({ address }) => address))
    }
    return { chunks, close, addresses }
  }
  const some = (addresses: readonly Uint8Array[]): Uint8Array[] => Array.from({ length: BATCH }, () => random.pick(addresses))

  bench(`${BATCH} at random with getMany`, async () => {
    const { chunks, addresses } = await (opened ??= open())
    await chunks.getMany(some(addresses))
  })
  bench(`${BATCH} at random one by one`, async () => {
    const { chunks, addresses } = await (opened ??= open())
    for (const address of some(addresses)) await chunks.get(address)
  })
  bench(`hasMany of ${BATCH} that are here`, async () => {
    const { chunks, addresses } = await (opened ??= open())
    await chunks.hasMany(some(addresses))
  })
  bench(`hasMany of ${BATCH} that are not`, async () => {
    const { chunks } = await (opened ??= open())
    await chunks.hasMany(Array.from({ length: BATCH }, () => random.bytes(32)))
  })
  afterAll(async () => {
    const open = await opened
    await open?.close()
    for (const path of folders) rmSync(path, { recursive: true, force: true })
  })
})
