import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, describe, expect, test } from 'vitest'
import type { Status } from 'skep'
import { Bench, skep, until, type RunningNode } from './skep.ts'

const bench = new Bench()
afterAll(async () => await bench.end())

interface Listed { readonly address: string, readonly underlay?: string }

async function connected ({ api }: RunningNode): Promise<string[]> {
  return ((await (await fetch(`${api}/peers`)).json()) as { peers: Listed[] }).peers.map(({ address }) => address)
}

async function status ({ api }: RunningNode): Promise<Status> {
  return JSON.parse((await skep(['status', '--json', '--api', api])).stdout) as Status
}

describe('a bridge', () => {
  test('lets what is stored on either side be read on the other', async () => {
    const bridge = await bench.node('bridge', '--transport', 'tcp', '--transport', 'rlpx')
    const [tcp, enode] = bridge.underlays
    expect(tcp).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
    expect(enode).toMatch(/^enode:\/\/[0-9a-f]{128}@127\.0\.0\.1:\d+/)
    expect(bridge.listen).toBe(tcp)
    const [onTcp, onRlpx] = await Promise.all([bench.node('tcp', '--bootnode', tcp!), bench.node('rlpx', '--transport', 'rlpx', '--bootnode', enode!)])
    await until('both are connected to the bridge', async () => (await connected(bridge)).length === 2)
    for (const [from, to] of [[onTcp, onRlpx], [onRlpx, onTcp]] as const) {
      const [file, back] = [await bench.path(`from-${from.pid}`), await bench.path(`to-${to.pid}`)]
      const bytes = randomBytes(300_000)
      await writeFile(file, bytes)
      const up = await skep(['up', file, '--api', from.api])
      expect(up.code).toBe(0)
      const reference = up.stdout.trim()
      // A request goes to nearer nodes only: where the bridge is the nearest, it must have the file itself.
      await until('the bridge has the file', async () => (await status(bridge)).chunks === (await status(from)).chunks)
      const down = await skep(['down', reference, '-o', back, '--api', to.api])
      expect(down).toMatchObject({ code: 0, stderr: '' })
      expect(bytes.equals(await readFile(back))).toBe(true)
      // Three nodes are all of one neighbourhood, so syncing brings it there as well, through the bridge alone.
      await until('the file is stored on the other side', async () => (await skep(['has', reference, '--api', to.api])).code === 0)
    }
    expect(await connected(onTcp)).toEqual([bridge.overlay])
    expect(await connected(onRlpx)).toEqual([bridge.overlay])
    expect((await status(onTcp)).known).toBe(1)
    expect((await status(onRlpx)).known).toBe(1)
    expect((await status(bridge)).listen).toEqual(bridge.underlays)
    const shown = (await skep(['status', '--api', bridge.api])).stdout
    expect(shown).toContain(`listen   ${tcp!}\n         ${enode!}\n`)
    await Promise.all([bridge.stop(), onTcp.stop(), onRlpx.stop()])
  })

  test('keeps one connection to another bridge that it dials over both, and finds it again over the one that is left', async () => {
    const one = await bench.node('one', '--listen', 'tcp://127.0.0.1:0', '--listen', 'rlpx://127.0.0.1:0')
    const two = await bench.node('two', '--transport', 'rlpx', '--transport', 'tcp', ...one.underlays.flatMap(underlay => ['--bootnode', underlay]))
    await until('they meet', async () => (await connected(one)).length === 1 && (await connected(two)).length === 1)
    expect(await connected(two)).toEqual([one.overlay])
    await one.stop()
    await until('it is missed', async () => (await connected(two)).length === 0)
    // Without one of its transports it is found over the other.
    const { port } = new URL(one.underlays[1]!.replace('enode:', 'http:'))
    const back = await bench.node('one', '--listen', `rlpx://127.0.0.1:${port}`)
    expect(back.underlays).toEqual([one.underlays[1]])
    await until('they meet again', async () => (await connected(two)).includes(back.overlay))
    await Promise.all([back.stop(), two.stop()])
  })

  test.each([
    [['--transport', 'tcp', '--transport', 'rlpx', '--listen', '127.0.0.1:4711'], /--listen 127\.0\.0\.1:4711: .*write tcp:\/\/.* or rlpx:\/\//],
    [['--transport', 'rlpx', '--listen', 'tcp://127.0.0.1:4711'], /give --transport tcp --transport rlpx/],
    [['--bootnode', `enode://${'ab'.repeat(64)}@127.0.0.1:30399`], /give --transport tcp --transport rlpx/],
    [['--transport', 'pigeon'], /Expected tcp or rlpx/],
    [['--transport', 'tcp', '--transport', 'rlpx', '--listen', 'tcp://0.0.0.0:0', '--listen', 'rlpx://0.0.0.0:0'], /--listen 0\.0\.0\.0: .*--insecure/]
  ])('is not made of %j, and says why in one line', async (args, message) => {
    const { code, stderr } = await skep(['node', '--data', await bench.path('refused'), ...args])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^skep: [^\n]+\n$/)
    expect(stderr).toMatch(message)
  })

  test('is offered by the help', async () => {
    const { stdout } = await skep(['node', '--help'])
    expect(stdout).toMatch(/--transport <NAME>[^]*both for a bridge/)
  })
})
