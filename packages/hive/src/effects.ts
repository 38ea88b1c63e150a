import type { CloseCode } from '@skep/interface'
import type { PeerRecord, SignedRecord } from '@skep/identity'
import type { HiveErrorCode } from './errors.ts'
import type { DialTarget } from './types.ts'

/** What happens to hive. */
export type Input<P> =
  /** The node starts: these were connected when it last ran, the best first, these were reached once, and of these somebody told. */
  | { readonly type: 'start', readonly connected: readonly PeerRecord[], readonly known: readonly PeerRecord[], readonly heard?: readonly PeerRecord[] }
  /** Where to begin while alone. */
  | { readonly type: 'bootstrap', readonly underlays: readonly string[] }
  /** A handshake is done. Answered by `accept` or `refuse`. */
  | { readonly type: 'join', readonly peer: P }
  /** The peer has hive too, and messages can be sent; signed records as well if it has skep-hive/1. */
  | { readonly type: 'open', readonly peer: P, readonly isNative?: boolean }
  /** A connection has ended. */
  | { readonly type: 'leave', readonly peer: P }
  /** The peer told addresses. */
  | { readonly type: 'peers', readonly from: P, readonly records: readonly WireRecord[] }
  /** The peer told signed records, on skep-hive/1; their signatures are not checked yet. */
  | { readonly type: 'records', readonly from: P, readonly records: readonly SignedRecord[] }
  /** The peer asks for addresses at `depth` or nearer to it. */
  | { readonly type: 'subPeers', readonly from: P, readonly depth: number }
  /** A dial has ended, well or not; these underlays did not answer, and that one did. */
  | { readonly type: 'dialled', readonly id: number, readonly ok: boolean, readonly missed?: readonly string[], readonly reached?: string | undefined }
  /** Time has passed. */
  | { readonly type: 'tick' }

/** A record as it comes off the wire, not looked at yet. */
export interface WireRecord {
  readonly OAddr: Uint8Array
  readonly UAddr: Uint8Array
}

/** What hive asks of the world. */
export type Effect<P> =
  | { readonly type: 'accept', readonly peer: P }
  | { readonly type: 'refuse', readonly peer: P, readonly code: CloseCode }
  /** Closes a connection that was accepted. */
  | { readonly type: 'drop', readonly peer: P, readonly code: CloseCode }
  /** The peer broke the rules; its conversation ends with this error. */
  | { readonly type: 'fault', readonly peer: P, readonly code: HiveErrorCode, readonly why: string }
  | { readonly type: 'peers', readonly to: P, readonly records: readonly PeerRecord[] }
  | { readonly type: 'records', readonly to: P, readonly records: readonly SignedRecord[] }
  | { readonly type: 'subPeers', readonly to: P, readonly depth: number }
  /** To be answered by `dialled` with the same id. */
  | { readonly type: 'dial', readonly id: number, readonly target: DialTarget }
  /** `tick` is due in so many milliseconds. */
  | { readonly type: 'wake', readonly after: number }
  /** The address book changes: this one was reached, and is connected now or not. */
  | { readonly type: 'save', readonly record: PeerRecord, readonly connected: boolean }
  /** Connections or known addresses have changed. */
  | { readonly type: 'changed' }

