import { join } from 'node:path'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig, type TestProjectConfiguration } from 'vitest/config'
import { CHROMIUM, chromiumArguments, hasChromium } from './src/chromium.mjs'
import { ROOT, workspace } from './src/workspace.mjs'

const folders = workspace()

/** Tests import packages by name and get their sources, so that a test run needs no build. */
function alias (condition: 'default' | 'browser'): { find: RegExp, replacement: string }[] {
  return folders.flatMap(({ dir, manifest: { name, exports } }) =>
    Object.entries(exports ?? {}).flatMap(([key, target]) => {
      const file: unknown = target?.[condition] ?? target?.default
      if (typeof file !== 'string') return []
      const source = file.replace('./dist/', './src/').replace(/\.js$/, '.ts')
      const find = new RegExp(`^${(name + key.slice(1)).replaceAll('/', '\\/')}$`)
      return [{ find, replacement: join(dir, source) }]
    })
  )
}

/** `foo.browser.test.ts` runs in Chromium, everything else in Node. */
const IN_BROWSER = 'packages/*/test/**/*.browser.test.ts'

const inNode: TestProjectConfiguration[] = folders.map(({ name, dir }) => ({
  resolve: { alias: alias('default') },
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

const inBrowser: TestProjectConfiguration = {
  resolve: { alias: alias('browser') },
  // Every dependency is found before the first test: one found later makes Vite reload the page.
  optimizeDeps: { entries: [IN_BROWSER] },
  cacheDir: join(ROOT, 'node_modules/.vite/browser'),
  test: {
    name: 'browser',
    root: ROOT,
    include: [IN_BROWSER],
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      instances: [{ browser: 'chromium' }],
      provider: playwright({ launchOptions: { executablePath: CHROMIUM, args: chromiumArguments } })
    }
  }
}

export default defineConfig({
  root: ROOT,
  test: {
    allowOnly: false,
    reporters: ['default', join(import.meta.dirname, 'src/count-reporter.mjs')],
    projects: hasChromium() ? [...inNode, inBrowser] : inNode
  }
})
