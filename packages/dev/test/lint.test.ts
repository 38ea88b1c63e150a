import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Layers } from '../src/checks/layers.mjs'
import { checkLint } from '../src/checks/lint.mjs'
import { readJson, ROOT } from '../src/workspace.mjs'
import { fixture } from './fixture.ts'

const config = readFileSync(path.join(ROOT, '.oxlintrc.json'), 'utf8')
const lint = async (files: Record<string, string>): Promise<string[]> => checkLint(fixture({ '.oxlintrc.json': config, ...files }))

/** One line of code for each thing that only adapters, the assembly and chunk/workers may touch. */
const AMBIENT = [
  'Date.now()', 'new Date()', 'performance.now()', 'setTimeout(() => {}, 1)', 'setInterval(() => {}, 1)', 'setImmediate(() => {})',
  'queueMicrotask(() => {})', 'AbortSignal.timeout(1)', 'Math.random()', 'Math[\'random\']()', 'crypto.getRandomValues(new Uint8Array(1))', 'crypto.randomUUID()',
  'crypto.subtle', 'new Worker(\'a\')', 'globalThis.setTimeout', 'await import(\'node:fs\')', 'fetch(\'a\')', 'process.env'
]
const MODULES = ['node:fs', 'node:net', 'fs', 'fs/promises', 'worker_threads']

/** A module that uses each of them, the line numbers being those of the two lists. */
const everything = [
  ...AMBIENT.map((code, i) => `export const a${i} = ${code}`),
  ...MODULES.map((name, i) => `export * as m${i} from '${name}'`)
].join('\n') + '\n'

test('time, randomness, disk and network are refused below the assembly', async () => {
  const problems = await lint({ 'packages/pot/src/deep/a.ts': everything })
  const lines = new Set(problems.map(problem => Number(/a\.ts:(\d+)/.exec(problem)?.[1])))
  const missed = [...AMBIENT, ...MODULES].filter((_, i) => !lines.has(i + 1))
  expect(missed).toEqual([])
})

test('words of the same spelling pass', async () => {
  const source = 'interface Row { readonly Date: number }\nexport const a = (row: Row, performance: number): number => row.Date + performance\n'
  expect(await lint({ 'packages/pot/src/a.ts': source })).toEqual([])
})

test.each(['packages/conn-tcp/src/a.ts', 'packages/store-level/src/a.ts', 'packages/runtime/src/a.ts', 'packages/skep/src/a.ts', 'packages/chunk/src/workers/a.ts'])('%s may use them', async file => {
  expect(await lint({ [file]: everything })).toEqual([])
})

test('whoever the linter leaves alone is an adapter, the assembly, or for tests', async () => {
  const { floors, adapters, testsOnly } = readJson(path.join(ROOT, 'packages/dev/layers.json')) as Layers
  const names = [...Object.keys(floors), ...adapters.packages, ...testsOnly]
  const problems = await lint(Object.fromEntries(names.map(name => [`packages/${name}/src/a.ts`, 'export const now = Date.now()\n'])))
  const refused = problems.map(problem => /^packages\/([^/]+)/.exec(problem)?.[1])
  expect(refused.sort()).toEqual(Object.keys(floors).filter(name => floors[name]! < 5).sort())
})

test('a floating promise is refused', async () => {
  const problems = await lint({
    'tsconfig.json': '{ "compilerOptions": { "strict": true, "target": "ES2022" }, "include": ["packages"] }',
    'packages/skep/src/a.ts': 'export async function a (): Promise<void> {}\na()\n'
  })
  expect(problems.join()).toContain('packages/skep/src/a.ts:2')
  expect(problems.join()).toContain('no-floating-promises')
})

test('a test that sleeps is refused', async () => {
  const problems = await lint({ 'packages/pot/test/a.test.ts': 'await new Promise(resolve => setTimeout(resolve, 10))\n' })
  expect(problems.join()).toContain('VirtualClock')
})

test('a library that prints is refused', async () => {
  expect((await lint({ 'packages/pot/src/a.ts': 'console.log(1)\n' })).join()).toContain('no-console')
})
