/**
 * The bzz handshake as one async function on a Conn, and the proof of who is at the other end.
 *
 * @packageDocumentation
 */
export { Bzz, DEFAULT_NETWORK_ID, type BzzConfig, type IntroduceOptions } from './bzz.ts'
export { BzzError, closeCodeOf, type BzzErrorCode } from './errors.ts'
export { handshake, HANDSHAKE_TIMEOUT, MAX_HANDSHAKE, messageOf, type Handshake, type HandshakeOptions, type LocalNode, type RemoteNode } from './handshake.ts'
export { BZZ_VERSION, bzzSpec, handshakeText, type HandshakeMsg } from './message.ts'
export { BzzPeer, type Introduced } from './peer.ts'
export { Pins, type Claim, type ClaimCode, type PinsOptions } from './pins.ts'
export { idSpec, prove, type Proof, type ProofOptions } from './proof.ts'
