import { readFile } from 'node:fs/promises'
import { afterAll, expect, test } from 'vitest'
import { Bench, skep, until } from './skep.ts'

const bench = new Bench()
afterAll(async () => await bench.end())

test('the command in the guide joins a network over RLPx', async () => {
  const guide = await readFile(new URL('../../../../docs/guides/join-an-original-network.md', import.meta.url), 'utf8')
  const words = /^skep node --data \S+ (.*)$/m.exec(guide)![1]!.split(/ (?=--)/)
  expect(words.map(word => word.split(' ')[0])).toEqual(['--transport', '--listen', '--bootnode'])
  const first = await bench.node('first', '--transport', 'rlpx')
  for (const enode of [first.listen, first.listen.replace('?discport=0', '')]) {
    const own: Record<string, string> = { '--listen': '127.0.0.1:0', '--bootnode': enode }
    const node = await bench.node('second', ...words.flatMap(word => {
      const [option, value] = word.split(' ')
      return [option!, own[option!] ?? value!]
    }))
    expect(node.listen).toMatch(/^enode:\/\/[0-9a-f]{128}@127\.0\.0\.1:\d+\?discport=0$/)
    await until('they meet', async () => (JSON.parse((await skep(['status', '--json', '--api', node.api])).stdout) as { connected: number }).connected === 1)
    await node.stop()
  }
  await first.stop()
})
