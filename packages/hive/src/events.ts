import { toHex } from '@skep/pot'
import type { CloseCode } from '@skep/interface'
import type { DialTarget, HivePeer } from './types.ts'

/** What happens to connections, for logs and pages. */
export type HiveEvent =
  /** A connection was taken on. */
  | { readonly type: 'joined', readonly peer: HivePeer }
  /** A connection was not taken on. */
  | { readonly type: 'refused', readonly peer: HivePeer, readonly code: CloseCode }
  /** Hive closes a connection that it had taken on. */
  | { readonly type: 'dropped', readonly peer: HivePeer, readonly code: CloseCode }
  /** A connection has ended. */
  | { readonly type: 'left', readonly peer: HivePeer }
  /** An address is being dialled. */
  | { readonly type: 'dialling', readonly target: DialTarget }
  /** A dial came to nothing. */
  | { readonly type: 'unreached', readonly target: DialTarget, readonly error: unknown }

/** A connected peer, with the original's two fields first: its addresses as 0x-prefixed hex. */
export interface PeerInfo {
  readonly OAddr: string
  /** The text of the first underlay as hex; `0x` without one. */
  readonly UAddr: string
  readonly underlays: readonly string[]
  readonly light: boolean
  readonly initiator: boolean
  /** Whether the peer has proven its overlay address. */
  readonly isProven: boolean
}

export function peerInfoOf (peer: HivePeer): PeerInfo {
  const { overlay, record: { underlays }, light, initiator, signed } = peer
  return {
    OAddr: `0x${toHex(overlay)}`,
    UAddr: `0x${toHex(new TextEncoder().encode(underlays[0] ?? ''))}`,
    underlays,
    light,
    initiator,
    isProven: signed !== undefined
  }
}
