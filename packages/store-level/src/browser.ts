/**
 * A Store on IndexedDB; what `@skep/store-level` is in a browser.
 *
 * @packageDocumentation
 */
export { LevelStoreError, type LevelStoreErrorCode } from './errors.ts'
export { levelStore } from './open-browser.ts'
export type { LevelStoreOptions } from './options.ts'
export type { LevelStore } from './store.ts'
