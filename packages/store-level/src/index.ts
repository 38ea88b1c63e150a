/**
 * A Store on LevelDB in Node and on IndexedDB in browsers.
 *
 * @packageDocumentation
 */
export { LevelStoreError, type LevelStoreErrorCode } from './errors.ts'
export { levelStore } from './open-node.ts'
export type { LevelStoreOptions } from './options.ts'
export type { LevelStore } from './store.ts'
