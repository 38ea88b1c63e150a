import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BRANCHES, chunkAddress, CHUNK_SIZE, makeChunk, proveRange, proveSegment, split, verifyRange, verifySegment } from '@skep/chunk'
import type { CarryRule, GetChunk, NodeProof, RangeProof, SegmentProof } from '@skep/chunk'
import { hex, pattern, unhex } from './pattern.ts'

test('every segment of a chunk is proved, for its place and for no other', () => {
  for (const length of [1, 31, 32, 33, 1000, 4064, 4096]) {
    const { address, data } = makeChunk(pattern(length, 3))
    for (let index = 0; index < BRANCHES; index++) {
      const proof = proveSegment(data, index)
      expect(verifySegment(address, proof)).toBe(true)
      expect(proof.siblings.length).toBe(7)
      // Two segments of zeros have the same neighbours only where all of them are zeros.
      if (index * 32 < length) {
        for (const other of [index ^ 1, index ^ 64, (index + 1) % BRANCHES]) expect(verifySegment(address, { ...proof, index: other })).toBe(false)
      }
    }
  }
})

test('any flipped bit breaks a proof of a segment', () => {
  const { address, data } = makeChunk(pattern(3000, 3))
  const proof = proveSegment(data, 77)
  const flipped = (bytes: Uint8Array, bit: number): Uint8Array => Uint8Array.from(bytes, (byte, i) => i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)
  for (let bit = 0; bit < 256; bit++) {
    expect(verifySegment(flipped(address, bit), proof)).toBe(false)
    expect(verifySegment(address, { ...proof, segment: flipped(proof.segment, bit) })).toBe(false)
    for (let i = 0; i < 7; i++) {
      expect(verifySegment(address, { ...proof, siblings: proof.siblings.map((sibling, j) => i === j ? flipped(sibling, bit) : sibling) })).toBe(false)
    }
  }
  for (let bit = 0n; bit < 64n; bit++) expect(verifySegment(address, { ...proof, span: proof.span ^ (1n << bit) })).toBe(false)
})

test('what is no proof is no proof, and nothing is thrown', () => {
  const { address, data } = makeChunk(pattern(3000, 3))
  const proof = proveSegment(data, 77)
  const broken: unknown[] = [
    undefined, {}, { ...proof, index: -1 }, { ...proof, index: 128 }, { ...proof, index: 77.5 }, { ...proof, index: '77' },
    { ...proof, siblings: proof.siblings.slice(1) }, { ...proof, siblings: [...proof.siblings, proof.segment] }, { ...proof, siblings: 7 },
    { ...proof, segment: proof.segment.slice(1) }, { ...proof, segment: new Uint8Array(64) }, { ...proof, span: -1n }, { ...proof, span: 1n << 64n },
    { ...proof, siblings: [new Uint8Array(0), ...proof.siblings.slice(1)] }
  ]
  for (const one of broken) expect(verifySegment(address, one as SegmentProof)).toBe(false)

  // The same bytes, cut elsewhere.
  const [sibling, ...above] = proof.siblings as [Uint8Array, ...Uint8Array[]]
  const pair = Uint8Array.from([...sibling, ...proof.segment])
  for (const at of [0, 1, 31, 33, 63, 64]) {
    expect(verifySegment(address, { ...proof, segment: pair.slice(at), siblings: [pair.slice(0, at), ...above] })).toBe(false)
  }
  expect(verifySegment(address, { ...proof, segment: pair.slice(32), siblings: [pair.slice(0, 32), ...above] })).toBe(true)
  for (const index of [-1, 128, 0.5, NaN]) expect(() => proveSegment(data, index)).toThrow(RangeError)
  for (const length of [0, 7, 4105]) expect(() => proveSegment(new Uint8Array(length), 0)).toThrow(RangeError)
})

// Published with Bee, pkg/bmt/proof_test.go: 'hello world' with a span of 4096.
const BEE_LEFT = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  'ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5',
  'b4c11951957c6f8f642c4af61cd6b24640fec6dc7fc607ee8206a99e92410d30',
  '21ddb9a356815c3fac1026b6dec5df3124afbadb485c9ba5a3e3398a04b7ba85',
  'e58769b32a1beaf1ea27375a44095a0d1fb664ce2dd358e7fcbfb78c26a19344',
  '0eb01ebfc9ed27500cd4dfc979272d1f0913cc9f66540d7e8005811109e1cf2d',
  '887c22bd8750d34016ac3c66b5ff102dacdd73f6b014e710b51e8022af9a1968'
]
const BEE_RIGHT = [...BEE_LEFT.slice(0, 6), '745bae095b6ff5416b4a351a167f731db6d6f5924f30cd88d48e74261795d27b']

test('the proofs of segments that Bee publishes', () => {
  const payload = new Uint8Array(CHUNK_SIZE)
  payload.set(new TextEncoder().encode('hello world'))
  const { address, data } = makeChunk(payload)
  expect(proveSegment(data, 0).siblings.map(hex)).toEqual(BEE_LEFT)
  for (const index of [64, 127]) expect(proveSegment(data, index).siblings.map(hex)).toEqual(BEE_RIGHT)
  expect(verifySegment(address, { index: 64, segment: new Uint8Array(32), siblings: BEE_RIGHT.map(unhex), span: 4096n })).toBe(true)
})

// Published with Bee, pkg/cac/cac_test.go.
test('the content chunks that Bee publishes', () => {
  const text = new TextEncoder().encode('greaterthanspan')
  expect(hex(makeChunk(text).address)).toBe('27913f1bdb6e8e52cbd5a5fd4ab577c857287edf6969b41efe926b51de0f4f23')
  expect(hex(chunkAddress(text))).toBe('95022e6af5c6d6a564ee55a67f8455a3e18c511b5697c932d9e44f07f2fb8c53')
})

async function store (bytes: Uint8Array, rule: CarryRule): Promise<{ root: Uint8Array, get: GetChunk }> {
  const chunks = new Map<string, Uint8Array>()
  let root = new Uint8Array(0)
  for await (const { address, data } of split([bytes], { rule })) {
    chunks.set(hex(address), data)
    root = Uint8Array.from(address)
  }
  return { root, get: async address => chunks.get(hex(address)) }
}

const SIZES = [1, 31, 32, 33, 4095, 4096, 4097, 8192, 10_000, 127 * 4096, 128 * 4096, 128 * 4096 + 1, 129 * 4096, 129 * 4096 + 7, 300 * 4096 + 77]

test('ranges are proved up to the root, under both rules, and the size with them', { timeout: 60_000 }, async () => {
  for (const rule of ['swarm', 'bee'] as const) {
    for (const size of SIZES) {
      const bytes = pattern(size, 9)
      const { root, get } = await store(bytes, rule)
      const ranges = [[0, 1], [size - 1, size], [0, Math.min(size, 5000)], [Math.floor(size / 2), Math.floor(size / 2) + 1], [Math.max(0, size - 4200), size], [0, size]]
      for (const [from, to] of ranges as [number, number][]) {
        const proof = await proveRange(root, get, from, to)
        const proved = verifyRange(root, proof, { rule })
        expect(proved, `${rule} ${size} [${from}, ${to})`).toMatchObject({ from, size })
        expect(Buffer.compare(proved!.bytes, bytes.subarray(from, to))).toBe(0)
      }
    }
  }
})

test('a proof of one byte in a large file is small', async () => {
  const bytes = pattern(300 * 4096, 9)
  const { root, get } = await store(bytes, 'swarm')
  const { nodes } = await proveRange(root, get, 700_000, 700_001)
  const size = nodes.reduce((sum, node) => sum + node.segments.length + 32 * node.siblings.length, 0)
  expect(nodes.length).toBe(3)
  expect(size).toBeLessThanOrEqual(3 * 32 * 8)
})

/** The same proof with one bit of one of its parts turned. */
function tampered (proof: RangeProof, node: number, part: number, bit: number): RangeProof {
  const flip = (bytes: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(bytes)
    copy[(bit >> 3) % copy.length]! ^= 1 << (bit & 7)
    return copy
  }
  const nodes = proof.nodes.map((one, i): NodeProof => {
    if (i !== node) return one
    if (part === 0) return { ...one, segments: flip(one.segments) }
    if (part === 1) return { ...one, span: one.span + 1 + bit }
    return { ...one, siblings: one.siblings.map((sibling, j) => j === part - 2 ? flip(sibling) : sibling) }
  })
  return { ...proof, nodes }
}

test('no tampering with a proof of a range goes unnoticed', { timeout: 60_000 }, async () => {
  const bytes = pattern(300 * 4096 + 77, 9)
  const { root, get } = await store(bytes, 'swarm')
  const proof = await proveRange(root, get, 128 * 4096 - 40, 128 * 4096 + 90)
  expect(verifyRange(root, proof)).toBeDefined()
  await fc.assert(fc.asyncProperty(fc.nat(), fc.nat(), fc.nat(100_000), async (n, p, bit) => {
    const node = n % proof.nodes.length
    const part = p % (2 + proof.nodes[node]!.siblings.length)
    expect(verifyRange(root, tampered(proof, node, part, bit))).toBeUndefined()
  }), { numRuns: 500, seed: 7 })
})

test('a proof holds for its range and for no other', async () => {
  const bytes = pattern(10_000, 9)
  const { root, get } = await store(bytes, 'swarm')
  const proof = await proveRange(root, get, 4000, 5000)
  for (const [from, to] of [[3900, 5000], [4000, 5100], [4100, 9000], [0, 10_000], [5000, 4000], [4000, 4000], [-1, 5], [0.5, 5], [0, 2 ** 52], [0, Infinity], [NaN, 5]]) {
    expect(verifyRange(root, { ...proof, from: from!, to: to! })).toBeUndefined()
  }
  // Within the segments that were proved anyway, any range holds, and gives those bytes.
  expect(verifyRange(root, { ...proof, from: 4001, to: 4999 })?.bytes).toEqual(bytes.slice(4001, 4999))
  const broken: unknown[] = [
    undefined, {}, { ...proof, nodes: [] }, { ...proof, nodes: proof.nodes.slice(1) }, { ...proof, nodes: proof.nodes.slice(0, -1) },
    { ...proof, nodes: [...proof.nodes, proof.nodes[0]] }, { ...proof, nodes: [...proof.nodes].reverse() }, { ...proof, nodes: [null] },
    { ...proof, nodes: [{ ...proof.nodes[0], span: 2 ** 53 - 1 }, ...proof.nodes.slice(1)] }
  ]
  for (const one of broken) expect(verifyRange(root, one as RangeProof)).toBeUndefined()
  expect(verifyRange(root.slice(1), proof)).toBeUndefined()
})

test('bytes behind the end of a data chunk are no part of a file, and no proof has them', () => {
  // A valid chunk, whose payload is longer than its span.
  const { address, data } = makeChunk(pattern(20, 9), 10)
  const { segment, siblings } = proveSegment(data, 0)
  expect(verifyRange(address, { from: 0, to: 10, nodes: [{ span: 10, segments: segment, siblings }] })).toBeUndefined()
  const good = makeChunk(pattern(10, 9))
  const proof = proveSegment(good.data, 0)
  expect(verifyRange(good.address, { from: 0, to: 10, nodes: [{ span: 10, segments: proof.segment, siblings: proof.siblings }] })?.bytes).toEqual(pattern(10, 9))
})

test('a lone complete subtree is proved under the rule it was split by, and not under the other', async () => {
  const size = 129 * CHUNK_SIZE
  for (const [rule, other] of [['swarm', 'bee'], ['bee', 'swarm']] as const) {
    const { root, get } = await store(pattern(size, 9), rule)
    const proof = await proveRange(root, get, size - 5, size)
    expect(verifyRange(root, proof, { rule })?.size).toBe(size)
    expect(verifyRange(root, proof, { rule: other })).toBeUndefined()
  }
})

test('a range beyond the file, or empty, is the caller’s mistake', async () => {
  const { root, get } = await store(pattern(5000, 9), 'swarm')
  for (const [from, to] of [[0, 0], [5, 4], [-1, 4], [0, 5001], [5000, 5001], [0.5, 3]] as const) {
    await expect(proveRange(root, get, from, to)).rejects.toThrow(RangeError)
  }
  await expect(proveRange(root, async () => undefined, 0, 1)).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
})
