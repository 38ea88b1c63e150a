import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { Bench, run, skep, until } from './skep.ts'

const bench = new Bench()
const servers: Server[] = []
afterAll(async () => {
  for (const server of servers) server.close().closeAllConnections()
  await bench.end()
})

/** An API that answers as the test says, as a node does that dies or is none. */
async function api (answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    answer(response)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise(resolve => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const reference = 'ab'.repeat(32)
/** Half of what is promised. */
const half = (response: ServerResponse) => {
  response.writeHead(200, { 'content-length': 1000 })
  response.write(Buffer.alloc(500))
}
const parts = async (): Promise<string[]> => (await readdir(await bench.path('.'))).filter(name => name.endsWith('.part'))

describe('a download', () => {
  test('that breaks off is an error, and the file that was there stays', async () => {
    const file = await bench.path('breaks')
    await writeFile(file, 'before')
    const url = await api(response => {
      half(response)
      setImmediate(() => response.destroy())
    })
    const { code, stderr } = await skep(['down', reference, '-o', file, '--api', url])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^skep: the file broke off: .*\n$/)
    expect(await readFile(file, 'utf8')).toBe('before')
    expect(await parts()).toEqual([])
  })

  test('that is stopped by a signal leaves nothing half done', async () => {
    const file = await bench.path('stopped')
    const url = await api(half)
    const { child, outcome } = run(['down', reference, '-o', file, '--api', url])
    await until('it has begun', async () => (await parts()).length === 1)
    child.kill('SIGINT')
    const { code, stderr } = await outcome
    expect(code).toBe(1)
    expect(stderr).toBe('skep: stopped before the end\n')
    expect((await readdir(await bench.path('.'))).filter(name => name.includes('stopped'))).toEqual([])
  })

  test('into a folder that is not there is an error that names the file', async () => {
    const file = await bench.path('none/file')
    const url = await api(response => response.end('x'))
    const { code, stderr } = await skep(['down', reference, '-o', file, '--api', url])
    expect(code).toBe(1)
    expect(stderr).toBe(`skep: ${file}: no such file or folder\n`)
  })
})

describe('an API that is no node', () => {
  test.each([
    ['is an error, not a stack', 'status', (response: ServerResponse) => response.end('<html>'), /does not answer in JSON/],
    ['that fails says with what', 'status', (response: ServerResponse) => response.writeHead(500).end('oops'), /the node answered 500/],
    ['that hangs up is an error', 'table', (response: ServerResponse) => response.destroy(), /no answer from the API/]
  ] as const)('%s', async (_, command, answer, line) => {
    const { code, stderr } = await skep([command, '--api', await api(answer)])
    expect(code).toBe(1)
    expect(stderr).toMatch(line)
    expect(stderr.match(/\n/g)).toHaveLength(1)
  })
})
