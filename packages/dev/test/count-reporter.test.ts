import path from 'node:path'
import { expect, test } from 'vitest'
import { capture, tool } from '../src/run.mjs'
import { ROOT } from '../src/workspace.mjs'
import { fixture } from './fixture.ts'

/** The last line that a run of these test files prints. */
async function lastLine (files: Record<string, string>): Promise<{ line: string | undefined, code: number }> {
  const root = fixture(files)
  const reporter = path.join(ROOT, 'packages/dev/src/count-reporter.mjs')
  const { code, stdout } = await capture(tool('vitest'), ['run', '--root', root, '--globals', '--reporter', 'default', '--reporter', reporter], { cwd: ROOT })
  return { line: stdout.trimEnd().split('\n').at(-1), code }
}

test('a run ends with what passed, failed and was skipped, alone on the last line', async () => {
  const { line, code } = await lastLine({ 'a.test.js': 'test("a", () => {})\ntest("b", () => { throw new Error("b") })\ntest.skip("c", () => {})\n' })
  expect(line).toBe('1 passed, 1 failed, 1 skipped')
  expect(code).not.toBe(0)
})

test('a file that cannot be loaded, and an error that nobody caught, count as failed', async () => {
  expect((await lastLine({ 'a.test.js': 'import "./nowhere.js"\n', 'b.test.js': 'test("b", () => {})\n' })).line).toBe('1 passed, 1 failed, 0 skipped')
  expect((await lastLine({ 'a.test.js': 'test("a", () => { void Promise.reject(new Error("a")) })\n' })).line).toBe('1 passed, 1 failed, 0 skipped')
})
