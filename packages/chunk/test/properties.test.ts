import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BRANCHES, CHUNK_SIZE, fileSize, join, proveRange, split, verifyRange } from '@skep/chunk'
import type { CarryRule, GetChunk } from '@skep/chunk'
import { hex, pattern } from './pattern.ts'

const RUNS = Number(process.env.SKEP_RUNS ?? 40)

/** Sizes close to where something changes: a segment, a chunk, a row of chunks; or anywhere below 300 chunks. */
const size = fc.oneof(
  fc.tuple(fc.constantFrom(0, 32, 64, CHUNK_SIZE, 2 * CHUNK_SIZE, BRANCHES * CHUNK_SIZE, (BRANCHES + 1) * CHUNK_SIZE, 2 * BRANCHES * CHUNK_SIZE), fc.integer({ min: -33, max: 33 }))
    .map(([boundary, more]) => Math.max(0, boundary + more)),
  fc.nat(300 * CHUNK_SIZE)
)
const rule = fc.constantFrom<CarryRule>('swarm', 'bee')
const range = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.oneof(fc.nat(40), fc.nat(20_000)))

async function store (bytes: Uint8Array, cuts: number[], how: CarryRule): Promise<{ root: Uint8Array, get: GetChunk }> {
  const chunks = new Map<string, Uint8Array>()
  let root = new Uint8Array(0)
  const pieces = function * (): Generator<Uint8Array> {
    let from = 0
    for (const cut of [...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
      yield bytes.subarray(from, cut)
      from = cut
    }
  }
  for await (const { address, data } of split(pieces(), { rule: how })) {
    chunks.set(hex(address), data)
    root = Uint8Array.from(address)
  }
  return { root, get: async address => chunks.get(hex(address)) }
}

test('what was split joins again, whole and in any order of reading', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(size, rule, fc.nat(250), fc.array(fc.nat(), { maxLength: 6 }), fc.array(range, { maxLength: 6 }), fc.integer({ min: 1, max: 40 }),
    async (length, how, seed, cuts, ranges, readAhead) => {
      const bytes = pattern(length, seed)
      const { root, get } = await store(bytes, cuts, how)
      expect(await fileSize(root, get)).toBe(length)
      for (const [offset, count] of [[0, Infinity], ...ranges.map(([at, n]) => [Math.floor(at * length), n])] as [number, number][]) {
        const parts: Uint8Array[] = []
        for await (const piece of join(root, get, { offset, length: count, readAhead })) {
          expect(piece.length).toBeGreaterThan(0)
          parts.push(piece)
        }
        expect(Buffer.compare(Buffer.concat(parts), bytes.subarray(offset, offset + count))).toBe(0)
      }
    }), { numRuns: RUNS })
})

test('any range of any file is proved, and one flipped bit of what it proves is noticed', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(size.filter(length => length > 0), rule, fc.nat(250), range, fc.nat(),
    async (length, how, seed, [at, count], bit) => {
      const bytes = pattern(length, seed)
      const { root, get } = await store(bytes, [], how)
      const from = Math.min(length - 1, Math.floor(at * length))
      const to = Math.min(length, from + 1 + count)
      const proof = await proveRange(root, get, from, to)
      expect(Buffer.compare(verifyRange(root, proof, { rule: how })!.bytes, bytes.subarray(from, to))).toBe(0)

      const nodes = proof.nodes.map(node => ({ ...node, segments: Uint8Array.from(node.segments) }))
      const { segments } = nodes[bit % nodes.length]!
      segments[(bit >> 3) % segments.length]! ^= 1 << (bit & 7)
      expect(verifyRange(root, { ...proof, nodes }, { rule: how })).toBeUndefined()
    }), { numRuns: RUNS })
})
