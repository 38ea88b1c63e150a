import { encode } from './codec.ts'
import { malformed, WireError } from './errors.ts'
import type { Message, MessageName, MessageValue, ProtocolSpec } from './protocol.ts'
import { RlpReader, RlpWriter, sizeOfInteger, sizeOfString, sizeWithHeader } from './rlp.ts'
import type { Scratch } from './scratch.ts'

/**
 * Encodes a message: its code as one byte, then the original's envelope
 * `[Context, Size, Payload]` with an empty context (bzz-handshake §1). The bytes of the
 * value are copied once.
 *
 * @param scratch - where to write it, until the next message is written there. Memory of its own by default.
 * @throws WireError - `WIRE_INVALID_TYPE` if the protocol has no such message, `WIRE_MESSAGE_TOO_LONG` over its limit.
 * @throws TypeError | RangeError - if the codec cannot write `value`.
 */
export function encodeMessage<S extends ProtocolSpec<any>, N extends MessageName<S>> (spec: S, name: N, value: MessageValue<S, N>, scratch?: Scratch): Uint8Array {
  const code = spec.codes.get(name)
  if (code === undefined) throw new WireError('WIRE_INVALID_TYPE', `${spec.name}/${spec.version} has no message ${String(name)}`)
  const codec = spec.messages[name]
  const payload: number = codec.size(value)
  // A payload of one byte may be its own RLP; every message of the original is longer or a list.
  const lone = payload === 1 ? encode(codec, value) : undefined
  const content = 1 + sizeOfInteger(payload) + (lone === undefined ? sizeWithHeader(payload) : sizeOfString(lone))
  const size = 1 + sizeWithHeader(content)
  // The limit counts the envelope as the original does, which has the code elsewhere.
  if (size - 1 > spec.maxMessageSize) throw new WireError('WIRE_MESSAGE_TOO_LONG', `${size - 1} > ${spec.maxMessageSize}`)
  const writer = new RlpWriter(scratch === undefined ? size : scratch.take(size))
  writer.raw(code)
  writer.list(content)
  writer.stringHeader(0)
  writer.integer(payload)
  if (lone !== undefined) {
    writer.string(lone)
  } else {
    writer.stringHeader(payload)
    codec.write(writer, value)
  }
  return writer.bytes
}

/**
 * Decodes a message: what {@link encodeMessage} gives, or what the original sends.
 *
 * As in the original the envelope's context is ignored, and so is its size. What
 * {@link Peer} refuses beyond that, {@link validate} does.
 *
 * @throws WireError - `WIRE_MESSAGE_TOO_LONG`, `WIRE_INVALID_CODE` or `WIRE_DECODE`.
 */
export function decodeMessage<S extends ProtocolSpec<any>> (spec: S, bytes: Uint8Array): Message<S> {
  return readMessage(spec, bytes, () => {})
}

/** Decodes a message, and lets `check` refuse its envelope in time: after it was opened and before anything else. */
export function readMessage<S extends ProtocolSpec<any>> (spec: S, bytes: Uint8Array, check: (claim: Claim) => void): Message<S> {
  if (bytes.length - 1 > spec.maxMessageSize) throw new WireError('WIRE_MESSAGE_TOO_LONG', `${bytes.length - 1} > ${spec.maxMessageSize}`)
  if (bytes.length === 0) throw malformed('an empty message')
  // As openEnvelope does, in place: a view for each part costs more than reading it.
  const reader = new RlpReader(bytes, 1)
  reader.enterLast()
  reader.skipString()
  const size = reader.integer(4)
  check({ size, length: reader.enterLastString() })
  const name = spec.names[bytes[0]!]
  if (name === undefined) throw new WireError('WIRE_INVALID_CODE', `${spec.name}/${spec.version} has no code ${bytes[0]!}`)
  const value = spec.messages[name].read(reader)
  reader.finish()
  return { name, value } as Message<S>
}

/** What an envelope says of its payload. */
export interface Claim {
  /** The length of the payload as the sender claims it. */
  readonly size: number
  /** Its length. */
  readonly length: number
}

/** What an envelope holds. */
export interface Envelope {
  /** A tracer's; ignored. */
  readonly context: Uint8Array
  /** The length of the payload as the sender claims it. */
  readonly size: number
  /** The RLP of the message, a view. */
  readonly payload: Uint8Array
}

/**
 * Opens an envelope, with the checks of the original and no more.
 *
 * @throws WireError - `WIRE_DECODE` if it is none.
 */
export function openEnvelope (bytes: Uint8Array): Envelope {
  const reader = new RlpReader(bytes)
  const outer = reader.enter()
  const context = reader.view()
  const size = reader.integer(4)
  const payload = reader.view()
  reader.leave(outer)
  reader.finish()
  return { context, size, payload }
}
