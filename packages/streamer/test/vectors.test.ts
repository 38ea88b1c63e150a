import { streamSpec } from '@skep/streamer'
import { specVectors, vectors } from '@skep/vectors'
import { decode, decodeMessage, encode, encodeMessage, type MessageName } from '@skep/wire'
import { describe, expect, test } from 'vitest'

type Name = MessageName<typeof streamSpec>

/** Fields that are integers of 64 bits; other numbers are small. */
const U64 = new Set(['From', 'To', 'Start', 'End'])
/** Fields that are byte strings, in hex. */
const BYTES = new Set(['Hashes', 'Want', 'Sig', 'Root', 'Addr', 'SData'])

const recorded = vectors('rlp-messages')
const malformed = vectors('rlp-decode')

describe.skipIf(recorded === undefined)('recorded messages', () => {
  const cases: any[] = (recorded?.cases ?? []).filter((one: any) => one.protocol === 'stream')

  test('have the names, the order and the limit of stream/5', () => {
    const spec = recorded.protocols.find((one: any) => one.name === 'stream')
    expect(streamSpec.names).toEqual(spec.messages)
    expect([streamSpec.name, streamSpec.version, streamSpec.maxMessageSize]).toEqual([spec.name, spec.version, spec.maxMsgSize])
  })

  test('are written as they were recorded', () => {
    for (const one of cases.filter(({ decodeError, encodeError }) => decodeError === undefined && encodeError === undefined)) {
      const bytes = encodeMessage(streamSpec, one.name, value(one.fields))
      expect(hex(bytes.subarray(1)), one.name).toBe(one.wire)
      expect(bytes[0]).toBe(one.code)
    }
  })

  test('are read as they were recorded, or refused as the original refuses them', () => {
    for (const { code, name, wire, fields, decodeError, encodeError } of cases) {
      if (encodeError !== undefined) continue
      const bytes = Uint8Array.of(code, ...unhex(wire))
      if (decodeError !== undefined) expect(() => decodeMessage(streamSpec, bytes)).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
      else expect(decodeMessage(streamSpec, bytes)).toEqual({ name, value: value(fields) })
    }
  })
})

describe.skipIf(malformed === undefined)('recorded bytes', () => {
  test('are accepted and refused as by the original', () => {
    for (const { protocol, code, inner, ok, reencoded, what } of malformed.cases) {
      if (protocol !== 'stream') continue
      const codec = streamSpec.messages[streamSpec.names[code] as Name] as any
      const name = `${code} ${what}`
      if (ok !== true) expect(() => decode(codec, unhex(inner)), name).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
      else expect(hex(encode(codec, decode(codec, unhex(inner)))), name).toBe(reencoded ?? inner)
    }
  })
})

describe('the messages recorded beside the specification', () => {
  const spec = specVectors('messages')

  test('are read, and written again as they were', () => {
    for (const { protocol, code, name, payloadRlp, wrappedRlp } of spec.messages) {
      if (protocol !== 'stream') continue
      const bytes = Uint8Array.of(code, ...unhex(wrappedRlp))
      if (name.includes('nil proof')) {
        expect(() => decodeMessage(streamSpec, bytes)).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
        continue
      }
      const message = decodeMessage(streamSpec, bytes)
      expect(name.startsWith(message.name)).toBe(true)
      expect(hex(encodeMessage(streamSpec, message.name, message.value).subarray(1))).toBe(wrappedRlp)
      expect(wrappedRlp.endsWith(payloadRlp)).toBe(true)
    }
  })

  test('SubscribeMsg is accepted and refused as by the original', () => {
    for (const { hex: text, ok } of spec.decodeSubscribeMsg) {
      const read = (): unknown => decode(streamSpec.messages.SubscribeMsg, unhex(text))
      if (ok === true) expect(read).not.toThrow()
      else expect(read).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
    }
  })
})

/** Fields as recorded, as our values. */
function value (fields: any): any {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, one(name, field)]))
}

function one (name: string, field: any): any {
  if (field === null) return undefined
  if (U64.has(name)) return BigInt(field)
  if (BYTES.has(name)) return unhex(field)
  return typeof field === 'object' ? value(field) : field
}

function hex (bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function unhex (text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}
