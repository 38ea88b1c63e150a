import type { Address } from '@skep/interface'

/** What has to be said of a peer so that it can be dialled. Any record with these fits. */
export interface KadRecord {
  readonly overlay: Address
  /** Where it can be reached. A record with an empty list is kept and never suggested. */
  readonly underlays?: readonly string[]
}

/** A live connection. The object itself is the connection's identity. */
export interface KadPeer {
  readonly overlay: Address
  /** Connected, but never counted, suggested or asked. */
  readonly light?: boolean
}

/** What the table keeps of one address: its record and its connection are separate things. */
export interface Entry<R, P> {
  readonly overlay: Address
  /** Proximity order to the base. */
  readonly po: number
  record: R | undefined
  peer: P | undefined
  /** When it was first registered, connected or disconnected last; on the clock, in milliseconds. */
  since: number
  /** Attempts to dial it since the last connection that held. */
  tries: number
  /** When the last of these began. */
  triedAt: number
  /** What the wait after it is multiplied with, near 1. */
  jitter: number
  /** When it was last connected. */
  succeededAt: number | undefined
}

export function entryOf<R, P> (overlay: Address, po: number, since: number): Entry<R, P> {
  return { overlay, po, record: undefined, peer: undefined, since, tries: 0, triedAt: -Infinity, jitter: 1, succeededAt: undefined }
}
