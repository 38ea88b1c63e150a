import path from 'node:path'
import { expect, test } from 'vitest'
import { checkPack } from '../src/checks/pack.mjs'
import { fixture } from './fixture.ts'

const manifest = { name: 'a', version: '1.0.0', license: 'MIT', type: 'module', files: ['dist'], exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } } }
const files = { 'dist/index.js': 'export const one = 1\n', 'dist/index.d.ts': 'export declare const one: number\n' }
const check = async (changes: Record<string, string | object>): Promise<string> => (await checkPack(path.resolve(fixture({ 'package.json': manifest, ...files, ...changes })))).join('\n')

test('a package whose files are all there passes', async () => {
  expect(await check({})).toBe('')
})

test('an export without its file is refused', async () => {
  expect(await check({ 'package.json': { ...manifest, files: ['dist/index.d.ts'] } })).toContain('the file does not exist')
})

test('declarations for another module system are refused', async () => {
  expect(await check({
    'package.json': { ...manifest, exports: { '.': { types: './dist/index.d.cts', default: './dist/index.js' } } },
    'dist/index.d.cts': 'declare const one: number\nexport = one\n'
  })).not.toBe('')
})
