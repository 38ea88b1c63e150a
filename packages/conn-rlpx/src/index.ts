/**
 * Sessions over RLPx, as the devp2p nodes of 2018 speak it: encrypted, and the remote's key proven.
 *
 * @packageDocumentation
 */
export { dialRlpx, listenRlpx, type RlpxDialOptions, type RlpxListener, type RlpxListenOptions, type RlpxOptions } from './connect.ts'
export { RlpxError, type RlpxErrorCode } from './errors.ts'
export type { Capability } from './hello.ts'
export type { RlpxLimits } from './limits.ts'
