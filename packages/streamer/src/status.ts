/** One half of a stream with one peer. */
export interface StreamStatus {
  /** The peer's overlay address in hexadecimal. */
  readonly peer: string
  /** `SYNC|3|l`: name, key, and `l` for live or `h` for history. */
  readonly stream: string
  /** Ranges of the peer's indices that are durable here, both ends included. */
  readonly covered: [from: number, to: number][]
  /** The peer's last index as far as it is known. */
  readonly cursor: number
  /** Whether everything this half stands for is here. */
  readonly synced: boolean
  /** Items offered and not had: what is asked for, what was missing, invalid or late. */
  readonly open: number
}

/** What has gone over the wire and to the store since the start. */
export interface Counters {
  /** Bodies that came because a stream wanted them, duplicates included. */
  readonly bodiesReceived: number
  /** Those of them that a sink stored. */
  readonly bodiesStored: number
  /** Those of them that were not needed any more. */
  readonly duplicates: number
  /** Bodies that came for a retrieve request. */
  readonly bodiesFetched: number
  /** Bodies that were not what their id says. */
  readonly bodiesInvalid: number
  /** Deliveries that nothing explained. */
  readonly unsolicited: number
  /** Ids that peers offered. */
  readonly idsOffered: number
  /** Bytes of item data, in and out. */
  readonly bytesIn: number
  readonly bytesOut: number
}
