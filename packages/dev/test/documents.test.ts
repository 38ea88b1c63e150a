import { expect, test } from 'vitest'
import { checkDocuments } from '../src/checks/documents.mjs'
import { fixture } from './fixture.ts'

const fence = '```'
const block = (code: string): string => `${fence}ts\n${code}\n${fence}\n`
const library = {
  'packages/a/package.json': { name: '@t/a', type: 'module', exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } } },
  'packages/a/dist/index.d.ts': 'export declare function one (): number\n'
}
const right = block('import { one } from \'@t/a\'\n\nconst a: number = one()')
const wrong = block('import { one } from \'@t/a\'\n\nconst a: string = one()')

test('blocks that fit the packages pass, each as a module of its own', async () => {
  expect(await checkDocuments(fixture({ ...library, 'README.md': right + right, 'docs/guide.md': right, 'packages/a/README.md': right }))).toEqual([])
})

test.each(['README.md', 'docs/deep/guide.md', 'packages/a/README.md', 'examples/b/README.md'])('a block of %s that does not type-check is refused, with its line', async file => {
  const problems = await checkDocuments(fixture({ ...library, 'examples/b/package.json': { name: 'b' }, [file]: `# Title\n\n${wrong}` }))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(`${file}(6,7): error TS2322`)
})

test('an example in a doc comment that does not type-check is refused, with its line', async () => {
  const comment = `/**\n * One.\n *\n * @example\n${wrong.trimEnd().split('\n').map(line => ` * ${line}\n`).join('')} */\nexport const one = 1\n`
  const problems = await checkDocuments(fixture({ ...library, 'packages/a/src/one.ts': comment }))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch('packages/a/src/one.ts(8,7): error TS2322')
})

test('a block that imports what does not exist is refused', async () => {
  expect((await checkDocuments(fixture({ ...library, 'README.md': block('import { two } from \'@t/a\'') }))).join()).toContain('no exported member \'two\'')
})

test('a link that leads nowhere is refused', async () => {
  const root = fixture({ 'docs/a.md': '[b](b.md#part) [c](../c.md) [web](https://example.org) [here](#a)\n', 'docs/b.md': '' })
  expect(await checkDocuments(root)).toEqual(['docs/a.md: ../c.md is not there'])
})
