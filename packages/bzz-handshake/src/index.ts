/**
 * The bzz handshake as one async function on a Conn.
 *
 * @packageDocumentation
 */
export { BzzError, closeCodeOf, type BzzErrorCode } from './errors.ts'
export { handshake, HANDSHAKE_TIMEOUT, MAX_HANDSHAKE, messageOf, type Handshake, type HandshakeOptions, type LocalNode, type RemoteNode } from './handshake.ts'
export { BZZ_VERSION, bzzSpec, type HandshakeMsg } from './message.ts'
