import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Keccak256 } from '@skep/keccak'
import { FrameReader } from '../src/frame-reader.ts'
import { FrameWriter } from '../src/frame-writer.ts'
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

interface Sent {
  readonly code: number
  readonly payload: Uint8Array
}

function write (writer: FrameWriter, messages: readonly Sent[]): Uint8Array {
  for (const { code, payload } of messages) writer.add(code, payload, 0)
  return writer.seal()
}

function read (reader: FrameReader): Sent | undefined {
  const next = reader.next()
  return next === undefined ? undefined : { code: next.code, payload: Uint8Array.from(next.message.subarray(1)) }
}

const message = fc.record({ code: fc.integer({ min: 0, max: 0xffff }), payload: fc.uint8Array({ maxLength: 1500 }) })

test('messages arrive as they were sent, however they are batched and however the bytes are cut', () => {
  fc.assert(fc.property(fc.array(fc.array(message, { minLength: 1, maxLength: 5 }), { maxLength: 6 }), fc.infiniteStream(fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 2000 }))), fc.boolean(), (batches, cuts, snappy) => {
    const { writer, reader } = pair()
    writer.snappy = reader.snappy = snappy
    const bytes = Buffer.concat(batches.map(batch => write(writer, batch)))
    const received: Sent[] = []
    for (let at = 0; at < bytes.length;) {
      const size = cuts.next().value as number
      reader.push(bytes.subarray(at, at + size))
      at += size
      for (let next = read(reader); next !== undefined; next = read(reader)) received.push(next)
    }
    expect(received).toEqual(batches.flat())
    expect(reader.isAmid).toBe(false)
  }))
})

test('a flipped bit anywhere is noticed before anything is made of the frame', () => {
  const sent = write(pair().writer, [{ code: 17, payload: new Uint8Array(40) }])
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
    reader.push(write(writer, [{ code: 16, payload: new Uint8Array(length) }]))
    if (isTaken) expect(read(reader)?.payload).toHaveLength(length)
    else expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'RLPX_PROTOCOL' }))
  }
  const { writer, reader } = pair(1000)
  reader.push(write(writer, [{ code: 16, payload: new Uint8Array(5000) }]).subarray(0, 32))
  expect(() => reader.next()).toThrow('a frame of')
})
