// Puts chunks without a pause until it is killed, and says of each batch that it had resolved.
// usage: node put-until-killed.mjs FOLDER FIRST
import { makeChunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { systemClock, systemRandom } from '@skep/runtime'
import { levelStore } from '@skep/store-level'
import { writeSync } from 'node:fs'
import { join } from 'node:path'

const [folder, first] = process.argv.slice(2)
const store = await levelStore(join(folder, 'store'))
const bodies = await levelStore(join(folder, 'bodies'))
const chunks = await ChunkStore.open({ store, bodies, base: new Uint8Array(32), clock: systemClock, random: systemRandom }, { capacity: 600 })

/** Chunk number `n`: whoever looks makes the same one. */
function chunk (n) {
  const payload = new Uint8Array(4096)
  new DataView(payload.buffer).setUint32(0, n)
  return makeChunk(payload)
}

let n = Number(first)
const lanes = Array.from({ length: 4 }, async () => {
  for (;;) {
    const from = n
    n += 8
    await chunks.put(Array.from({ length: 8 }, (_, i) => chunk(from + i)))
    writeSync(1, `${from}\n`)
  }
})
await Promise.all(lanes)
