/** One half of a stream with one peer. */
export interface StreamStatus {
  /** The peer's overlay address in hexadecimal. */
  readonly peer: string
  /** `SYNC|3|l`: name, key, and `l` for live or `h` for history. */
  readonly stream: string
  /** Ranges of the peer's indices that are durable here, both ends included. */
  readonly covered: [from: number, to: number][]
  /** Ranges that were declined on purpose; absent when there are none. */
  readonly declined?: [from: number, to: number][]
  /** The peer's last index as far as it is known. */
  readonly cursor: number
  /** Whether everything this half stands for is here. */
  readonly synced: boolean
  /** Items offered and not had: what is asked for, what was missing, invalid or late. */
  readonly open: number
  /** How often what was left open has been tried again, counting the try that is planned; of what was tried most. */
  readonly tries: number
  /** Milliseconds until something of it is tried again; absent when nothing is left open, and while it is being tried. */
  readonly retryIn?: number
  /** What was offered and did not come, in order; absent when there is nothing of that. */
  readonly troubles?: readonly StreamTrouble[]
}

/** A range of a stream of which something did not come. */
export interface StreamTrouble {
  /** The peer's indices, both included. Where they have holes it narrows with every try. */
  readonly from: number
  readonly to: number
  /** How often it has been tried again, counting the try that is planned. After five times it is tried every five minutes, as long as the session lasts. */
  readonly tries: number
  /** Milliseconds until it is tried again; absent while it is being tried. */
  readonly retryIn?: number
  /** Items of it that the peers who offered them have no more. */
  readonly missing: number
  /** Items of it that came as something else than their id says. */
  readonly invalid: number
  /** Items of it that did not come in time, or could not be stored. */
  readonly late: number
  /** The first of these items, and who was asked for them. */
  readonly items: readonly TroubledItem[]
}

/** An item that did not come. */
export interface TroubledItem {
  /** In hexadecimal. */
  readonly id: string
  readonly asked: readonly { readonly peer: string, readonly state: AskState }[]
}

/** What became of asking one peer for one item. */
export type AskState =
  /** Asked, and not late yet. */
  | 'pending'
  /** Asked, and slower than it usually is. */
  | 'late'
  /** Its body is being checked. */
  | 'checking'
  /** It has not got it. */
  | 'missing'
  /** It sent something else. */
  | 'invalid'
  /** It did not answer within the limit. */
  | 'expired'
  /** Its connection ended first. */
  | 'gone'

/** One item that is wanted and not here. */
export interface WantStatus {
  /** In hexadecimal. */
  readonly id: string
  /** Who was asked, the first first. */
  readonly asked: { readonly peer: string, readonly state: AskState }[]
  /** Who else offered it, and is asked when these fail. */
  readonly others: string[]
}

/** What waits at the moment. */
export interface LoadStatus {
  /** Items that are wanted and not here. */
  readonly wants: number
  /** Those of them that a peer was asked for; one asked of two counts twice. */
  readonly asks: number
  /** Bytes of items that wait to be sent, by priority from 0 to 3, all peers together. */
  readonly queued: readonly [number, number, number, number]
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
  /** Ids that peers were asked for, in answer to an offer. */
  readonly idsWanted: number
  /** Bodies that were sent to peers. */
  readonly bodiesSent: number
  /** Bytes of item data, in and out. */
  readonly bytesIn: number
  readonly bytesOut: number
}
