/**
 * Conns over TCP, with length-prefixed messages. Neither encrypted nor authenticated.
 *
 * @packageDocumentation
 */
export { dialTcp, type DialOptions } from './dial.ts'
export { ConnError, type ConnErrorCode } from './errors.ts'
export type { TcpLimits } from './limits.ts'
export { listenTcp, type Listener, type ListenOptions } from './listen.ts'
export { Splitter } from './splitter.ts'
