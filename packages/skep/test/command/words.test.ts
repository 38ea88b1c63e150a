import { describe, expect, test } from 'vitest'
import { skep } from './skep.ts'

/** One line on stderr, nothing on stdout, exit code 1. */
async function refused (args: readonly string[], line: RegExp): Promise<void> {
  const { code, stdout, stderr } = await skep(args)
  expect(stderr).toMatch(line)
  expect(stderr.match(/\n/g)).toHaveLength(1)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
}

describe('the command', () => {
  test('tells its version and its commands', async () => {
    expect((await skep(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    const { code, stdout } = await skep(['--help'])
    expect(code).toBe(0)
    for (const word of ['node', 'up', 'down', 'has', 'status', 'table', 'start']) expect(stdout).toMatch(new RegExp(`^  ${word} `, 'm'))
    expect((await skep(['node', '--help'])).stdout).toContain('--bootnode')
  })

  test.each([
    [['fly'], /^skep: unknown command 'fly'$/m],
    [['node'], /^skep: required option '--data <DIR>' not specified$/m],
    [['node', '--data', '/x', '--listen', 'nowhere'], /Expected HOST:PORT/],
    [['node', '--data', '/x', '--listen', '0.0.0.0:0'], /--insecure/],
    [['node', '--data', '/x', '--api', '192.0.2.1:0'], /--insecure/],
    [['node', '--data', '/x', '--network-id', '-1'], /./],
    [['up'], /missing required argument 'FILE'/],
    [['up', '/nowhere/at/all'], /^skep: \/nowhere\/at\/all: no such file or folder$/m],
    [['up', '/'], /it is a folder/],
    [['down', 'abc'], /Expected 64 hex characters, got 3/],
    [['has', 'z'.repeat(64)], /Expected 64 hex characters/],
    [['status', '--api', 'http://127.0.0.1:1'], /^skep: no answer from the API at http:\/\/127\.0\.0\.1:1: nothing listens there$/m],
    [['table', '--api', 'ftp://127.0.0.1'], /Expected an http URL/],
    [['start', '/nowhere/at/all'], /^skep: \/nowhere\/at\/all: no such file$/m],
    [['start', '--bogus'], /unknown option '--bogus'/]
  ] as const)('%j is refused in one line', async (args, line) => {
    await refused(args, line)
  })
})
