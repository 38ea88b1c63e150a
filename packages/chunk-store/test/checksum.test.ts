import { SeededRandom } from '@skep/sim'
import { expect, test } from 'vitest'
import { checksum } from '../src/bytes.ts'

const PRIME = 0x01000193n

/** The same by its description, in big numbers and byte by byte. */
function naive (bytes: Uint8Array, from: number): number {
  const step = (lane: bigint, word: bigint): bigint => BigInt.asUintN(32, (lane ^ word) * PRIME)
  const word = (at: number): bigint => [0, 1, 2, 3].reduce((sum, i) => sum | BigInt(bytes[at + i] ?? 0) << BigInt(8 * i), 0n)
  const words = (bytes.length - from) >> 2
  const lanes = [0, 1, 2, 3].map(() => 0x811c9dc5n)
  for (let i = 0; i < words; i++) {
    // Only whole rounds go round.
    const lane = i < words - words % 4 ? i % 4 : 0
    lanes[lane] = step(lanes[lane]!, word(from + 4 * i))
  }
  const [a, b, c, d] = lanes as [bigint, bigint, bigint, bigint]
  return Number([b, c, d].reduce(step, step(a, word(from + 4 * words) ^ BigInt(bytes.length))))
}

test('a checksum is as it is described, wherever the bytes lie', () => {
  const random = new SeededRandom(1)
  for (let length = 4; length <= 80; length++) {
    const bytes = random.bytes(length)
    for (let shift = 0; shift < 8; shift++) {
      const elsewhere = new Uint8Array(shift + length + 3).fill(0xff)
      elsewhere.set(bytes, shift)
      for (let from = 0; from <= 4; from++) expect(checksum(elsewhere.subarray(shift, shift + length), from)).toBe(naive(bytes, from))
    }
  }
})

test('a checksum that was written before still holds', () => {
  expect(checksum(Uint8Array.from({ length: 4_152 }, (_, i) => i * 7), 4)).toBe(0x81198692)
})
