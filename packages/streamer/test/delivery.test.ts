import { SeededRandom } from '@skep/sim'
import { nativeSpec, streamSpec } from '@skep/streamer'
import { bytes, decode, encode, fixed, list, struct } from '@skep/wire'
import { expect, test } from 'vitest'

const spelt = streamSpec.messages.ChunkDeliveryMsg
const plain = struct({ Addr: bytes(), SData: bytes() })

/** What a decoder makes of bytes: a value, or the code of its error. */
const outcome = (read: () => unknown): unknown => {
  try {
    return read()
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('a delivery is written and read as the struct that it is', () => {
  const random = new SeededRandom(1)
  for (const sizes of [[0, 0], [1, 1], [32, 8], [32, 55], [32, 56], [32, 4_104], [33, 70_000], [1, 0]] as const) {
    for (let turn = 0; turn < 3; turn++) {
      const value = { Addr: random.bytes(sizes[0]), SData: random.bytes(sizes[1]) }
      const wire = encode(plain, value)
      expect(encode(spelt, value)).toEqual(wire)
      expect(decode(spelt, wire)).toEqual(value)
    }
  }
})

test('what is no delivery is refused as the struct refuses it', () => {
  const random = new SeededRandom(2)
  const wire = encode(plain, { Addr: new Uint8Array(32), SData: new Uint8Array(60) })
  for (let turn = 0; turn < 1_000; turn++) {
    const broken = wire.slice(0, wire.length - random.integer(3))
    broken[random.integer(Math.min(40, broken.length))] = random.integer(256)
    expect(outcome(() => decode(spelt, broken)), `turn ${turn}`).toEqual(outcome(() => decode(plain, broken)))
  }
})

const several = nativeSpec.messages.DeliveriesMsg
const plainly = struct({ Items: list(struct({ Addr: fixed(32), SData: bytes() }), 128) })

test('several deliveries are written and read as the struct that they are', () => {
  const random = new SeededRandom(3)
  for (const sizes of [[], [0], [1], [4_104], [1, 1, 0], [55, 56, 255, 256], Array.from({ length: 7 }, () => 4_104), [70_000, 1], Array.from({ length: 128 }, (_, n) => n)]) {
    const value = { Items: sizes.map(size => ({ Addr: random.bytes(32), SData: random.bytes(size) })) }
    const wire = encode(plainly, value)
    expect(encode(several, value)).toEqual(wire)
    expect(decode(several, wire)).toEqual(value)
  }
})

test('what are no deliveries is refused as the struct refuses it', () => {
  const random = new SeededRandom(4)
  const wire = encode(plainly, { Items: [40, 0, 60].map(size => ({ Addr: new Uint8Array(32), SData: new Uint8Array(size) })) })
  for (let turn = 0; turn < 2_000; turn++) {
    const broken = wire.slice(0, wire.length - random.integer(3))
    broken[random.integer(broken.length)] = random.integer(256)
    expect(outcome(() => decode(several, broken)), `turn ${turn}`).toEqual(outcome(() => decode(plainly, broken)))
  }
})

test('ids of another length and more items than 128 are neither written nor read', () => {
  const item = { Addr: new Uint8Array(32), SData: new Uint8Array(1) }
  const loose = struct({ Items: list(struct({ Addr: bytes(), SData: bytes() })) })
  for (const Items of [[{ ...item, Addr: new Uint8Array(31) }], [{ ...item, Addr: new Uint8Array(33) }], Array.from({ length: 129 }, () => item)]) {
    expect(() => encode(several, { Items })).toThrow(RangeError)
    expect(outcome(() => decode(several, encode(loose, { Items })))).toBe('WIRE_DECODE')
  }
})

test('bodies share the memory of the message while each is a fair part of it', () => {
  const item = (size: number): { Addr: Uint8Array, SData: Uint8Array } => ({ Addr: new Uint8Array(32), SData: new Uint8Array(size) })
  const shares = (sizes: number[], around: number = 0): boolean[] => {
    const wire = encode(several, { Items: sizes.map(item) })
    const memory = new Uint8Array(wire.length + around)
    memory.set(wire)
    const { Items } = decode(several, memory.subarray(0, wire.length))
    return Items.map(({ SData }) => SData.buffer === memory.buffer)
  }
  expect(shares([4_104, 4_104])).toEqual([true, true])
  expect(shares([4_104, 200])).toEqual([true, false])
  expect(shares([4_104], 70_000)).toEqual([false])
})
