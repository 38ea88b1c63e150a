// Putting chunks into a full store on LevelDB, one at a time and 64 at a time: what making room costs. In turns
// with a store that has room, in one process. A line of JSON. After a build: node bench/room.mjs [CAPACITY]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChunkStore } from '@skep/chunk-store'
import { systemClock as clock, systemRandom } from '@skep/runtime'
import { SeededRandom } from '@skep/sim'
import { levelStore } from '@skep/store-level'

const capacity = Number(process.argv[2] ?? 10_000)
const random = new SeededRandom(1)
const noise = random.bytes(1 << 20)
const make = count => Array.from({ length: count }, () => {
  const at = random.integer(noise.length - 4_104)
  return { address: random.bytes(32), data: noise.slice(at, at + 4_104) }
})
const folder = mkdtempSync(join(tmpdir(), 'skep-bench-'))
const open = async (name, most) => {
  const store = await levelStore(join(folder, name))
  const bodies = await levelStore(join(folder, `${name}-bodies`), { writeBufferSize: 4 << 20 })
  const chunks = await ChunkStore.open({ store, bodies, base: new Uint8Array(32), clock, random: systemRandom }, { capacity: most, depth: () => 17 })
  for (let left = capacity; left > 0; left -= 128) await chunks.put(make(Math.min(128, left)), { kind: 'content' })
  return { chunks, async close () { await chunks.close(); await store.close(); await bodies.close() } }
}
/** Microseconds of CPU and milliseconds for one put of so many chunks. */
const measure = async ({ chunks }, count, puts) => {
  const before = process.cpuUsage()
  const began = performance.now()
  for (let n = 0; n < puts; n++) await chunks.put(make(count), { kind: 'content' })
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / puts, ms: (performance.now() - began) / puts }
}

const full = await open('full', capacity)
const roomy = await open('roomy', 100 * capacity)
// So that what was deleted has left its traces.
for (const store of [full, roomy]) await measure(store, 128, Math.ceil(capacity / 256))
const result = {}
for (const [count, puts] of [[1, 100], [64, 50]]) {
  const one = await measure(full, count, puts)
  const other = await measure(roomy, count, puts)
  Object.assign(result, { [`msPerPutOf${count}`]: [Number(one.ms.toFixed(2)), Number(other.ms.toFixed(2))], [`cpuMicrosPerPutOf${count}`]: [Math.round(one.cpu), Math.round(other.cpu)] })
}
process.stdout.write(`${JSON.stringify({ capacity, fullAndRoomy: result })}\n`)
await full.close()
await roomy.close()
rmSync(folder, { recursive: true })
