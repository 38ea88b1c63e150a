/**
 * Which bins to sync with whom, and offering what is stored.
 *
 * @packageDocumentation
 */
export { binsFor, legacyBins } from './bins.ts'
export type { LostChunks } from './healer.ts'
export { formatBinKey, MAX_BIN, parseBinKey } from './key.ts'
export { SYNC, type SyncPeer } from './kinds.ts'
export type { SyncStreamOptions } from './options.ts'
export type { Failures } from './progress.ts'
export type { TakenChunks } from './sink.ts'
export type { ServedChunks, ServedEntry } from './source.ts'
export type { Missing, PeerSync, StreamSync, SyncStatus, Waiting } from './status.ts'
export { SyncStream, type SyncStreamer, type SyncStreamNeeds } from './sync.ts'
