/**
 * Message specs, strict RLP, the envelope, one protocol's peer, and many protocols over one conn.
 *
 * @packageDocumentation
 */
export { Aborts } from './aborts.ts'
export { BitVector } from './bit-vector.ts'
export { CLOSE_CODES, closeCodeFrom, closeCodeOf } from './close-code.ts'
export { decode, encode, type Codec, type ValueOf } from './codec.ts'
export { list, optional, struct, type StructOf } from './composites.ts'
export { WireError, type WireErrorCode, type WireErrorOptions } from './errors.ts'
export { hello, negotiate, offsets, type Hello } from './hello.ts'
export { decodeMessage, encodeMessage, openEnvelope, type Envelope } from './message.ts'
export { Peer, type Handlers, type HandshakeOptions, type Interceptor, type Passing, type PeerLimits, type PeerOptions, type RunOptions, type SendManyOptions, type SendOptions } from './peer.ts'
export { defineProtocol, type Message, type MessageName, type Messages, type MessageValue, type ProtocolSpec, type Rule, type Rules } from './protocol.ts'
export { type Priority } from './queue.ts'
export { RlpReader, RlpWriter, sizeOfString, sizeWithHeader as sizeOfList } from './rlp.ts'
export { runProtocol } from './run-protocol.ts'
export { bool, bytes, fixed, text, u16, u32, u64, u8 } from './scalars.ts'
export { createSession, type SessionLimits, type SessionOptions } from './session.ts'
export { refusals, validate } from './validate.ts'
