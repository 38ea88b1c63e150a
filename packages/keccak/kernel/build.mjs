/** `node kernel/build.mjs` writes src/kernel.generated.ts; with `--check` it only compares. */
import { embed, embedding } from './embed.mjs'
import { spongeKernel } from './sponge.mjs'

export const text = embedding('kernel/build.mjs', {
  SPONGE: { about: 'Absorbs blocks into the state of a Keccak-256 sponge.', bytes: spongeKernel() }
})
if (process.argv[1] === import.meta.filename) embed(new URL('../src/kernel.generated.ts', import.meta.url), text)
