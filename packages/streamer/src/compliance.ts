/**
 * The suite that proves a stream type.
 *
 * @packageDocumentation
 */
export { testStreamType } from './compliance/stream-type.ts'
export type { StreamTypeSubject, StreamTypeSuite } from './compliance/suite.ts'
