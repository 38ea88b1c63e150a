import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compress as theirs, uncompress } from 'snappyjs'
import { specVectors } from '@skep/vectors'
import { snappyRead, snappySize, snappyWrite } from '../src/snappy.ts'

const LIMIT = 2 ** 20

/** Reads a block that has one byte before it, as a frame's message code is. */
function read (block: Uint8Array, limit: number): Uint8Array {
  const bytes = new Uint8Array(1 + block.length)
  bytes.set(block, 1)
  return snappyRead(bytes, 1, limit).subarray(1)
}

function compress (payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(snappySize(payload.length))
  expect(snappyWrite(out, 0, payload)).toBe(out.length)
  return out
}

test('what is written is read again, of any length around the steps of the header', () => {
  for (const length of [0, 1, 59, 60, 61, 127, 128, 255, 256, 257, 16_383, 16_384, 65_535, 65_536, 65_537, 300_000]) {
    const payload = Uint8Array.from({ length }, (_, i) => i * 7)
    expect(read(compress(payload), LIMIT)).toEqual(payload)
  }
})

test('the recorded block is read', () => {
  const block = Uint8Array.from(Buffer.from(specVectors('devp2p').snappyOfSubPeers8Wrapped, 'hex'))
  expect(Buffer.from(read(block, LIMIT)).toString('hex')).toBe('c5800282c108')
})

/** A naive writer of blocks, and the oracle of what they say. */
const parts = fc.array(fc.oneof(
  fc.record({ kind: fc.constant('literal' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 70 }) }),
  fc.record({ kind: fc.constant('copy' as const), back: fc.nat(2000), size: fc.integer({ min: 1, max: 64 }), wide: fc.boolean() })
), { minLength: 1, maxLength: 40 })

test('blocks with copies of every kind are read, overlapping ones too', () => {
  fc.assert(fc.property(parts, list => {
    const out: number[] = []
    const body: number[] = []
    for (const part of list) {
      if (part.kind === 'literal') {
        const n = part.bytes.length - 1
        if (n < 60) body.push(n << 2)
        else body.push(60 << 2, n)
        body.push(...part.bytes)
        out.push(...part.bytes)
      } else if (out.length > 0) {
        const offset = 1 + part.back % out.length
        if (!part.wide && part.size >= 4 && part.size <= 11 && offset < 2048) body.push(1 | ((part.size - 4) << 2) | ((offset >> 8) << 5), offset & 255)
        else if (part.wide) body.push(3 | ((part.size - 1) << 2), offset & 255, offset >> 8, 0, 0)
        else body.push(2 | ((part.size - 1) << 2), offset & 255, offset >> 8)
        for (let i = 0; i < part.size; i++) out.push(out[out.length - offset]!)
      }
    }
    const length = out.length < 128 ? [out.length] : [(out.length & 127) | 128, out.length >> 7]
    expect(Array.from(read(Uint8Array.from([...length, ...body]), LIMIT))).toEqual(out)
  }))
})

test('garbage is refused with the code, and nothing is allocated for a length that cannot be', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), block => {
    try {
      const result = read(block, LIMIT)
      expect(result.length).toBeLessThanOrEqual(block.length * 22)
    } catch (error) {
      expect(error).toMatchObject({ code: 'RLPX_PROTOCOL' })
    }
  }), { numRuns: 2000 })
  const bomb = Uint8Array.of(0xff, 0xff, 0xff, 0x07, 0, 0)
  expect(() => read(bomb, 2 ** 24)).toThrow('cannot give')
})

test('a copy reaches back to the first byte, and no further', () => {
  // A literal of one byte, and a copy of four from one or two bytes before.
  expect(read(Uint8Array.of(5, 0, 7, (3 << 2) | 2, 1, 0), LIMIT)).toEqual(new Uint8Array(5).fill(7))
  expect(() => read(Uint8Array.of(5, 0, 7, (3 << 2) | 2, 2, 0), LIMIT)).toThrow('a copy from nowhere')
  expect(() => read(Uint8Array.of(5, 0, 7, (3 << 2) | 2, 0, 0), LIMIT)).toThrow('a copy from nowhere')
})

test('another compression reads what we write, and we what it writes', () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.constant(new Uint8Array(300).fill(5))), { maxLength: 30 }), parts => {
    const payload = Uint8Array.from(Buffer.concat(parts))
    expect(Buffer.from(uncompress(compress(payload))).equals(payload)).toBe(true)
    expect(Buffer.from(read(theirs(payload), LIMIT)).equals(payload)).toBe(true)
  }))
})

test('a result over the limit is refused, one at the limit is not', () => {
  for (const [length, limit] of [[100, 100], [100, 101]] as const) expect(read(compress(new Uint8Array(length)), limit)).toHaveLength(length)
  expect(() => read(compress(new Uint8Array(101)), 100)).toThrow('not at most 100')
})
