import { describe, expect, test } from 'vitest'
import { hiveSpec } from '@skep/hive'
import { specVectors, vectors } from '@skep/vectors'
import { decode, decodeMessage, encode, encodeMessage, type Codec } from '@skep/wire'
import { fromHex, hex } from './hex.ts'

const messages = vectors('rlp-messages')
const bodies = vectors('rlp-decode')

const byte = (code: number): string => code.toString(16).padStart(2, '0')
const codecOf = (code: number): Codec<any> => hiveSpec.messages[hiveSpec.names[code]!]

function valueOf (name: string, fields: any): any {
  if (name === 'subPeersMsg') return { Depth: fields.Depth }
  return { Peers: fields.Peers.map(({ OAddr, UAddr }: any) => ({ OAddr: fromHex(OAddr), UAddr: fromHex(UAddr) })) }
}

describe('the messages of hive/5', () => {
  test.skipIf(messages === undefined)('are the original\'s, byte for byte', () => {
    const cases = messages.cases.filter((each: any) => each.protocol === 'hive' && each.decodeError === undefined && each.encodeError === undefined)
    expect(cases.length).toBeGreaterThan(0)
    for (const { code, name, fields, inner, wire } of cases) {
      const value = valueOf(name, fields)
      expect(hex(encode(codecOf(code), value))).toBe(inner)
      expect(hex(encodeMessage(hiveSpec, name, value))).toBe(byte(code) + wire)
      expect(decodeMessage(hiveSpec, fromHex(byte(code) + wire))).toEqual({ name, value })
    }
  })

  test('are the second recording\'s too', () => {
    for (const { code, fields, payloadRlp, wrappedRlp } of specVectors('hive').messages) {
      const value = code === 1
        ? { Depth: fields.depth }
        : { Peers: fields.peers.map(({ oaddr, uaddr }: any) => ({ OAddr: fromHex(oaddr), UAddr: new TextEncoder().encode(uaddr) })) }
      expect(hex(encode(codecOf(code), value))).toBe(payloadRlp)
      expect(hex(encodeMessage(hiveSpec, hiveSpec.names[code]!, value as never))).toBe(byte(code) + wrappedRlp)
    }
  })

  test.skipIf(bodies === undefined)('are taken or refused as the original does', () => {
    const cases = bodies.cases.filter((each: any) => each.protocol === 'hive')
    expect(cases.length).toBeGreaterThan(0)
    for (const { code, inner, ok, reencoded, what } of cases) {
      const codec = codecOf(code)
      if (ok) expect(hex(encode(codec, decode(codec, fromHex(inner)))), what).toBe(reencoded ?? inner)
      else expect(() => decode(codec, fromHex(inner)), what).toThrow(expect.objectContaining({ name: 'WireError' }))
    }
  })
})
