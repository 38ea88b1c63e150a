/**
 * Tells peers about peers, and keeps you connected.
 *
 * @packageDocumentation
 */
export { HiveCore } from './core.ts'
export type { Effect, Input, WireRecord } from './effects.ts'
export { HiveError, type HiveErrorCode } from './errors.ts'
export type { HiveEvent, PeerInfo } from './events.ts'
export { Hive } from './hive.ts'
export { formatPeersJson, parsePeersJson } from './legacy.ts'
export { hiveSpec, MAX_RECORDS, nativeHiveSpec } from './message.ts'
export { limitsOf, type HiveOptions, type Limits } from './options.ts'
export { SAME_SCHEMES, type Reach } from './reach.ts'
export type { DialTarget, HivePeer, Table } from './types.ts'
