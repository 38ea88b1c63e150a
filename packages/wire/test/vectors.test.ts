import { specVectors, vectors } from '@skep/vectors'
import { BitVector, decode, decodeMessage, encode, encodeMessage, hello, negotiate, offsets, openEnvelope, type Codec, type ProtocolSpec } from '@skep/wire'
import { describe, expect, test } from 'vitest'
import { hex, toHex } from './helpers.ts'
import { protocols } from './protocols.ts'

type ProtocolName = keyof typeof protocols

function codecOf (protocol: ProtocolName, code: number): Codec<any> {
  const spec = protocols[protocol]
  return (spec.messages as Record<string, Codec<any>>)[spec.names[code]!]!
}

/** The recording writes bytes as hex and 64-bit integers as decimals; this brings ours into that form. */
function recorded (value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'bigint') return String(value)
  if (value === undefined) return null
  if (Array.isArray(value)) return value.map(recorded)
  if (typeof value === 'object') return Object.fromEntries(Object.entries(value!).map(([k, v]) => [k, recorded(v)]))
  return value
}

const messages = vectors('rlp-messages')

describe.skipIf(messages === undefined)('the recorded messages', () => {
  test('have the codes that the specs give them', () => {
    for (const { name, version, length, maxMsgSize, messages: names } of messages.protocols) {
      const spec = protocols[name as ProtocolName]
      expect({ version: spec.version, length: spec.names.length, max: spec.maxMessageSize, names: spec.names })
        .toEqual({ version, length, max: maxMsgSize, names })
    }
    const shared = negotiate(Object.values(protocols), Object.values(protocols))
    expect(offsets(shared, ({ name }) => protocols[name as ProtocolName].names.length)).toEqual(messages.protocols.map((p: any) => p.codeOffset))
  })

  test('are read and written byte for byte', () => {
    let count = 0
    for (const { protocol, code, name, fields, inner, wire, encodeError, decodeError, reencoded } of messages.cases) {
      const codec = codecOf(protocol, code)
      const spec = protocols[protocol as ProtocolName]
      const message = Uint8Array.of(code, ...hex(wire))
      if (encodeError !== undefined) continue
      if (decodeError !== undefined) {
        expect(() => decode(codec, hex(inner)), inner).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
        continue
      }
      const value = decode(codec, hex(inner))
      expect(recorded(value), inner).toEqual(fields)
      expect(toHex(encode(codec, value))).toBe(reencoded ?? inner)
      expect(decodeMessage(spec, message)).toEqual({ name, value })
      if (reencoded === undefined) expect(toHex(encodeMessage(spec, name as never, value as never))).toBe(toHex(message))
      count++
    }
    expect(count).toBeGreaterThan(0)
  })

  test('have the envelopes that the original takes, and no others', () => {
    for (const { wire, ok, context, size, payload, what } of messages.envelope) {
      if (!ok) {
        expect(() => openEnvelope(hex(wire)), what).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
        continue
      }
      const envelope = openEnvelope(hex(wire))
      expect({ context: toHex(envelope.context), size: envelope.size, payload: toHex(envelope.payload) }, what).toEqual({ context, size, payload })
    }
  })
})

const decoding = vectors('rlp-decode')

test.skipIf(decoding === undefined)('bodies are refused and accepted as recorded, and go back to the same bytes', () => {
  for (const { protocol, code, inner, ok, what, reencoded } of decoding.cases) {
    const codec = codecOf(protocol, code)
    if (!ok) {
      expect(() => decode(codec, hex(inner)), `${what}: ${inner}`).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
    } else {
      expect(toHex(encode(codec, decode(codec, hex(inner)))), `${what}: ${inner}`).toBe(reencoded ?? inner)
    }
  }
})

const bits = vectors('bitvector')

test.skipIf(bits === undefined)('bit vectors are those of the original', () => {
  const on = (vector: BitVector): number[] => Array.from({ length: vector.length }, (_, i) => i).filter(i => vector.get(i))
  for (const item of bits.cases) {
    if (item.op === 'new') {
      if (item.error !== undefined) {
        expect(() => new BitVector(item.len)).toThrow(RangeError)
        continue
      }
      const vector = new BitVector(item.len)
      expect(toHex(vector.bytes)).toBe(item.bytes0)
      for (const [i, value] of item.sets) vector.set(i, value)
      expect(toHex(vector.bytes)).toBe(item.bytes)
      expect(vector.length).toBe(item.length)
      expect(on(vector)).toEqual(item.on ?? [])
      expect([...vector.ones()]).toEqual(item.on ?? [])
    } else if (item.error !== undefined) {
      expect(() => BitVector.from(hex(item.bytes ?? item.input ?? ''), item.len)).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
    } else {
      const vector = BitVector.from(hex(item.bytes ?? item.input ?? ''), item.len)
      expect(on(vector)).toEqual(item.on ?? [])
    }
  }
})

const second = specVectors('messages')

describe.skipIf(second === undefined)('the second set', () => {
  test('of messages is read and written byte for byte', () => {
    for (const { protocol, code, payloadRlp, wrappedRlp, name } of second.messages) {
      const codec = codecOf(protocol, code)
      if (name === 'OfferedHashesMsg nil proof pointer') {
        // Go writes a nil pointer so, and does not read it back (streamer §3).
        expect(() => decode(codec, hex(payloadRlp))).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
        continue
      }
      const spec = protocols[protocol as ProtocolName]
      const value = decode(codec, hex(payloadRlp))
      expect(toHex(encode(codec, value)), name).toBe(payloadRlp)
      expect(toHex(encodeMessage(spec, spec.names[code] as never, value as never)).slice(2), name).toBe(wrappedRlp)
    }
  })

  test('of subscriptions is refused and accepted as recorded', () => {
    const codec = protocols.stream.messages.SubscribeMsg
    for (const { hex: body, note, ok } of second.decodeSubscribeMsg) {
      if (ok) decode(codec, hex(body))
      else expect(() => decode(codec, hex(body)), note).toThrow(expect.objectContaining({ code: 'WIRE_DECODE' }))
    }
  })
})

describe('recorded conversations', () => {
  const conversation = vectors('transcript')

  test.skipIf(conversation === undefined)('are read and written byte for byte', () => {
    for (const { protocol, code, name, fields, wire } of conversation.cases) {
      const spec: ProtocolSpec<any> = protocols[protocol as ProtocolName]
      const message = decodeMessage(spec, Uint8Array.of(code, ...hex(wire)))
      expect(message.name).toBe(name)
      expect(recorded(message.value)).toEqual(fields)
      expect(toHex(encodeMessage(spec, message.name, message.value)).slice(2)).toBe(wire)
    }
  })

  const shared = negotiate(Object.values(protocols), Object.values(protocols))
  const first = offsets(shared, ({ name }) => protocols[name as ProtocolName].names.length)

  test.each(['two-nodes', 'retrieval-check', 'retrieval-skipcheck', 'hive-three-nodes'])('of the second set are too: %s', name => {
    const frames = specVectors(`transcript-${name}`)
    let count = 0
    for (const { code, payload } of frames) {
      // The base protocol's own, and payloads that the recording cut.
      if (code < first[0]! || payload.includes('…')) continue
      const at = first.filter(offset => offset <= code).length - 1
      const spec: ProtocolSpec<any> = protocols[shared[at]!.name as ProtocolName]
      const message = decodeMessage(spec, Uint8Array.of(code - first[at]!, ...hex(payload)))
      expect(toHex(encodeMessage(spec, message.name, message.value)).slice(2)).toBe(payload)
      count++
    }
    expect(count).toBeGreaterThan(0)
  })
})

const devp2p = specVectors('devp2p')

describe.skipIf(devp2p === undefined)('what devp2p says', () => {
  test('is read from its hello', () => {
    const { rlp, fields } = devp2p.hello
    const { version, client, capabilities, id } = decode(hello, hex(rlp))
    expect({ version, name: client, caps: capabilities.map(({ name, version }) => `${name}/${version}`), id: toHex(id) })
      .toEqual({ version: fields.version, name: fields.name, caps: fields.caps, id: fields.id })
  })

  test('gives each shared protocol its codes', () => {
    const all = [...Object.values(protocols), { name: 'pss', version: 2 }]
    const codes = (theirs: readonly { name: string, version: number }[]): Record<string, number> => {
      const shared = negotiate(all, theirs)
      const starts = offsets(shared, ({ name }) => name === 'pss' ? 1 : protocols[name as ProtocolName].names.length)
      return Object.fromEntries(shared.map(({ name }, i) => [name, starts[i]!]))
    }
    expect(codes(Object.values(protocols))).toEqual(devp2p.offsetsSwarm)
    expect(codes(all)).toEqual(devp2p.offsetsWithPss)
    expect(codes([protocols.bzz, protocols.hive, { name: 'stream', version: 4 }])).toEqual(devp2p.offsetsRemoteOlderStream)
  })
})
