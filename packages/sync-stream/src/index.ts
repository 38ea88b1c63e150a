/**
 * Which bins to sync with whom, and offering what is stored.
 *
 * @packageDocumentation
 */
export { binsFor } from './bins.ts'
export { formatBinKey, MAX_BIN, parseBinKey } from './key.ts'
export type { SyncStreamOptions } from './options.ts'
export type { TakenChunks } from './sink.ts'
export type { ServedChunks } from './source.ts'
export type { PeerSync, SyncStatus } from './status.ts'
export { SYNC, SyncStream, type SyncStreamer, type SyncStreamNeeds } from './sync.ts'
