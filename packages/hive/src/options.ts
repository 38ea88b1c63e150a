/** Limits and intervals. Sources: limits.md, where nothing else is said. */
export interface HiveOptions {
  /** Whether to ask peers for addresses and to tell them some. Defaults to true. */
  readonly discovery?: boolean
  /** Connections in all. Defaults to 300. */
  readonly maxConnections?: number
  /** The share of them that others may have dialled. Defaults to 2/3. */
  readonly inboundShare?: number
  /** Inbound connections before the end of their handshake. Defaults to 10. */
  readonly maxPending?: number
  /** Light peers. Defaults to 100. */
  readonly maxLight?: number
  /** Dials at once. Defaults to 16. */
  readonly maxDials?: number
  /** Milliseconds until the dial of one underlay is given up. Defaults to 10,000. */
  readonly dialTimeout?: number
  /** Milliseconds until the dial of an address is given up, whatever it has in underlays. Defaults to 45,000 (reliability.md §5). */
  readonly dialTotalTimeout?: number
  /** Milliseconds between two looks at the table when nothing happens. Defaults to 500, as in the original. */
  readonly keepAliveInterval?: number
  /** Milliseconds between two dials into one /24 or /56 that is neither loopback nor this process's. Defaults to 1,000. */
  readonly subnetInterval?: number
  /** Milliseconds for which the higher of two overlay addresses lets the lower dial first, when both may just have heard of each other. Defaults to 250. */
  readonly yieldInterval?: number
  /** Milliseconds to the second attempt at a bootstrap underlay; doubled each time. Defaults to 500. */
  readonly bootstrapInterval?: number
  /** The longest such wait in milliseconds. Defaults to 15,000. */
  readonly maxBootstrapInterval?: number
  /** The most bootstrap underlays. Defaults to 64. */
  readonly maxBootstraps?: number
  /** Addresses in one message, sent or read. Defaults to 30 (the original has 5, without effect). */
  readonly maxPeersPerRequest?: number
  /** How many peers are told of a new one. Defaults to 16 (the original has 3, without effect). */
  readonly peersBroadcastSetSize?: number
  /** Addresses to or from one peer at once. Defaults to 128. */
  readonly gossipBurst?: number
  /** Milliseconds until one more. Defaults to 10,000. */
  readonly gossipInterval?: number
  /** Answers to one peer's requests at once, the others wait. Defaults to 4. */
  readonly answerBurst?: number
  /** Milliseconds until one more. Defaults to 5,000. */
  readonly answerInterval?: number
  /** Signatures checked for one peer at once. Defaults to 32. */
  readonly verifyBurst?: number
  /** Milliseconds until one more. Defaults to 100 (reliability.md §3: ten a second). */
  readonly verifyInterval?: number
  /** Signatures checked for all peers together at once. Defaults to 100. */
  readonly totalVerifyBurst?: number
  /** Milliseconds until one more. Defaults to 10 (reliability.md §3: a hundred a second). */
  readonly totalVerifyInterval?: number
  /** The network whose signed records are read. Defaults to 3. */
  readonly networkId?: number
  /** Messages from one peer at once; one more is a fault. Defaults to 1,024. */
  readonly messageBurst?: number
  /** Milliseconds until one more. Defaults to 250. */
  readonly messageInterval?: number
  /** Addresses remembered per connection as told. Defaults to 1,024. */
  readonly maxTold?: number
  /** Underlays kept of one address. Defaults to 4. */
  readonly maxUnderlays?: number
  /** Milliseconds for which an underlay that did not answer is tried after the others of its address; doubled each time. Defaults to 30,000. */
  readonly underlayInterval?: number
  /** The longest such wait in milliseconds. Defaults to 600,000. */
  readonly maxUnderlayInterval?: number
  /** Milliseconds between two announcements of a changed depth. Defaults to 1,000. */
  readonly depthInterval?: number
  /** Milliseconds between two requests to one random peer when nothing changes. Defaults to 30,000. */
  readonly refreshInterval?: number
  /** Milliseconds for which a displaced connection is kept open. Defaults to 5,000. */
  readonly displacedGrace?: number
  /** Addresses kept on disk. Defaults to 2,048. */
  readonly maxBook?: number
  /** Of these, in one proximity bin. Defaults to 64. */
  readonly maxBookBin?: number
  /** Milliseconds after which an address that was not reached is forgotten. Defaults to 30 days. */
  readonly bookExpiry?: number
}

/** {@link HiveOptions} with its defaults filled in. */
export type Limits = Required<HiveOptions>

const DEFAULTS: Limits = {
  discovery: true,
  maxConnections: 300,
  inboundShare: 2 / 3,
  maxPending: 10,
  maxLight: 100,
  maxDials: 16,
  dialTimeout: 10_000,
  dialTotalTimeout: 45_000,
  keepAliveInterval: 500,
  subnetInterval: 1_000,
  yieldInterval: 250,
  bootstrapInterval: 500,
  maxBootstrapInterval: 15_000,
  maxBootstraps: 64,
  maxPeersPerRequest: 30,
  peersBroadcastSetSize: 16,
  gossipBurst: 128,
  gossipInterval: 10_000,
  answerBurst: 4,
  answerInterval: 5_000,
  verifyBurst: 32,
  verifyInterval: 100,
  totalVerifyBurst: 100,
  totalVerifyInterval: 10,
  networkId: 3,
  messageBurst: 1_024,
  messageInterval: 250,
  maxTold: 1_024,
  maxUnderlays: 4,
  underlayInterval: 30_000,
  maxUnderlayInterval: 600_000,
  depthInterval: 1_000,
  refreshInterval: 30_000,
  displacedGrace: 5_000,
  maxBook: 2_048,
  maxBookBin: 64,
  bookExpiry: 30 * 24 * 3_600_000
}

/** Fills in the defaults. @throws RangeError - if an option is not a positive number. */
export function limitsOf (options: HiveOptions): Limits {
  const limits = { ...DEFAULTS, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) }
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value === 'number' && !(value > 0) && !(name === 'networkId' && value === 0)) throw new RangeError(`${name} is ${value}, and must be above 0`)
  }
  if (limits.inboundShare > 1) throw new RangeError('inboundShare is above 1')
  return limits
}
