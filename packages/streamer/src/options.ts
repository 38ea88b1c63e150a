import type { StreamPeer } from './type.ts'

/**
 * Every bound the streamer keeps, with its default. Sizes are in bytes, times in
 * milliseconds. Sources: limits.md of the design, streamer.md §1.
 */
export interface StreamerLimits {
  /** Ids in one offer. 128; on an old peer's RETRIEVE_REQUEST {@link StreamerLimits.maxRetrieveOffer} holds. */
  readonly maxOffer: number
  /** Ids in one offer of RETRIEVE_REQUEST. 4,096. */
  readonly maxRetrieveOffer: number
  /** Bytes of one item. 4,201: a single-owner chunk. */
  readonly maxItem: number
  /** Bytes of what an offer may bring as proof of its stretch. 1,024. */
  readonly maxProof: number
  /** Bytes of a stream's name or key. 64. */
  readonly maxName: number
  /** Halves of streams served to one peer. 128. */
  readonly maxServed: number
  /** Halves of streams asked of one peer. 128. */
  readonly maxSubscribed: number
  /** Offers of one half that are not answered yet. 2. */
  readonly maxOffersPerStream: number
  /** Batches of one half wanted and not complete. 2. */
  readonly maxBatchesInFlight: number
  /** Offers of one peer that are not answered, or of ours to it; and batches of it wanted and not complete. 128. */
  readonly maxOffersPerPeer: number
  /** Bytes wanted from one peer and not here, an item counted as {@link StreamerLimits.maxItem}. 2 MiB. */
  readonly maxWantedPerPeer: number
  /** The same over all peers. 64 MiB. */
  readonly maxWanted: number
  /**
   * Bytes read for one peer at one priority that have not gone out, an item counted as
   * {@link StreamerLimits.maxItem} until its size is known. 512 KiB: as much as a link of
   * 100 Mbit/s holds at a round trip of 40 ms.
   */
  readonly maxQueued: number
  /** Indices that an offer without ids may pass over. 65,536. */
  readonly maxEmptySkip: number
  /** Milliseconds after its last offer that what a peer has offered is remembered, so that it is not offered back. 60,000. */
  readonly rememberOffers: number
  /** How long live items that the peer has itself are gathered before it is told that they were passed over. 1 s. */
  readonly passOver: number
  /** Retrieve requests of one peer being answered. 64. */
  readonly maxRequestsPerPeer: number
  /** Retrieve requests open here. 4,096. */
  readonly maxFetches: number
  /** Peers that one fetch asks. 16. */
  readonly maxFetchPeers: number
  /** Items one peer may deliver that are not what their id says. 3; the next one ends the connection. */
  readonly maxInvalid: number
  /** Deliveries of one peer in a row that nothing explains. 1,024; late ones of a cancelled stream are not counted. */
  readonly maxUnsolicited: number
  /** Other sources remembered for one wanted item. 8. */
  readonly maxSources: number
  /** Tries of one range at one peer with growing waits. 5; after them it is tried again after each {@link StreamerLimits.maxRetryAfter}, as long as the session lasts. */
  readonly maxRetries: number
  /** Wait before the first of these, doubled for each next. 1 s. */
  readonly retryAfter: number
  /** The longest such wait, and that between later tries. 5 min. */
  readonly maxRetryAfter: number
  /** How long a batch may wait for its items. 30 s. */
  readonly batchTimeout: number
  /** The shortest and the longest time without a delivery after which a peer is late: a busy disk may stall an honest one. 3 s, 10 s. */
  readonly minLate: number
  readonly maxLate: number
  /** How long a live offer waits for more items. 50 ms. */
  readonly collect: number
  /**
   * How long a native peer may take to tell a cursor before it is treated as one that tells none,
   * and how long after it was told one it may take to subscribe before its source is closed. 10 s.
   */
  readonly cursorTimeout: number
  /** How long after its end a stream of an old peer is not subscribed to again: it does not confirm. 1 s. */
  readonly fence: number
  /** How long a stream that was ended waits for what is under way before the peer is told. 10 s. */
  readonly drain: number
  /** How long an old peer may take to show that its store is the one that it was. 5 s. */
  readonly proof: number
  /** How long an old peer that stays connected may take to store what it was sent, before it is not offered that again. 2 s. */
  readonly taken: number
  /** How long one asked peer may take for a retrieve request. 10 s. */
  readonly requestTimeout: number
  /** The shortest and the longest wait before a retrieve request is sent to a second peer as well. 200 ms, 2 s. */
  readonly minHedge: number
  readonly maxHedge: number
  /** Hops of a native retrieve request. 20. */
  readonly maxHops: number
}

/** The defaults of {@link StreamerLimits}. */
export const defaultLimits: StreamerLimits = {
  maxOffer: 128,
  maxRetrieveOffer: 4_096,
  maxItem: 4_201,
  maxProof: 1_024,
  maxName: 64,
  maxServed: 128,
  maxSubscribed: 128,
  maxOffersPerStream: 2,
  maxBatchesInFlight: 2,
  maxOffersPerPeer: 128,
  maxWantedPerPeer: 2 * 1024 * 1024,
  maxWanted: 64 * 1024 * 1024,
  maxQueued: 512 * 1024,
  maxEmptySkip: 65_536,
  rememberOffers: 60_000,
  passOver: 1_000,
  maxRequestsPerPeer: 64,
  maxFetches: 4_096,
  maxFetchPeers: 16,
  maxInvalid: 3,
  maxUnsolicited: 1_024,
  maxSources: 8,
  maxRetries: 5,
  retryAfter: 1_000,
  maxRetryAfter: 300_000,
  batchTimeout: 30_000,
  minLate: 3_000,
  maxLate: 10_000,
  collect: 50,
  cursorTimeout: 10_000,
  fence: 1_000,
  drain: 10_000,
  proof: 5_000,
  taken: 2_000,
  requestTimeout: 10_000,
  minHedge: 200,
  maxHedge: 2_000,
  maxHops: 20
}

/** Something that costs work and that nobody is told of otherwise: for a log. */
export interface StreamerTrouble {
  readonly peer: StreamPeer
  /** `SYNC|3`: name and key. */
  readonly stream: string
  readonly what:
    /** The peer's store ends before what was recorded of the same epoch. It is followed afresh. */
    | 'shrunk'
    /** An old peer does not hold any more what it held. It is followed afresh. */
    | 'replaced'
    /** What is recorded could not be read. All of the stream is offered again, and what is here is not taken again. */
    | 'unread'
    /** What came could not be recorded, or the sink's `done` rejected. The range is asked for again. */
    | 'unrecorded'
    /** What an old peer has taken of our stream could not be read or recorded. It is offered again what it has. */
    | 'reoffered'
  /** What our own store or sink failed with, if it did. */
  readonly cause?: unknown
}

export interface StreamerOptions {
  /** Bounds other than the defaults. */
  readonly limits?: Partial<StreamerLimits>
  /** Hears what goes wrong without an error that anybody could be given. What it throws is lost. */
  readonly onTrouble?: (trouble: StreamerTrouble) => void
}
