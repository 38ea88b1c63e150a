import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { expect, test } from 'vitest'

const packages = resolve(import.meta.dirname, '../..')

/** What a browser would load of some packages, with everything they export, in KiB after gzip. */
async function bundled (...names: string[]): Promise<number> {
  const entry = `${names.map(name => `export * from '@skep/${name}'`).join('\n')}`
  const made = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: ['pot', 'kademlia', 'interface'].map(name => ({ find: `@skep/${name}`, replacement: `${packages}/${name}/src/index.ts` })) },
    plugins: [{ name: 'entry', resolveId: id => id === 'entry' ? id : undefined, load: id => id === 'entry' ? entry : undefined }],
    build: { write: false, minify: true, modulePreload: false, rolldownOptions: { input: 'entry', preserveEntrySignatures: 'strict' } }
  })
  if (!('output' in made)) throw new Error('nothing was built')
  const [{ code }] = made.output
  expect(code).toMatch(/export ?\{/)
  return gzipSync(code, { level: 9 }).length / 1_024
}

test('pot and kademlia together are at most 10 KiB for a browser', async () => {
  const [pot, both] = [await bundled('pot'), await bundled('pot', 'kademlia')]
  expect(pot).toBeLessThan(4.5)
  expect(both).toBeGreaterThan(pot)
  expect(both).toBeLessThan(10)
})
