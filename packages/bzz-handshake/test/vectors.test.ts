import { describe, expect, test } from 'vitest'
import { bzzSpec } from '@skep/bzz-handshake'
import { specVectors, vectors } from '@skep/vectors'
import { decode, decodeMessage, encode, encodeMessage } from '@skep/wire'
import { fromHex, hex } from './hex.ts'

const messages = vectors('rlp-messages')
const bodies = vectors('rlp-decode')
const codec = bzzSpec.messages.HandshakeMsg

describe('HandshakeMsg', () => {
  test.skipIf(messages === undefined)('is the original\'s, byte for byte', () => {
    const cases = messages.cases.filter((each: any) => each.protocol === 'bzz')
    expect(cases.length).toBeGreaterThan(0)
    for (const { fields, inner, wire, decodeError } of cases) {
      if (decodeError !== undefined) {
        // The original writes a missing address, and does not read it back.
        expect(() => decode(codec, fromHex(inner))).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
        continue
      }
      const value = {
        Version: BigInt(fields.Version),
        NetworkID: BigInt(fields.NetworkID),
        Addr: { OAddr: fromHex(fields.Addr.OAddr), UAddr: fromHex(fields.Addr.UAddr) },
        LightNode: fields.LightNode
      }
      expect(hex(encode(codec, value))).toBe(inner)
      expect(hex(encodeMessage(bzzSpec, 'HandshakeMsg', value))).toBe('00' + wire)
      expect(decodeMessage(bzzSpec, fromHex('00' + wire))).toEqual({ name: 'HandshakeMsg', value })
    }
  })

  test('is the second recording\'s too', () => {
    const cases = specVectors('messages').messages.filter((each: any) => each.protocol === 'bzz')
    for (const { wrappedRlp } of cases) {
      const { name, value } = decodeMessage(bzzSpec, fromHex('00' + wrappedRlp))
      expect(hex(encodeMessage(bzzSpec, name, value))).toBe('00' + wrappedRlp)
    }
  })

  test.skipIf(bodies === undefined)('is taken or refused as the original does', () => {
    const cases = bodies.cases.filter((each: any) => each.protocol === 'bzz')
    expect(cases.length).toBeGreaterThan(0)
    for (const { inner, ok, reencoded, what } of cases) {
      if (ok) expect(hex(encode(codec, decode(codec, fromHex(inner)))), what).toBe(reencoded ?? inner)
      else expect(() => decode(codec, fromHex(inner)), what).toThrow(expect.objectContaining({ name: 'WireError' }))
    }
  })
})
