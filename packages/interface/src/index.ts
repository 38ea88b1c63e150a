/**
 * The shapes that skep packages meet at.
 *
 * Types only: an implementation needs nothing from here at run time. The suites
 * that prove an implementation are at `@skep/interface/compliance`.
 *
 * @packageDocumentation
 */
export type { Address } from './address.ts'
export type { Clock, Random } from './ambient.ts'
export type { Conn, EagerIterator } from './conn.ts'
export type { Overlay } from './overlay.ts'
export type { CloseCode, ProtocolId, Session } from './session.ts'
export type { BatchOptions, Operation, RangeOptions, Store } from './store.ts'
