/** Splitting 32 MiB, inline and with the pool. */
import { bench, describe } from 'vitest'
import { split } from '@skep/chunk'
import { HashPool } from '@skep/chunk/workers'

const piece = new Uint8Array(65_536)
function * source (): Generator<Uint8Array> {
  for (let i = 0; i < 512; i++) {
    for (let at = 0; at < piece.length; at += 4096) new DataView(piece.buffer).setUint32(at, i * 16 + at)
    yield piece
  }
}
const pool = new HashPool()

describe('a stream of 32 MiB', () => {
  const options = { time: 5000, warmupIterations: 1, iterations: 3 }
  bench('inline', async () => { for await (const chunk of split(source())) void chunk }, options)
  bench('pool', async () => { for await (const chunk of pool.split(source())) void chunk }, options)
})
