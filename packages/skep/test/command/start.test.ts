import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Bench, isAlive, run, until } from './skep.ts'

const bench = new Bench()
afterAll(async () => await bench.end())

/** Runs the job with a temporary folder of its own, so that what it leaves behind shows. */
async function start (name: string, ...args: string[]) {
  const TMPDIR = await bench.path(name)
  await mkdir(TMPDIR, { recursive: true })
  return { ...run(['start', ...args], { env: { TMPDIR } }), TMPDIR }
}

/** Processes that have `text` in their command line. */
async function processesOf (text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const found = await Promise.all(pids.map(async pid => {
    const line = await readFile(path.join('/proc', pid, 'cmdline'), 'utf8').catch(() => '')
    return line.includes(text) ? [Number(pid)] : []
  }))
  return found.flat()
}

async function leavesNothing (TMPDIR: string): Promise<void> {
  await until('all processes are gone', async () => (await processesOf(TMPDIR)).length === 0)
  await until('the folder is gone', async () => (await readdir(TMPDIR)).length === 0)
}

// Eight processes for each job, and whatever else the machine does meanwhile.
describe('skep start', { timeout: 240_000 }, () => {
  test('syncs files of odd sizes, loses a node, gets the files back, and leaves nothing behind', async () => {
    const files = await Promise.all([0, 1, 4096, 4097, 600_000].map(async size => {
      const file = await bench.path(`file-${size}`)
      await writeFile(file, randomBytes(size))
      return file
    }))
    const { outcome, TMPDIR } = await start('odd', ...files)
    const { code, stdout, stderr } = await outcome
    expect(stderr).toBe('')
    expect(stdout).toMatch(/is killed \(SIGKILL\)/)
    expect(stdout).toMatch(/is started again/)
    expect(stdout).toMatch(/^node 7 /m)
    expect(stdout).toMatch(/\nok\n$/)
    expect(code).toBe(0)
    await leavesNothing(TMPDIR)
  })

  test('ends well although nodes are killed all the time', async () => {
    const { outcome, TMPDIR } = await start('killed')
    let over = false
    void outcome.then(() => { over = true })
    let kills = 0
    await until('the job is over', async () => {
      // The job itself and the watcher of its folder have no node's folder in their words.
      const nodes = await processesOf(path.join(TMPDIR, 'skep-start-'))
      const victims = (await Promise.all(nodes.map(async pid => {
        const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
        return words.includes('--data') ? [pid] : []
      }))).flat()
      if (kills < 12 && victims.length > 0) {
        const victim = victims[kills * 5 % victims.length]!
        if (isAlive(victim)) process.kill(victim, 'SIGKILL')
        kills++
        await new Promise(resolve => setTimeout(resolve, 700))
      }
      return over
    }, 200_000)
    const { code, stdout, stderr } = await outcome
    expect({ code, stderr, kills }).toEqual({ code: 0, stderr: '', kills: 12 })
    expect(stdout).toMatch(/\nok\n$/)
    await leavesNothing(TMPDIR)
  })

  test('--keep leaves the nodes running and says where, until Ctrl-C', async () => {
    const file = await bench.path('kept-file')
    await writeFile(file, 'kept')
    const { child, outcome, TMPDIR } = await start('keep', '--keep', file)
    let text = ''
    child.stdout.on('data', (part: Buffer) => { text += part.toString() })
    await until('it says where they are', () => text.includes('until Ctrl-C'), 120_000)
    const [, api] = /^node 7 +(http:\S+)/m.exec(text)!
    expect((await fetch(`${api!}/health`)).status).toBe(200)
    child.kill('SIGINT')
    expect((await outcome).code).toBe(0)
    await leavesNothing(TMPDIR)
  })

  test.each([
    ['SIGINT', 'before the nodes are ready', ''],
    ['SIGTERM', 'while the nodes meet', 'nodes run'],
    ['SIGKILL', 'while the file spreads', 'every table']
  ] as const)('%s %s leaves nothing behind', async (signal, _, text) => {
    const { child, outcome, TMPDIR } = await start(signal)
    let written = ''
    child.stdout.on('data', (part: Buffer) => { written += part.toString() })
    await until('the first node runs', async () => (await processesOf(TMPDIR)).length > 1)
    await until('the moment has come', () => written.includes(text), 120_000)
    child.kill(signal)
    const { code, stderr } = await outcome
    if (signal !== 'SIGKILL') {
      expect(code).toBe(1)
      expect(stderr).toMatch(/^skep: .*\n$/)
    }
    await leavesNothing(TMPDIR)
  })
})
