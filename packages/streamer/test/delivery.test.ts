import { SeededRandom } from '@skep/sim'
import { streamSpec } from '@skep/streamer'
import { bytes, decode, encode, struct } from '@skep/wire'
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
