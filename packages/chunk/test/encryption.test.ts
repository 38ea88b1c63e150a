import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CHUNK_SIZE, encodeSpan, fileSize, isValidChunk, join, splitEncrypted } from '@skep/chunk'
import type { CarryRule, EncryptedChunk, GetChunk } from '@skep/chunk'
import { keccak256 } from '@skep/keccak'
import { specVectors } from '@skep/vectors'
import { hex, pattern, ramp, unhex } from './pattern.ts'

/** Repeatable, and unfit for keys. */
function counting (seed = 1): { bytes (n: number): Uint8Array, float (): number } {
  let state = seed
  const next = (): number => (state = Math.imul(state, 1_664_525) + 1_013_904_223) >>> 24
  return { bytes: n => Uint8Array.from({ length: n }, next), float: () => next() / 256 }
}

async function store (bytes: Uint8Array, rule: CarryRule = 'swarm'): Promise<{ reference: Uint8Array, get: GetChunk, order: EncryptedChunk[] }> {
  const order: EncryptedChunk[] = []
  const chunks = new Map<string, Uint8Array>()
  for await (const chunk of splitEncrypted([bytes], counting(bytes.length + 1), { rule })) {
    order.push(chunk)
    chunks.set(hex(chunk.address), chunk.data)
  }
  return { reference: order.at(-1)!.reference, get: async address => chunks.get(hex(address)), order }
}

async function read (...args: Parameters<typeof join>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of join(...args)) parts.push(part)
  return Uint8Array.from(Buffer.concat(parts))
}

test('the encrypted chunk of the specification', async () => {
  const { key, encryptedSpan, encryptedDataFirst64, encryptedDataLast32, keccak256OfEncryptedData } = specVectors('chunk').encryption
  const random = { bytes: (n: number) => n === 32 ? unhex(key) : new Uint8Array(n), float: () => 0 }
  for await (const { data, address, reference } of splitEncrypted([ramp(CHUNK_SIZE)], random)) {
    expect(hex(data.subarray(0, 8))).toBe(encryptedSpan)
    expect(hex(data.subarray(8, 72))).toBe(encryptedDataFirst64)
    expect(hex(data.subarray(-32))).toBe(encryptedDataLast32)
    expect(hex(keccak256(data.subarray(8)))).toBe(keccak256OfEncryptedData)
    expect(hex(reference)).toBe(hex(address) + key)
  }
})

test('an encrypted file reads back, whole and in part, at every boundary', { timeout: 60_000 }, async () => {
  for (const rule of ['swarm', 'bee'] as const) {
    for (const length of [0, 1, 4095, 4096, 4097, 63 * 4096, 64 * 4096, 64 * 4096 + 1, 65 * 4096, 65 * 4096 + 1, 128 * 4096, 129 * 4096]) {
      const bytes = pattern(length, 3)
      const { reference, get } = await store(bytes, rule)
      expect(await fileSize(reference, get)).toBe(length)
      expect(Buffer.compare(await read(reference, get, { rule }), bytes), `${rule} ${length}`).toBe(0)
      if (length > 10) {
        expect(await read(reference, get, { rule, offset: length - 7, length: 5 })).toEqual(bytes.slice(length - 7, length - 2))
      }
    }
  }
})

test('any range of an encrypted file is what it was', async () => {
  const bytes = pattern(70 * 4096 + 123, 3)
  const { reference, get } = await store(bytes)
  await fc.assert(fc.asyncProperty(fc.nat(bytes.length), fc.nat(9000), async (offset, length) => {
    expect(Buffer.compare(await read(reference, get, { offset, length }), bytes.subarray(offset, offset + length))).toBe(0)
  }), { numRuns: 40, seed: 1 })
})

test('encrypted chunks are valid, all of one length, and no two the same', async () => {
  const { order } = await store(new Uint8Array(70 * 4096))
  for (const { address, data } of order) {
    expect(isValidChunk(address, data)).toBe(true)
    expect(data.length).toBe(4104)
  }
  expect(new Set(order.map(({ address }) => hex(address))).size).toBe(order.length)
  expect(order.some(({ data }) => hex(data.subarray(0, 8)) === hex(encodeSpan(4096)))).toBe(false)
})

test('a wrong key gives an error with a code, and never bytes', async () => {
  for (const length of [10, 5000, 70 * 4096]) {
    const { reference, get } = await store(pattern(length, 3))
    for (let at = 32; at < 64; at++) {
      const wrong = Uint8Array.from(reference)
      wrong[at]! ^= 1
      await expect(read(wrong, get)).rejects.toMatchObject({ name: 'ChunkError', code: expect.stringMatching(/^CHUNK_(SPAN|SIZE|MISSING)$/) })
    }
  }
})
