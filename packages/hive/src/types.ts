import type { Address, CloseCode } from '@skep/interface'
import type { PeerRecord, SignedRecord } from '@skep/identity'

/** A connection to a peer whose handshake is done. The object is the connection: another one to the same peer is another object. */
export interface HivePeer {
  /** Names the connection in logs and events. */
  readonly key: string
  readonly overlay: Address
  /** A light peer is connected, but never told to others, kept, or dialled. */
  readonly light: boolean
  /** Whether this side dialled. */
  readonly initiator: boolean
  /** Where the peer says it can be reached. */
  readonly record: PeerRecord
  /** The peer's own record with its signature, if it proved who it is. */
  readonly signed?: SignedRecord
  /**
   * Where the transport saw it, `host:port` or an underlay: decides which addresses it may be
   * told and may tell. Without it the peer's own record does, and a peer without an underlay
   * counts as a stranger from the public network.
   */
  readonly address?: string
  /** Closes the connection; `leave` follows when it is closed. */
  drop (code: CloseCode): void
}

/** The part of a routing table that hive drives. Kademlia fits; so does a list. */
export interface Table<P> {
  readonly base: Address
  /** Neighbourhood depth: hive asks its peers for addresses at this proximity order or nearer. */
  readonly depth: number
  /** Remembers addresses; those of known ones are brought up to date. */
  register (records: Iterable<PeerRecord>): unknown
  on (peer: P): { readonly accepted: boolean, readonly code?: string }
  off (peer: P): void
  /** Whom to dial next; asked again until it has no answer. */
  suggest (): PeerRecord | undefined
  /** An attempt begins: the address is not suggested again before its back-off has passed. */
  dialled (overlay: Address): void
  /** Connected full peers, nearest to `to` first. */
  peers (to?: Address): Iterable<readonly [P, number]>
  /** The table for people to read. */
  toString (): string
}

/** Whom to dial: an address from the table, or a bootstrap underlay of which the overlay address is not known. */
export interface DialTarget {
  readonly overlay?: Address
  readonly underlays: readonly string[]
}
