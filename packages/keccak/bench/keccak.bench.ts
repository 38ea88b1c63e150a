/** Keccak-256 of the lengths that matter, the kernel beside the reference. */
import { bench, describe } from 'vitest'
import { nobleEngine, wasmEngine } from '@skep/keccak/engines'

const kernel = wasmEngine()!

for (const length of [64, 136, 1024, 65_536]) {
  const parts = [Uint8Array.from({ length }, (_, i) => i)]
  describe(`${length} bytes`, () => {
    bench('kernel', () => { kernel.hash(parts) }, { time: 500 })
    bench('@noble/hashes', () => { nobleEngine.hash(parts) }, { time: 500 })
  })
}
