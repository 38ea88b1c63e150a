/**
 * The suites that prove an implementation of the shapes in `@skep/interface`.
 *
 * @packageDocumentation
 */
export type { Suite } from './compliance/suite.ts'
export { testStore, type StoreSuite } from './compliance/store.ts'
export { testConn, type ConnSuite } from './compliance/conn.ts'
export { testOverlay, type OverlaySuite, type OverlayUnderTest } from './compliance/overlay.ts'
