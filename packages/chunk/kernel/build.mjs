/** `node kernel/build.mjs` writes src/kernel.generated.ts; with `--check` it only compares. */
import { embed, embedding } from '../../keccak/kernel/embed.mjs'
import { bmtKernel } from './bmt.mjs'
import { pairwise, singly } from './lanes.mjs'

export const text = embedding('kernel/build.mjs', {
  SIMD: { about: 'Hashes a chunk, two nodes of its tree at a time in vectors.', bytes: bmtKernel(pairwise) },
  SCALAR: { about: 'Hashes a chunk, a node of its tree at a time.', bytes: bmtKernel(singly) }
})
if (process.argv[1] === import.meta.filename) embed(new URL('../src/kernel.generated.ts', import.meta.url), text)
