import { describe, expect, test } from 'vitest'
import { Pins } from '@skep/bzz-handshake'

const id = (fill: number): Uint8Array => new Uint8Array(64).fill(fill)
const overlay = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
const code = (claim: ReturnType<Pins['claim']>): string => claim.accepted ? 'accepted' : claim.code

describe('a peer without proof', () => {
  test('keeps the first overlay address it claimed', () => {
    const pins = new Pins()
    const first = pins.claim(id(1), overlay(1))
    expect(code(pins.claim(id(1), overlay(2)))).toBe('OTHER_OVERLAY')
    if (first.accepted) first.release()
    expect(code(pins.claim(id(1), overlay(2)))).toBe('OTHER_OVERLAY')
    expect(code(pins.claim(id(1), overlay(1)))).toBe('accepted')
  })

  test('cannot take what another one holds, but can when that one has gone', () => {
    const pins = new Pins()
    const [one, two] = [pins.claim(id(1), overlay(1)), pins.claim(id(1), overlay(1))]
    expect(code(pins.claim(id(2), overlay(1)))).toBe('OVERLAY_TAKEN')
    if (one.accepted) { one.release(); one.release() }
    expect(code(pins.claim(id(2), overlay(1)))).toBe('OVERLAY_TAKEN')
    if (two.accepted) two.release()
    expect(code(pins.claim(id(2), overlay(1)))).toBe('accepted')
  })

  test('cannot have what somebody has proven', () => {
    const pins = new Pins()
    pins.proven(overlay(1))
    expect(code(pins.claim(id(1), overlay(1)))).toBe('OVERLAY_PROVEN')
    expect(code(pins.claim(id(1), overlay(2)))).toBe('accepted')
  })

  test.each([7, 8, 9])('is one of at most eight of a public subnet: %i', count => {
    const pins = new Pins()
    const claims = Array.from({ length: count }, (_, i) => pins.claim(id(i + 1), overlay(i + 1), `8.8.8.${i}:1000`))
    expect(claims.filter(({ accepted }) => accepted)).toHaveLength(Math.min(8, count))
    expect(code(pins.claim(id(100), overlay(100), '8.8.9.1:1'))).toBe('accepted')
    const more = () => code(pins.claim(id(101), overlay(101), '8.8.8.200:1'))
    if (count >= 8) expect(more()).toBe('SUBNET')
    if (claims[0]!.accepted) claims[0]!.release()
    expect(more()).toBe('accepted')
  })

  test('is not counted by subnet on this host or in this network', () => {
    const pins = new Pins({ maxPerSubnet: 1 })
    for (const [i, address] of ['127.0.0.1:1', '127.0.0.1:2', '10.0.0.1:1', '10.0.0.2:1', '[fe80::1]:1', '[fe80::2]:1', 'n3', undefined, undefined].entries()) {
      expect(code(pins.claim(id(i), overlay(i), address))).toBe('accepted')
    }
    expect(code(pins.claim(id(20), overlay(20), '[2600::1]:1'))).toBe('accepted')
    expect(code(pins.claim(id(21), overlay(21), '[2600::2]:1'))).toBe('SUBNET')
  })

  test('is remembered within a bound, however many come and go', () => {
    const pins = new Pins({ maxPins: 100 })
    for (let i = 0; i < 5_000; i++) {
      const nodeId = new Uint8Array(64)
      new DataView(nodeId.buffer).setUint32(0, i)
      const claim = pins.claim(nodeId, nodeId.subarray(0, 32), `8.${i >> 8 & 255}.${i & 255}.1:1`)
      if (claim.accepted) claim.release()
      pins.proven(nodeId.subarray(1, 33))
    }
    expect(pins.size).toBe(200)
  })
})
