import { isValidChunk, split } from '@skep/chunk'
import { fromHex, toHex } from '@skep/pot'
import { describe, expect, test } from 'vitest'
import { chunksOf } from '../../src/start/job.ts'
import { sample } from '../../src/start/source.ts'
import { treeAddresses } from '../../src/start/tree.ts'

async function tree (size: number, rule: 'bee' | 'swarm') {
  const chunks = new Map<string, Uint8Array>()
  let root = ''
  for await (const { address, data } of split(sample(size).open(), { rule })) chunks.set(root = toHex(address), data)
  return { chunks, root }
}

describe('the addresses of a tree', () => {
  // 528384 = 129 * 4096 ends in a subtree of one chunk, where the carry rules differ (chunk.md §3).
  test.each([0, 1, 4096, 4097, 524_288, 524_289, 528_384, 1_000_000])('are those that split made of %i bytes', async size => {
    for (const rule of ['bee', 'swarm'] as const) {
      const { chunks, root } = await tree(size, rule)
      const fetched: string[] = []
      const found = await treeAddresses(root, async address => {
        fetched.push(address)
        return chunks.get(address)!
      })
      expect([...found].sort()).toEqual([...chunks.keys()].sort())
      expect(fetched.length).toBeLessThanOrEqual(Math.ceil(chunks.size / 128) + 3)
      if (rule === 'bee') expect(Math.abs(chunksOf(size) - chunks.size)).toBeLessThanOrEqual(1)
    }
  })

  test('a chunk under another address is noticed', async () => {
    const { chunks, root } = await tree(10_000, 'bee')
    const other = [...chunks.values()].find(data => !isValidChunk(fromHex(root), data))!
    await expect(treeAddresses(root, async () => other)).rejects.toThrow('another chunk')
  })
})
