/**
 * Chunks on a Store, indexed by proximity bin in one dense sequence per bin.
 *
 * @packageDocumentation
 */
export { ChunkStoreError, type ChunkStoreErrorCode } from './errors.ts'
export type { Epoch } from './opening.ts'
export type { ChunkStoreOptions, Corruption, Deletion, Durability, PutOptions, ReadOptions } from './options.ts'
export type { Insurance } from './records.ts'
export type { Fault } from './verify.ts'
export { ChunkStore, type ChunkStoreNeeds, type IndexEntry } from './store.ts'
