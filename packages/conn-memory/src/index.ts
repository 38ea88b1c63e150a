/**
 * Conns inside one process, alone or as a network, fast or as slow as a clock says.
 *
 * @packageDocumentation
 */
export { pair, type PairOptions } from './conn.ts'
export { ConnError, type ConnErrorCode } from './errors.ts'
export { MemoryHub, type DialOptions, type OnConn } from './hub.ts'
export type { LinkOptions } from './pipe.ts'
