import { ChunkStore } from '@skep/chunk-store'
import { SeededRandom } from '@skep/sim'
import { systemClock as clock, systemRandom } from '@skep/runtime'
import { levelStore } from '@skep/store-level'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bench, describe } from 'vitest'

// Reading; `node bench/put.mjs` measures storing. `CHUNKS=120000 pnpm --filter @skep/chunk-store bench` for more than the default.
const CHUNKS = Number(process.env['CHUNKS'] ?? 20_000)
const BATCH = 128

const base = new Uint8Array(32)
const random = new SeededRandom(1)
const noise = random.bytes(1 << 20)
const folder = mkdtempSync(join(tmpdir(), 'skep-bench-'))
/** Of the last bench: hooks of tests do not run here. */
const last = { teardown: () => { rmSync(folder, { recursive: true, force: true }) } }

/** Chunks as the network brings them: each in memory of its own. Addresses are noise; both sides are told to trust them. */
function batches (): { address: Uint8Array, data: Uint8Array }[][] {
  return Array.from({ length: Math.ceil(CHUNKS / BATCH) }, () => Array.from({ length: BATCH }, () => {
    const at = random.integer(noise.length - 4_104)
    return { address: random.bytes(32), data: noise.slice(at, at + 4_104) }
  }))
}

describe(`reading, of ${CHUNKS} chunks`, () => {
  let opened: Promise<{ chunks: ChunkStore, addresses: Uint8Array[] }> | undefined
  const open = async (): Promise<{ chunks: ChunkStore, addresses: Uint8Array[] }> => {
    const store = await levelStore(join(folder, 'store'), { writeBufferSize: 12 << 20 })
    const bodies = await levelStore(join(folder, 'bodies'), { writeBufferSize: 4 << 20 })
    const chunks = await ChunkStore.open({ store, bodies, base, clock, random: systemRandom })
    const addresses: Uint8Array[] = []
    for (const batch of batches()) {
      await chunks.put(batch, { kind: 'content' })
      addresses.push(...batch.map(({ address }) => address))
    }
    return { chunks, addresses }
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
  }, last)
})
