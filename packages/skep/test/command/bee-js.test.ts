import { Bee, MerkleTree } from '@ethersphere/bee-js'
import { makeChunk } from '@skep/chunk'
import { toHex } from '@skep/pot'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bench, until, type RunningNode } from './skep.ts'

/** Any batch: bee-js insists on sending one. */
const batch = '0'.repeat(64)

const bench = new Bench()
let first: RunningNode
let second: RunningNode
beforeAll(async () => {
  first = await bench.node('first')
  second = await bench.node('second', '--bootnode', first.listen)
  await until('they meet', async () => (await new Bee(second.api).getPeers()).length === 1)
})
afterAll(async () => await bench.end())

describe('bee-js with real nodes', () => {
  // 129 * 4096 is where the carry rules of trees part ways (chunk.md §3).
  test.each([1, 4096, 4097, 129 * 4096])('uploads %i bytes to one and downloads them from the other', async size => {
    const file = new Uint8Array(randomBytes(size))
    const { reference } = await new Bee(first.api).uploadData(batch, file)
    expect(reference.toHex()).toBe(toHex((await MerkleTree.root(file)).hash()))
    expect(Buffer.compare((await new Bee(second.api).downloadData(reference)).toUint8Array(), file)).toBe(0)
    expect((await new Bee(second.api).probeData(reference)).contentLength).toBe(size)
  })

  test('uploads a chunk to one and downloads it from the other', async () => {
    const { address, data } = makeChunk(randomBytes(100))
    const { reference } = await new Bee(first.api).uploadChunk(batch, data)
    expect(reference.toHex()).toBe(toHex(address))
    expect(await new Bee(second.api).downloadChunk(reference)).toEqual(data)
  })

  test('reads what a node says of itself', async () => {
    const bee = new Bee(first.api)
    expect(await bee.isConnected()).toBe(true)
    expect(await bee.isSupportedApiVersion()).toBe(true)
    expect((await bee.getNodeInfo()).beeMode).toBe('full')
    expect((await bee.getNodeAddresses()).overlay.toHex()).toBe(first.overlay)
    expect(await bee.getPeers()).toEqual([{ address: second.overlay, fullNode: true }])
    expect(await bee.getTopology()).toMatchObject({ baseAddr: first.overlay, connected: 1 })
    expect((await bee.getReadiness()).status).toBe('ready')
    expect((await bee.getStatus()).connectedPeers).toBe(1)
  })
})
