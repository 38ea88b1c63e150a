import { expect, test } from 'vitest'
import { chunkAddress, encodeSpan, hasher, makeChunk, referenceHasher, split } from '@skep/chunk'
import type { CarryRule, Hasher } from '@skep/chunk'
import { specVectors, vectors } from '@skep/vectors'
import { hex, pattern, ramp, unhex } from './pattern.ts'

const bmt = vectors('bmt')
const swarmhash = vectors('swarmhash')
const spec = specVectors('chunk')

async function * pieces (length: number, size: number, make: (from: number, length: number) => Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += size) yield make(at, Math.min(size, length - at))
}

async function rootOf (source: AsyncIterable<Uint8Array>, rule: CarryRule, hasher?: Hasher): Promise<{ root: string, distinct: number }> {
  const seen = new Set<string>()
  let root = ''
  for await (const chunk of split(source, { rule, hasher })) seen.add(root = hex(chunk.address))
  return { root, distinct: seen.size }
}

/** A window of a pattern that repeats after `period` bytes. */
function windowed (period: Uint8Array): (from: number, length: number) => Uint8Array {
  const tile = new Uint8Array(period.length * 400)
  for (let at = 0; at < tile.length; at += period.length) tile.set(period, at)
  return (from, length) => tile.subarray(from % period.length, from % period.length + length)
}

test.skipIf(bmt === undefined)('addresses are the recorded ones, with the natural span and with another', () => {
  for (const { len, seed, chunk, span2, chunk2 } of bmt.cases) {
    const { address, data } = makeChunk(pattern(len, seed))
    expect(hex(address), `length ${len}`).toBe(chunk)
    expect(hex(referenceHasher.address(data)), `length ${len}`).toBe(chunk)
    if (chunk2 !== undefined) expect(hex(makeChunk(pattern(len, seed), BigInt(span2)).address), `span ${span2}`).toBe(chunk2)
  }
})

test.skipIf(swarmhash === undefined)('a file splits into the recorded root and as many distinct chunks', { timeout: 120_000 }, async () => {
  for (const { len, seed, tree, treeChunks } of swarmhash.cases) {
    const source = pieces(len, 40_000, windowed(pattern(251, seed)))
    expect(await rootOf(source, 'swarm', hasher), `length ${len}`).toEqual({ root: tree, distinct: treeChunks })
  }
})

test('the addresses of the specification', () => {
  for (const { dataLength, span, address } of spec.bmt) {
    // The pattern of the specification starts with a zero; its data of one byte is that zero.
    expect(hex(makeChunk(ramp(dataLength), span).address)).toBe(address)
    const data = new Uint8Array(8 + dataLength)
    data.set(encodeSpan(span))
    data.set(ramp(dataLength), 8)
    expect(hex(chunkAddress(data))).toBe(address)
  }
})

test('the files of the specification', { timeout: 120_000 }, async () => {
  for (const { length, tree } of spec.files) {
    const source = pieces(length, 65_536, windowed(ramp(255)))
    const expected = tree ?? 'b34ca8c22b9e982354f9c7f50b470d66db428d880c8a904d5fe4ec9713171526'
    expect((await rootOf(source, 'swarm', hasher)).root, `length ${length}`).toBe(expected)
  }
})

test('Bee carries a complete subtree that the original wraps', async () => {
  const length = 129 * 4096
  const swarm = await rootOf(pieces(length, 65_536, windowed(ramp(255))), 'swarm')
  const bee = await rootOf(pieces(length, 65_536, windowed(ramp(255))), 'bee')
  expect(bee.root).not.toBe(swarm.root)
  expect(unhex(bee.root).length).toBe(32)
})
