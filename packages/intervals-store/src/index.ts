/**
 * Ranges of a stream that are covered, kept in a Store by peer, stream and epoch.
 *
 * @packageDocumentation
 */
export { IntervalsError, type IntervalsErrorCode } from './errors.ts'
export { Intervals, type Index } from './intervals.ts'
export { legacyKey, type StreamId } from './key.ts'
export { readLegacy, writeLegacy, type LegacyStream } from './legacy.ts'
export { MAX_INDEX, type Gap, type Range } from './range.ts'
export type { Mark, StreamRecord } from './record.ts'
export { IntervalsStore, type IntervalsStoreOptions, type Seal } from './store.ts'
