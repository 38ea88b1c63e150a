import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = resolve(import.meta.dirname, '../..')

/** Every folder of the workspace that has a package.json, with what it exports. */
const folders = ['packages', 'examples'].flatMap(group =>
  readdirSync(join(root, group))
    .map(name => ({ group, name, dir: join(root, group, name) }))
    .filter(({ dir }) => existsSync(join(dir, 'package.json')))
)

// Tests import packages by name and get their sources, so that a test run needs no build.
const alias = folders.flatMap(({ dir }) => {
  const { name, exports } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { name: string, exports?: Record<string, unknown> }
  return Object.entries(exports ?? {}).flatMap(([key, target]) => {
    if (typeof target !== 'object' || target === null || !('default' in target)) return []
    const source = String(target.default).replace('./dist/', './src/').replace(/\.js$/, '.ts')
    const find = new RegExp(`^${(name + key.slice(1)).replaceAll('/', '\\/')}$`)
    return [{ find, replacement: join(dir, source) }]
  })
})

export default defineConfig({
  root,
  test: {
    reporters: ['default', join(import.meta.dirname, 'src/count-reporter.mjs')],
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
    projects: folders
      .filter(({ dir }) => existsSync(join(dir, 'test')))
      .map(({ name, dir }) => ({
        resolve: { alias },
        test: {
          name,
          root: dir,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.browser.test.ts'],
          benchmark: { include: ['bench/**/*.bench.ts'] },
          testTimeout: 60_000,
          hookTimeout: 60_000
        }
      }))
  }
})
