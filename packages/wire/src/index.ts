/**
 * Message specs, strict RLP, the envelope, one protocol's peer, and many protocols over one conn.
 *
 * @packageDocumentation
 */
export { BitVector } from './bit-vector.ts'
export { decode, encode, type Codec, type ValueOf } from './codec.ts'
export { list, optional, struct, type StructOf } from './composites.ts'
export { WireError, type WireErrorCode } from './errors.ts'
export { decodeMessage, encodeMessage, openEnvelope, type Envelope } from './message.ts'
export { defineProtocol, type Message, type MessageName, type Messages, type MessageValue, type ProtocolSpec } from './protocol.ts'
export { Peer, type Handlers, type HandshakeOptions, type PeerLimits, type PeerOptions, type SendOptions } from './peer.ts'
export { type Priority } from './queue.ts'
export { RlpReader, RlpWriter } from './rlp.ts'
export { bool, bytes, fixed, text, u16, u32, u64, u8 } from './scalars.ts'
