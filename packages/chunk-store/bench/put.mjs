// Storing N chunks of 4,096 bytes with an index, in batches of 128, nothing synced: the chunk store on
// LevelDB, with bodies in a store of their own, beside classic-level with default settings doing the same.
// In turns, a process each, a line of JSON each. After a build: node bench/put.mjs [N] [TURNS]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChunkStore } from '@skep/chunk-store'
import { systemClock as clock, systemRandom } from '@skep/runtime'
import { SeededRandom } from '@skep/sim'
import { levelStore } from '@skep/store-level'
import { ClassicLevel } from 'classic-level'

const BATCH = 128
const count = Number(process.argv[2] ?? 50_000)

if (process.argv[4] === undefined) {
  for (let turn = 0; turn < 2 * Number(process.argv[3] ?? 3); turn++) {
    process.stdout.write(execFileSync(process.execPath, [process.argv[1], String(count), '1', turn % 2 === 0 ? 'classic-level' : 'chunk-store'], { encoding: 'utf8' }))
  }
} else {
  const random = new SeededRandom(1)
  const noise = random.bytes(1 << 20)
  /** Chunks as the network brings them, each in memory of its own. Both sides are told to trust the addresses. */
  const make = () => Array.from({ length: BATCH }, () => {
    const at = random.integer(noise.length - 4_104)
    return { address: random.bytes(32), data: noise.slice(at, at + 4_104) }
  })
  const folder = mkdtempSync(join(tmpdir(), 'skep-bench-'))
  const { put, close } = process.argv[4] === 'chunk-store' ? await ours() : await theirs()
  const making = timed(await work(async () => {}))
  const used = timed(await work(put))
  await close()
  rmSync(folder, { recursive: true })
  process.stdout.write(`${JSON.stringify({ store: process.argv[4], chunks: count, chunksPerSecond: Math.round(1e6 / (used.wall - making.wall)), microsPerChunk: round(used.wall - making.wall), cpuMicrosPerChunk: round(used.cpu - making.cpu), peakMiB: Math.round(process.resourceUsage().maxRSS / 1024) })}\n`)

  async function ours () {
    const store = await levelStore(join(folder, 'store'), { writeBufferSize: 12 << 20 })
    const bodies = await levelStore(join(folder, 'bodies'), { writeBufferSize: 4 << 20 })
    const chunks = await ChunkStore.open({ store, bodies, base: new Uint8Array(32), clock, random: systemRandom })
    return { put: async batch => { await chunks.put(batch, { kind: 'content' }) }, close: async () => { await chunks.close(); await store.close(); await bodies.close() } }
  }

  async function theirs () {
    const level = new ClassicLevel(folder, { keyEncoding: 'view', valueEncoding: 'view' })
    await level.open()
    const last = Array.from({ length: 17 }, () => 0)
    const put = async batch => {
      const present = await level.getMany(batch.map(({ address }) => address))
      await level.batch(batch.filter((_, i) => present[i] === undefined).flatMap(({ address, data }) => {
        const bin = Math.min(16, Math.clz32((address[0] << 24) | (address[1] << 16)))
        const place = new Uint8Array(6)
        new DataView(place.buffer).setUint32(2, ++last[bin])
        place[1] = bin
        return [{ type: 'put', key: address, value: data }, { type: 'put', key: place, value: address }]
      }))
    }
    return { put, close: () => level.close() }
  }

  async function work (put) {
    const before = process.cpuUsage()
    const began = performance.now()
    for (let done = 0; done < count; done += BATCH) await put(make())
    const { user, system } = process.cpuUsage(before)
    return { wall: (performance.now() - began) * 1000, cpu: user + system }
  }

  function timed ({ wall, cpu }) { return { wall: wall / count, cpu: cpu / count } }

  function round (value) { return Number(value.toFixed(1)) }
}
