import { expect, test } from 'vitest'
import { checkUnused } from '../src/checks/unused.mjs'
import { fixture } from './fixture.ts'

const clean = {
  'package.json': { name: 'root', private: true, workspaces: ['packages/*'] },
  'knip.json': { workspaces: { 'packages/*': { entry: ['src/index.ts!'], project: ['src/**/*.ts!'] } } },
  'packages/a/package.json': { name: '@t/a', type: 'module' },
  'packages/a/src/index.ts': 'export { one } from \'./one.ts\'\n',
  'packages/a/src/one.ts': 'export const one = 1\n'
}
const check = async (files: Record<string, string | object>): Promise<string> => (await checkUnused(fixture({ ...clean, ...files }), 'knip.json')).join('\n')

test('a package that uses what it declares passes', async () => {
  expect(await check({})).toBe('')
})

test('an unused dependency is refused', async () => {
  expect(await check({ 'packages/a/package.json': { name: '@t/a', type: 'module', dependencies: { 'left-pad': '1.0.0' } } })).toMatch(/Unused dependencies[^]*left-pad/)
})

test('a dependency that nobody declared is refused', async () => {
  expect(await check({ 'packages/a/src/one.ts': 'import \'left-pad\'\nexport const one = 1\n' })).toMatch(/Unlisted dependencies[^]*left-pad/)
})

test('a file that nobody reaches and an export that nobody uses are refused', async () => {
  const found = await check({ 'packages/a/src/two.ts': 'export const two = 2\n', 'packages/a/src/one.ts': 'export const one = 1\nexport const more = 2\n' })
  expect(found).toMatch(/Unused files[^]*two\.ts/)
  expect(found).toMatch(/Unused exports[^]*more/)
})
