import { describe, expect, test } from 'vitest'
import { bzzAddr, recordFromBzzAddr, recordToBzzAddr } from '@skep/identity'
import { decode, encode } from '@skep/wire'

const overlay = new Uint8Array(32).fill(7)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('a peer record', () => {
  const record = { overlay, underlays: ['tcp://127.0.0.1:1', `enode://${'a'.repeat(128)}@127.0.0.1:30303`] }

  test('goes out with its first underlay and comes back', () => {
    const addr = recordToBzzAddr(record)!
    expect(addr).toEqual({ OAddr: overlay, UAddr: bytes('tcp://127.0.0.1:1') })
    expect(recordFromBzzAddr(addr)).toEqual({ overlay, underlays: ['tcp://127.0.0.1:1'] })
  })

  test('goes to a peer that knows one scheme with an underlay of that scheme, or not at all', () => {
    expect(recordToBzzAddr(record, 'enode')?.UAddr).toEqual(bytes(record.underlays[1]!))
    expect(recordToBzzAddr(record, 'ws')).toBeUndefined()
    expect(recordToBzzAddr({ overlay, underlays: [] })).toBeUndefined()
  })

  test('of a light node may have no underlay', () => {
    expect(recordFromBzzAddr({ OAddr: overlay, UAddr: new Uint8Array(0) })).toEqual({ overlay, underlays: [] })
  })

  test.each([
    ['a short overlay', { OAddr: overlay.subarray(1), UAddr: bytes('tcp://127.0.0.1:1') }],
    ['a long overlay', { OAddr: new Uint8Array(33), UAddr: bytes('tcp://127.0.0.1:1') }],
    ['no overlay', { OAddr: new Uint8Array(0), UAddr: bytes('tcp://127.0.0.1:1') }],
    ['a long underlay', { OAddr: overlay, UAddr: bytes(`tcp://127.0.0.1:1/${'x'.repeat(500)}`) }],
    ['an underlay that is none', { OAddr: overlay, UAddr: bytes('127.0.0.1') }],
    ['an underlay that is not UTF-8', { OAddr: overlay, UAddr: Uint8Array.of(0xff, 0xfe) }]
  ])('with %s is refused', (_, addr) => {
    expect(() => recordFromBzzAddr(addr)).toThrow(expect.objectContaining({ code: 'IDENTITY_BAD_RECORD' }))
  })

  test('has a codec that takes what the original takes', () => {
    const odd = { OAddr: Uint8Array.of(1), UAddr: bytes('x') }
    expect(decode(bzzAddr, encode(bzzAddr, odd))).toEqual(odd)
  })
})
