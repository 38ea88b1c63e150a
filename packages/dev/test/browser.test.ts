import path from 'node:path'
import { expect, test } from 'vitest'
import { CHROMIUM, hasChromium } from '../src/chromium.mjs'
import { filesIn, ROOT, workspace } from '../src/workspace.mjs'

const files = workspace().flatMap(({ dir }) => filesIn(path.join(dir, 'test'), '.browser.test.ts').map(file => path.relative(ROOT, file)))

test('the core has tests that run in a browser', () => {
  expect(files).toContain(path.join('packages/skep/test/core.browser.test.ts'))
})

// With a browser the project `browser` runs them; without one they count as skipped, here.
if (!hasChromium()) {
  console.warn(`skipped for want of a browser at ${CHROMIUM} (set CHROMIUM to its path):\n${files.map(file => `  ${file}\n`).join('')}`)
  test.for(files)('%s', (_, { skip }) => skip(`there is no browser at ${CHROMIUM}`))
}
