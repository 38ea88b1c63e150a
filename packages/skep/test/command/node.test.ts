import { connect, createServer, type AddressInfo } from 'node:net'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Bench, isAlive, run, skep, until } from './skep.ts'

const bench = new Bench()
afterAll(async () => await bench.end())

describe('skep node', () => {
  test('says where it is, keeps its key to itself, and is the same node the next time', async () => {
    const first = await bench.node('same')
    expect(first.overlay).toMatch(/^[0-9a-f]{64}$/)
    expect(first.listen).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
    expect(first.api).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(first.pid).toBe(first.child.pid)
    expect((await stat(await bench.path('same/key'))).mode & 0o777).toBe(0o600)
    expect((await first.stop()).code).toBe(0)
    const second = await bench.node('same')
    expect(second.overlay).toBe(first.overlay)
    await second.stop()
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s stops it within 5 s', async signal => {
    const node = await bench.node('stops')
    const began = Date.now()
    const { code } = await node.stop(signal)
    expect(code).toBe(0)
    expect(Date.now() - began).toBeLessThan(5_000)
  })

  test('stops when its stdin ends', async () => {
    const node = await bench.node('orphan')
    node.child.stdin.end()
    expect((await node.outcome).code).toBe(0)
  })

  test('a second one on the same folder says so and leaves, and the first goes on', async () => {
    const node = await bench.node('shared')
    const second = await skep(['node', '--data', await bench.path('shared')])
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(/^skep: .*shared: another node runs on it\n$/)
    expect((await skep(['status', '--api', node.api])).code).toBe(0)
    await node.stop()
  })

  test('leaves a folder alone that is not its own, or newer', async () => {
    const foreign = await bench.path('foreign')
    await mkdir(foreign)
    await writeFile(path.join(foreign, 'thesis.txt'), 'years of work')
    expect((await skep(['node', '--data', foreign])).stderr).toMatch(/^skep: .*no skep data folder.*\n$/)
    await writeFile(path.join(foreign, 'skep.json'), '{"skep":"node","format":99}')
    const newer = await skep(['node', '--data', foreign])
    expect(newer.code).toBe(1)
    expect(newer.stderr).toMatch(/^skep: .*a newer version wrote it.*\n$/)
  })

  test('says that a port is in use, and leaves', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    for (const option of ['--listen', '--api']) {
      const { code, stderr, stdout } = await skep(['node', '--data', await bench.path('port'), option, `127.0.0.1:${port}`])
      expect(stderr.trim().split('\n').at(-1)).toMatch(new RegExp(`^skep: .*(in use|EADDRINUSE)`))
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    }
    server.close()
  })

  test.each(['garbage', 'tcp://127.0.0.1', '127.0.0.1:99999'])('says at once that nobody can dial the bootnode %s', async bootnode => {
    const { code, stderr } = await skep(['node', '--data', await bench.path('mistyped'), '--bootnode', bootnode])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^skep: not an address of a node: [^\n]+\n$/)
  })

  test('says that a bootnode is no address', async () => {
    const { code, stderr } = await skep(['node', '--data', await bench.path('boot'), '--bootnode', 'carrier-pigeon://coop'])
    expect(code).toBe(1)
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^skep: /)
  })

  test('goes on when nobody reads what it prints', async () => {
    const node = await bench.node('unread')
    node.child.stdout.destroy()
    node.child.stderr.destroy()
    const [host, port] = node.listen.replace('tcp://', '').split(':')
    for (let i = 0; i < 5; i++) await poke(Number(port), host!, Buffer.from('nonsense'))
    expect((await skep(['status', '--api', node.api])).code).toBe(0)
    await node.stop()
  })

  test('goes on under garbage on its port', async () => {
    const node = await bench.node('garbage')
    const [host, port] = node.listen.replace('tcp://', '').split(':')
    for (const garbage of [Buffer.alloc(0), Buffer.alloc(1), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(100_000, 0xff), Buffer.from([5, 1, 2])]) {
      await poke(Number(port), host!, garbage)
    }
    const { code, stdout } = await skep(['status', '--json', '--api', node.api])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ overlay: node.overlay, connected: 0 })
    await node.stop()
  })

  test('does not meet a node of another network, and meets one of its own', async () => {
    const here = await bench.node('here')
    const other = await bench.node('other', '--network-id', '4', '--bootnode', here.listen)
    const same = await bench.node('same-network', '--bootnode', here.listen)
    const peers = async (api: string): Promise<string[]> =>
      ((await (await fetch(`${api}/peers`)).json()) as { peers: Array<{ address: string }> }).peers.map(({ address }) => address)
    await until('the two meet', async () => (await peers(here.api)).includes(same.overlay))
    expect(await peers(here.api)).toEqual([same.overlay])
    expect(await peers(other.api)).toEqual([])
    expect(isAlive(other.pid)).toBe(true)
    await Promise.all([here.stop(), other.stop(), same.stop()])
  })

  test('without --json says the same for people', async () => {
    const { child, outcome } = run(['node', '--data', await bench.path('people')])
    await new Promise(resolve => child.stdout.once('data', resolve))
    child.kill('SIGTERM')
    expect((await outcome).stdout).toMatch(/^overlay {2}[0-9a-f]{64}\nlisten {3}tcp:\/\/\S+\napi {6}http:\/\/\S+\n$/)
  })
})

/** Sends bytes and waits until the other side has closed, or has had time to. */
async function poke (port: number, host: string, bytes: Uint8Array): Promise<void> {
  await new Promise<void>(resolve => {
    const socket = connect(port, host, () => socket.write(bytes, () => setTimeout(() => socket.destroy(), 100)))
    socket.resume().on('close', () => resolve()).on('error', () => {})
  })
}
