import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Keccak256 } from '@skep/keccak'
import { FrameReader, FrameWriter, type RlpxMessage } from '../src/frames.ts'
import type { Secrets } from '../src/handshake.ts'

function secrets (): Secrets {
  const of = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
  return { aes: of(1), mac: of(2), egress: new Keccak256().update(of(3)), ingress: new Keccak256().update(of(3)) }
}

function pair (limit = 2 ** 20): { writer: FrameWriter, reader: FrameReader } {
  const writer = new FrameWriter(secrets())
  const reader = new FrameReader(secrets(), limit)
  writer.snappy = reader.snappy = true
  return { writer, reader }
}

const message = fc.record({ code: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 300 }) })

test('messages arrive as they were sent, however they are batched and however the bytes are cut', () => {
  fc.assert(fc.property(fc.array(fc.array(message, { minLength: 1, maxLength: 5 }), { maxLength: 6 }), fc.infiniteStream(fc.integer({ min: 1, max: 90 })), fc.boolean(), (batches, cuts, snappy) => {
    const { writer, reader } = pair()
    writer.snappy = reader.snappy = snappy
    const bytes = Buffer.concat(batches.map(batch => writer.write(batch)))
    const received: RlpxMessage[] = []
    for (let at = 0; at < bytes.length;) {
      const size = cuts.next().value as number
      reader.push(bytes.subarray(at, at + size))
      at += size
      for (let next = reader.next(); next !== undefined; next = reader.next()) received.push({ code: next.code, payload: Uint8Array.from(next.payload) })
    }
    expect(received).toEqual(batches.flat())
    expect(reader.isAmid).toBe(false)
  }))
})

test('a flipped bit anywhere is noticed before anything is made of the frame', () => {
  const sent = pair().writer.write([{ code: 17, payload: new Uint8Array(40) }])
  for (let i = 0; i < sent.length; i++) {
    const { reader } = pair()
    const bad = Uint8Array.from(sent)
    bad[i]! ^= 1 << (i % 8)
    reader.push(bad)
    expect(() => reader.next(), `byte ${i}`).toThrow(expect.objectContaining({ code: 'RLPX_PROTOCOL', message: 'a frame with a wrong MAC' }))
  }
})

test('a payload at the limit passes, one over it is refused when its header is there', () => {
  for (const [length, isTaken] of [[999, true], [1000, true], [1001, false]] as const) {
    const { writer, reader } = pair(1000)
    reader.push(writer.write([{ code: 16, payload: new Uint8Array(length) }]))
    if (isTaken) expect(reader.next()?.payload).toHaveLength(length)
    else expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'RLPX_PROTOCOL' }))
  }
  const { writer, reader } = pair(1000)
  reader.push(writer.write([{ code: 16, payload: new Uint8Array(5000) }]).subarray(0, 32))
  expect(() => reader.next()).toThrow('a frame of')
})
