import { fullForm, isValidChunk, join, makeChunk, split, splitEncrypted, type Chunk } from '@skep/chunk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

/** Everything that a remote can make of a chunk without changing its address. */
function disguises ({ data }: Chunk): Uint8Array[] {
  let end = data.length
  while (end > 8 && data[end - 1] === 0) end--
  const lengths = new Set([end, Math.ceil((end + data.length) / 2), data.length - 1, data.length + 1, data.length + 32, 4_104])
  return [...lengths].filter(length => length >= end && length <= 4_104).map(length => {
    const form = new Uint8Array(length)
    form.set(data.subarray(0, length))
    return form
  })
}

/** A file that ends in zeros, and has some before. */
const file = fc.tuple(fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: 0, max: 5_000 })).map(([size, zeros]) => {
  const bytes = Uint8Array.from({ length: size }, (_, i) => i * 7 + (i >> 8) & 0xff)
  bytes.fill(0, Math.max(0, size - zeros))
  return bytes
})

describe('the full form of a chunk', () => {
  test('is found again for every chunk of a file, whatever zeros were cut off or added', async () => {
    await fc.assert(fc.asyncProperty(file, async bytes => {
      for await (const chunk of split([bytes])) {
        expect(fullForm(chunk.data)).toBe(chunk.data)
        // Where the span is 4,096 one or two segments may be all there is.
        const isAmbiguous = (form: Uint8Array): boolean => chunk.data.length === 4_104 && (form.length === 8 + 32 || form.length === 8 + 64)
        for (const form of disguises(chunk)) {
          expect(isValidChunk(chunk.address, form)).toBe(true)
          if (!isAmbiguous(form)) expect(fullForm(form)).toEqual(chunk.data)
        }
      }
    }), { numRuns: 60 })
  })

  test('makes a file readable that came with its zeros cut off', async () => {
    const bytes = new Uint8Array(5_000).fill(7)
    bytes.fill(0, 4_990)
    const chunks = new Map<string, Uint8Array>()
    let root = new Uint8Array(32)
    for await (const { address, data } of split([bytes])) {
      chunks.set(address.join(), data.at(-1) === 0 ? data.slice(0, -10) : data)
      root = Uint8Array.from(address)
    }
    const read = async (form: (data: Uint8Array) => Uint8Array): Promise<number> => {
      let length = 0
      for await (const piece of join(root, async address => form(chunks.get(address.join())!))) length += piece.length
      return length
    }
    await expect(read(data => data)).rejects.toMatchObject({ code: 'CHUNK_SIZE' })
    expect(await read(fullForm)).toBe(5_000)
  })

  test('is found for encrypted chunks, whose spans say nothing', async () => {
    let state = 1
    const next = (): number => (state = Math.imul(state, 1_664_525) + 1_013_904_223) >>> 24
    const random = { bytes: (n: number) => Uint8Array.from({ length: n }, next), float: () => next() / 256 }
    let cut = 0
    for await (const { data } of splitEncrypted([new Uint8Array(4_096 * 700)], random)) {
      if (data.at(-1) !== 0) continue
      cut++
      expect(fullForm(data.slice(0, -1))).toEqual(data)
    }
    expect(cut).toBeGreaterThan(0)
  })

  test('leaves alone what is no chunk of a file', () => {
    for (const { data } of [makeChunk(new Uint8Array(100).fill(1), 50), makeChunk(new Uint8Array(0), 0), makeChunk(new Uint8Array(64).fill(1), 70_000)]) {
      expect(fullForm(data)).toBe(data)
    }
    for (const data of [new Uint8Array(0), new Uint8Array(7), new Uint8Array(5_000)]) expect(fullForm(data)).toBe(data)
  })
})
