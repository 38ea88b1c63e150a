import { expect, test } from 'vitest'
import { MemoryHub } from '@skep/conn-memory'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { createNode, memoryTransport, type Node, type NodeOptions } from 'skep'

test('a hundred chunks looked for under one signal, and many streams, leave no warning about listeners', async () => {
  const warnings: string[] = []
  const listen = (warning: Error): void => { warnings.push(`${warning.name}: ${warning.message}`) }
  process.on('warning', listen)
  const clock = new VirtualClock()
  const random = new SeededRandom(1)
  const hub = new MemoryHub({ clock, latency: 1 })
  const start = async (i: number, options: Partial<NodeOptions> = {}): Promise<Node> => await createNode({
    key: random.bytes(32),
    store: memoryStore(),
    clock,
    random,
    transports: [memoryTransport({ hub, clock, random })],
    listen: [`memory://n${i}`],
    bootnodes: i === 0 ? [] : ['memory://n0'],
    ...options
  })
  const full = [await start(0), await start(1)]
  const light = await start(2, { light: true })
  await clock.until(() => light.peers().length === 2, 10_000)
  const addresses = await Promise.all(Array.from({ length: 100 }, async (_, n) => {
    const data = new Uint8Array(40)
    new DataView(data.buffer).setBigUint64(0, 32n, true)
    data[8] = n
    return await full[0]!.putChunk(data)
  }))
  const { signal } = new AbortController()
  let found = 0
  for (const address of addresses) void light.getChunk(address, { signal }).then(chunk => { if (chunk !== undefined) found++ })
  await clock.until(() => found === 100, 30_000)
  let stopped = 0
  for (const node of [...full, light]) void node.stop().then(() => { stopped++ })
  await clock.until(() => stopped === 3, 10_000)
  process.off('warning', listen)
  expect(warnings).toEqual([])
})
