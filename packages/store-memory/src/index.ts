/**
 * A Store in memory.
 *
 * @packageDocumentation
 */
export { StoreError, type StoreErrorCode } from './errors.ts'
export { MemoryStore, memoryStore } from './store.ts'
