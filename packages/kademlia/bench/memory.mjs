/**
 * Prints what a table of 60 connected peers with their records takes.
 * Needs a build; run it with `node --expose-gc packages/kademlia/bench/memory.mjs`.
 */
import { Kademlia } from '@skep/kademlia'
import { toHex } from '@skep/pot'
import { SeededRandom } from '@skep/sim'

const TABLES = 300
const random = new SeededRandom(1)
const clock = { now: () => 0, wall: () => 0, after: () => () => {} }
const tables = []
globalThis.gc()
const before = process.memoryUsage().heapUsed
for (let i = 0; i < TABLES; i++) {
  const table = new Kademlia({ base: random.bytes(32), clock, random })
  for (let k = 0; k < 60; k++) {
    const overlay = random.bytes(32)
    table.register([{ overlay, underlays: [`enode://${toHex(random.bytes(64))}@10.0.${i % 256}.${k}:30399`] }])
    table.on({ overlay })
  }
  tables.push(table)
}
globalThis.gc()
const each = (process.memoryUsage().heapUsed - before) / TABLES
const { length } = tables[0].peers()
console.log(`${(each / 1024).toFixed(1)} KiB for a table of ${length} connected peers, with enode records, addresses included`)
