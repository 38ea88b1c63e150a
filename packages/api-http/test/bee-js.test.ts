import { Bee, MerkleTree, BeeResponseError } from '@ethersphere/bee-js'
import { createApi, serve, type Served } from '@skep/api-http'
import { makeChunk } from '@skep/chunk'
import { toHex } from '@skep/pot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MemoryBackend, noise } from './memory.ts'

/** Any batch: bee-js insists on sending one. */
const batch = '0'.repeat(64)

let served: Served
let bee: Bee
beforeAll(async () => {
  served = await serve(createApi(new MemoryBackend(), { version: 'skep/test' }))
  bee = new Bee(served.url)
})
afterAll(async () => await served.close())

describe('bee-js', () => {
  // 128 * 4096 + 1 and 129 * 4096 are where the carry rules of trees part ways (chunk.md §3).
  test.each([1, 31, 4096, 4097, 128 * 4096, 128 * 4096 + 1, 129 * 4096, 1_000_000])('uploads and downloads %i bytes under the reference it computes itself', async size => {
    const file = noise(size, size)
    const { reference } = await bee.uploadData(batch, file)
    expect(reference.toHex()).toBe(toHex((await MerkleTree.root(file)).hash()))
    expect(Buffer.compare((await bee.downloadData(reference)).toUint8Array(), file)).toBe(0)
    expect((await bee.probeData(reference)).contentLength).toBe(size)
  })

  test('streams a download', async () => {
    const file = noise(500_000, 5)
    const { reference } = await bee.uploadData(batch, file)
    const parts: Uint8Array[] = []
    for await (const part of await bee.downloadReadableData(reference) as unknown as AsyncIterable<Uint8Array>) parts.push(part)
    expect(Buffer.compare(Buffer.concat(parts), file)).toBe(0)
  })

  test('uploads and downloads chunks', async () => {
    const chunk = makeChunk(noise(1234))
    const { reference } = await bee.uploadChunk(batch, chunk.data)
    expect(reference.toHex()).toBe(toHex(chunk.address))
    expect(await bee.downloadChunk(reference)).toEqual(chunk.data)
  })

  test('learns that nobody has a file', async () => {
    const error = await bee.downloadData('f'.repeat(64)).then(() => undefined, (error: unknown) => error)
    expect(error).toBeInstanceOf(BeeResponseError)
    expect((error as BeeResponseError).status).toBe(404)
  })

  test('reads everything the node says of itself', async () => {
    expect(await bee.isConnected()).toBe(true)
    expect(await bee.getHealth()).toMatchObject({ status: 'ok', version: 'skep/test' })
    expect(await bee.isSupportedApiVersion()).toBe(true)
    expect((await bee.getReadiness()).status).toBe('ready')
    expect((await bee.getNodeInfo()).beeMode).toBe('full')
    const addresses = await bee.getNodeAddresses()
    expect(addresses.overlay.toHex()).toBe('ab'.repeat(32))
    expect(addresses.publicKey.toHex()).toMatch(/^79be667e.*10d4b8$/)
    expect(addresses.underlay).toEqual(['tcp://127.0.0.1:4711'])
    expect(await bee.getPeers()).toEqual([{ address: '11'.repeat(32), fullNode: true }, { address: 'a0'.repeat(32), fullNode: false }])
    const topology = await bee.getTopology()
    expect(topology).toMatchObject({ depth: 1, population: 2, connected: 1 })
    expect(topology.bins.bin_0).toMatchObject({ population: 2, connected: 1, disconnectedPeers: [{ address: '22'.repeat(32) }] })
    expect(await bee.getStatus()).toMatchObject({ beeMode: 'full', storageRadius: 1 })
  })
})
