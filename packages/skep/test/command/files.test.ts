import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Status } from 'skep'
import { Bench, run, skep, until, type RunningNode } from './skep.ts'

const bench = new Bench()
let node: RunningNode
beforeAll(async () => { node = await bench.node('files') })
afterAll(async () => await bench.end())

/** The empty chunk's address (chunk.md §2). */
const EMPTY = 'b34ca8c22b9e982354f9c7f50b470d66db428d880c8a904d5fe4ec9713171526'
/** The address of one byte of zero (chunk.md §2). */
const ZERO = 'fe60ba40b87599ddfb9e8947c1c872a4a1a5b56f7d1b80f0a646005b38db52a5'

const on = (...args: string[]) => [...args, '--api', node.api]

describe('files', () => {
  test.each([0, 1, 4096, 4097, 1_000_000])('of %i bytes go up and come down the same', async size => {
    const [file, back] = [await bench.path(`up-${size}`), await bench.path(`down-${size}`)]
    const bytes = randomBytes(size)
    await writeFile(file, bytes)
    const { code, stdout } = await skep(on('up', file))
    expect(code).toBe(0)
    expect(stdout).toMatch(/^[0-9a-f]{64}\n$/)
    expect((await skep(on('down', stdout.trim(), '-o', back))).code).toBe(0)
    expect(bytes.equals(await readFile(back))).toBe(true)
    expect((await skep(on('has', stdout.trim()))).stdout).toBe(`${stdout.trim()} yes\n`)
  })

  test('have the references of the specification', async () => {
    expect((await skep(on('up', '-'), '')).stdout).toBe(`${EMPTY}\n`)
    expect((await skep(on('up', '-'), Uint8Array.of(0))).stdout).toBe(`${ZERO}\n`)
  })

  test('go up from stdin and come down to stdout', async () => {
    const { stdout } = await skep(on('up', '-'), 'to and fro')
    expect((await skep(on('down', stdout.trim()))).stdout).toBe('to and fro')
  })

  test('that nobody has are an error, and what was there before stays', async () => {
    const file = await bench.path('kept')
    await writeFile(file, 'kept')
    const began = Date.now()
    const { code, stderr } = await skep(on('down', 'ab'.repeat(32), '-o', file))
    expect(code).toBe(1)
    expect(stderr.match(/\n/g)).toHaveLength(1)
    expect(Date.now() - began).toBeLessThan(30_000)
    expect(await readFile(file, 'utf8')).toBe('kept')
    expect((await readdir(await bench.path('.'))).filter(name => name.endsWith('.part'))).toEqual([])
  })

  test('are taken without being held in memory', async () => {
    const large = await bench.node('large-store')
    const { child, outcome } = run(['up', '-', '--api', large.api])
    const block = randomBytes(1 << 20)
    for (let i = 0; i < 96; i++) {
      block.writeUInt32LE(i)
      if (!child.stdin.write(Buffer.from(block))) await new Promise(resolve => child.stdin.once('drain', resolve))
    }
    child.stdin.end()
    expect((await outcome).code).toBe(0)
    // Linux says what the process has had at most, tables that are mapped included; 1 GiB measured by hand: 250 MiB.
    const peak = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${large.pid}/status`, 'utf8'))![1]
    expect(Number(peak)).toBeLessThan(256 * 1024)
    await large.stop()
  })

  test('are not read to their end for a reader that leaves', async () => {
    const file = await bench.path('large')
    await writeFile(file, randomBytes(2_000_000))
    const { stdout } = await skep(on('up', file))
    const { child, outcome } = run(on('down', stdout.trim()))
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await outcome).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('has', () => {
  test('answers for each address, and by its exit code for all', async () => {
    const { code, stdout } = await skep(on('has', EMPTY, 'ab'.repeat(32)))
    expect(code).toBe(1)
    expect(stdout).toBe(`${EMPTY} yes\n${'ab'.repeat(32)} no\n`)
  })
})

describe('status and table', () => {
  test('have everything that is promised', async () => {
    const { stdout } = await skep(on('status', '--json'))
    const status = JSON.parse(stdout) as Status
    expect(stdout.match(/\n/g)).toHaveLength(1)
    expect(status.overlay).toBe(node.overlay)
    for (const name of ['depth', 'connected', 'known', 'chunks'] as const) expect(typeof status[name]).toBe('number')
    expect(status.bins.reduce((sum, n) => sum + n, 0)).toBe(status.chunks)
    expect(typeof status.synced).toBe('boolean')
    expect(status.streams).toEqual([])
    expect(Object.keys(status.transfers)).toEqual(expect.arrayContaining(['bodiesReceived', 'bodiesStored', 'bytesIn', 'bytesOut', 'duplicates']))
  })

  test('are laid out for people', async () => {
    expect((await skep(on('status'))).stdout).toMatch(new RegExp(`^overlay +${node.overlay}$`, 'm'))
    expect((await skep(on('table'))).stdout).toContain(node.overlay.slice(0, 4))
  })
})

describe('a second node', () => {
  test('gives back a file that was put at the first, and fetches nothing twice', async () => {
    const bytes = randomBytes(300_000)
    const { stdout } = await skep(on('up', '-'), bytes)
    const second = await bench.node('second', '--bootnode', node.listen)
    const status = async (api: string): Promise<Status> => (await (await fetch(`${api}/status`)).json()) as Status
    await until('both have the same', async () => (await status(second.api)).chunks === (await status(node.api)).chunks)
    const { code } = await skep(['down', stdout.trim(), '-o', await bench.path('back'), '--api', second.api])
    expect(code).toBe(0)
    expect(sha256(await readFile(await bench.path('back')))).toBe(sha256(bytes))
    await second.stop()
    const again = await bench.node('second', '--bootnode', node.listen)
    await until('it is synced again', async () => (await status(again.api)).connected === 1 && (await status(again.api)).synced)
    expect((await status(again.api)).transfers).toMatchObject({ bodiesReceived: 0, duplicates: 0 })
    await again.stop()
  })

  test('that is light takes no files, and says so', async () => {
    const light = await bench.node('light', '--light', '--bootnode', node.listen)
    const { code, stderr } = await skep(['up', '-', '--api', light.api], 'hello')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^skep: .*light.*\n$/)
    await light.stop()
  })

  test('that keeps what it fetches has it afterwards', async () => {
    const bytes = randomBytes(3_000)
    const { stdout } = await skep(on('up', '-'), bytes)
    const reference = stdout.trim()
    for (const [folder, words, code] of [['forgetful', [], 1], ['cache', ['--cache'], 0]] as const) {
      const light = await bench.node(folder, '--light', ...words, '--bootnode', node.listen)
      await until('it is connected', async () => ((await (await fetch(`${light.api}/status`)).json()) as Status).connected === 1)
      expect((await skep(['down', reference, '-o', await bench.path(`${folder}.back`), '--api', light.api])).code).toBe(0)
      expect((await skep(['has', reference, '--api', light.api])).code).toBe(code)
      await light.stop()
    }
  })
})

function sha256 (bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
