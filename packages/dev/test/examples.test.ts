import { expect, test } from 'vitest'
import { runExample } from '../src/examples.mjs'
import { workspace } from '../src/workspace.mjs'
import { fixture } from './fixture.ts'

const examples = workspace().filter(({ group }) => group === 'examples')

test.each(examples.map(({ name, dir }) => [name, dir]))('the example %s prints what its README says', async (_, dir) => {
  const { code, output, stdout, promised } = await runExample(dir)
  expect(code, output).toBe(0)
  expect(promised).toBeDefined()
  expect(stdout).toBe(promised)
})

test('an example that prints something else, or fails, is seen', async () => {
  const dir = fixture({ 'README.md': 'Prints\n\n```text\nright\n```\n', 'dist/main.js': 'console.log(\'wrong\')\nprocess.exitCode = 3\n' })
  expect(await runExample(dir)).toMatchObject({ code: 3, stdout: 'wrong\n', promised: 'right\n' })
})
