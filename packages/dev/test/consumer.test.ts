import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeBlocks } from '../src/code-blocks.mjs'
import { Consumer } from '../src/consumer.mjs'
import { filesIn, published, ROOT } from '../src/workspace.mjs'
import { fixture } from './fixture.ts'

const packages = published()
const dir = mkdtempSync(path.join(tmpdir(), 'skep-consumer-'))
const consumer = new Consumer(dir)

beforeAll(async () => { await consumer.install(packages.map(folder => folder.dir)) }, 300_000)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const files = [
  ...packages.map(folder => ({ file: path.join(folder.dir, 'README.md'), own: true })),
  ...[path.join(ROOT, 'README.md'), ...filesIn(path.join(ROOT, 'docs'), '.md')].map(file => ({ file, own: false }))
]

/** What is run: the first block of a package's README, and every block that says what it prints. */
const documents = files.map(({ file, own }) => {
  const blocks = existsSync(file) ? codeBlocks(readFileSync(file, 'utf8')) : []
  return { name: path.relative(ROOT, file), own, blocks: blocks.filter((block, i) => block.output !== undefined || (own && i === 0)) }
})

describe.each(packages.map(({ manifest }) => [manifest.name, manifest] as const))('%s, packed and installed by npm,', (name, manifest) => {
  const entries = Object.keys(manifest.exports ?? {}).filter(key => key !== './package.json')

  test.each(entries.map(key => name + key.slice(1)))('gives %s to who imports it', async entry => {
    const { code, output } = await consumer.run(`await import('${entry}')`)
    expect(output).toBe('')
    expect(code).toBe(0)
  })

  test('has the licence, the README and the sources in it', () => {
    const wanted = ['LICENSE', 'README.md', 'src/index.ts', 'dist/index.d.ts', 'dist/index.js']
    expect(wanted.filter(file => !existsSync(path.join(dir, 'node_modules', name, file)))).toEqual([])
  })
})

test.each(documents.filter(({ own }) => own))('$name begins with an example', ({ blocks }) => {
  expect(blocks.length).toBeGreaterThan(0)
})

test.each(documents.flatMap(({ name, blocks }) => blocks.map(block => ({ name, ...block }))))('the example at $name:$line runs, and prints what is written there', async block => {
  const { code, output, stdout } = await consumer.run(block.code)
  expect(code, output).toBe(0)
  if (block.output !== undefined) expect(stdout).toBe(block.output)
})

describe('the check itself', () => {
  test('an example that fails or prints something else is seen', async () => {
    const { code } = await consumer.run('import \'@skep/nothing\'')
    expect(code).not.toBe(0)
    const { stdout } = await consumer.run('const a: string = \'printed\'\nconsole.log(a)')
    expect(stdout).toBe('printed\n')
  })

  test('a package that cannot be packed stops the installation', async () => {
    const broken = fixture({ 'package.json': '{' })
    await expect(new Consumer(fixture({ 'empty/file': '' })).install([broken])).rejects.toThrow('pnpm pack')
  })
})
