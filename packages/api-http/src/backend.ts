import type { Address } from '@skep/interface'

/** A file that was stored. */
export interface StoredFile {
  /** The address of its root chunk, 32 bytes. */
  readonly reference: Address
  /** Bytes. */
  readonly size: number
  /** Chunks of its tree. */
  readonly chunks: number
}

/** A file that was found. */
export interface FoundFile {
  /** Bytes of the whole file, whatever part was asked for. */
  readonly size: number
  /** The bytes asked for. Throws when they cannot be had; never ends early without. */
  readonly body: AsyncIterable<Uint8Array>
}

/** A connected peer. Addresses are 64 hex characters. */
export interface ApiPeer {
  readonly overlay: string
  readonly underlay: string
  readonly light: boolean
  /** Proximity order to the node. */
  readonly po: number
  /** Whether the node dialled. */
  readonly outbound: boolean
}

/** One bin of the routing table. Addresses are 64 hex characters. */
export interface ApiBin {
  readonly po: number
  readonly connected: readonly string[]
  /** Addresses heard of, connected or not. */
  readonly known: readonly string[]
}

/** What a node says of itself. `GET /status` passes on whatever else it has. */
export interface ApiStatus {
  /** 64 hex characters. */
  readonly overlay: string
  readonly light: boolean
  /** Neighbourhood depth. */
  readonly depth: number
  /** Peers connected. */
  readonly connected: number
  /** Chunks stored. */
  readonly chunks: number
  /** Chunks stored per proximity bin. */
  readonly bins: readonly number[]
}

/** One value of a metric. */
export interface MetricSample {
  /** What tells it from the metric's other samples. Values may be any text; their number must be bounded. */
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** A quantity that is watched over time, in the terms of Prometheus. */
export interface Metric {
  /** `skep_peers`; the name of a counter ends in `_total`. */
  readonly name: string
  /** A counter only rises while the node runs. */
  readonly type: 'counter' | 'gauge'
  /** One sentence. */
  readonly help: string
  readonly samples: readonly MetricSample[]
}

/** One event of a node: its kind, and whatever goes with it, JSON values only. */
export interface ApiEvent {
  readonly type: string
}

/**
 * What the API asks of a node.
 *
 * A failure tells what it is by the string `code` of the error: `NOT_FOUND`, `BAD_CHUNK`,
 * `BAD_TREE`, `LIGHT_NODE`, `STOPPED` and the codes of `@skep/chunk` have statuses of their
 * own, all else is a 500.
 */
export interface Backend {
  readonly overlay: Address
  /** 20 bytes. */
  readonly ethereum: Uint8Array
  /** An uncompressed secp256k1 key, 65 bytes. */
  readonly publicKey: Uint8Array
  /** Where other nodes reach this one. */
  readonly listen: readonly string[]
  readonly light: boolean

  /** Stores what `source` yields, pulling no faster than it stores; resolves when all of it is durable. */
  upload (source: AsyncIterable<Uint8Array>, options: { readonly signal: AbortSignal }): Promise<StoredFile>

  /** Finds a file by its root. */
  download (reference: Address, options: { readonly offset?: number, readonly length?: number, readonly signal: AbortSignal }): Promise<FoundFile>

  /** A chunk, span ‖ payload, from wherever it lies; `undefined` when nobody has it. */
  getChunk (address: Address, options: { readonly signal: AbortSignal }): Promise<Uint8Array | undefined>

  /**
   * Stores one chunk; resolves with its address when it is durable. Without an address it is a
   * content chunk, span ‖ payload; with one it may be of any kind whose data belongs there.
   */
  putChunk (data: Uint8Array, address?: Address): Promise<Address>

  /** Which of the addresses are in the node's own store. */
  hasLocal (addresses: readonly Address[]): Promise<boolean[]>

  status (): Promise<ApiStatus>
  /** What `GET /metrics` shows. */
  metrics (): Promise<readonly Metric[]>
  peers (): readonly ApiPeer[]
  topology (): { readonly depth: number, readonly bins: readonly ApiBin[] }
  /** The routing table as text. */
  table (): string

  /** Calls `listener` for every event from now on. Returns the unsubscribe function. */
  onEvent (listener: (event: ApiEvent) => void): () => void
}
