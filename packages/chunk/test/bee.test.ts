import { MerkleTree } from '@ethersphere/bee-js'
import { expect, test } from 'vitest'
import { CHUNK_SIZE, makeChunk, split } from '@skep/chunk'
import { HashPool } from '@skep/chunk/workers'
import { hex } from './pattern.ts'

// The full measure is 200 sizes up to 20 MiB: SKEP_BEE_SIZES=200 SKEP_BEE_MIB=20, some ten minutes of the peer's hashing.
const COUNT = Number(process.env.SKEP_BEE_SIZES ?? 5)
const MIB = Number(process.env.SKEP_BEE_MIB ?? 2)
const SEED = Number(process.env.SKEP_BEE_SEED ?? 4711)

let state = SEED
const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
const noise = (length: number): Uint8Array => {
  const out = new Uint8Array(length)
  for (let i = 0; i < length; i++) out[i] = random() * 256
  return out
}

async function compare (length: number, how = split): Promise<void> {
  const bytes = noise(length)
  let root = ''
  for await (const { address } of how([bytes], { rule: 'bee' })) root = hex(address)
  expect(root, `length ${length}, seed ${SEED}`).toBe(hex((await MerkleTree.root(bytes)).hash()))
}

test('bee-js computes the same reference at every boundary', { timeout: 600_000 }, async () => {
  const lengths = [0, 1, 2, 127, 128, 129].flatMap(leaves => [-1, 0, 1].map(more => leaves * CHUNK_SIZE + more))
  for (const length of lengths.filter(length => length > 0)) await compare(length)
})

test('bee-js computes the same reference for random sizes', { timeout: 3_600_000 }, async () => {
  const pool = new HashPool({ workers: 2 })
  for (let i = 0; i < COUNT; i++) {
    await compare(1 + Math.floor(random() * MIB * 2 ** 20), (source, options) => i % 2 === 0 ? split(source, options) : pool.split(source, options))
  }
  await pool.close()
})

test('bee-js computes the same address of a chunk', async () => {
  for (const length of [1, 31, 32, 33, 1000, 4096]) {
    const bytes = noise(length)
    expect(hex(makeChunk(bytes).address)).toBe(hex((await MerkleTree.root(bytes)).hash()))
  }
})
