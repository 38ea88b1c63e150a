import type { Address, Clock, Random, Session, Store, ProtocolId } from '@skep/interface'
import type { StreamTrouble } from '@skep/streamer'
import type { SyncStatus } from '@skep/sync-stream'

/** What a node tells of itself when it dials or answers: the native hello. */
export interface Hello {
  /** The node id, 64 bytes. */
  readonly id: Uint8Array
  /** Name and version of the program. */
  readonly client: string
  /** The sub-protocols, each with how many message codes it has. */
  readonly capabilities: ReadonlyArray<ProtocolId & { readonly length: number }>
}

/** Brings sessions about over one kind of network. The scheme of an underlay picks the transport that dials it. */
export interface Transport {
  /** The scheme of the underlays it dials, `tcp` for example. */
  readonly scheme: string

  /**
   * Begins to accept sessions.
   *
   * @param address - where to listen, in the transport's own form; `127.0.0.1:0` for tcp.
   * @param hello - asked for once per session.
   * @param admit - asked before anything is read from the remote; `false` closes at once.
   * @returns the underlay that others dial, and how to stop.
   */
  listen (address: string, options: ListenOptions): Promise<Listener>

  /** Throws for an underlay that it could never dial, a mistyped one. Absent where every text will do. */
  check? (underlay: string): void

  /** Opens a session to an underlay; rejects when it cannot, or when `signal` aborts. */
  dial (underlay: string, options: { readonly hello: Hello, readonly signal: AbortSignal }): Promise<Session>
}

export interface ListenOptions {
  readonly hello: Hello
  /** Asked before anything is read from the remote; `false` closes the connection at once. */
  readonly admit: () => boolean
  /** Called when an admitted connection came to nothing: garbage, silence, another protocol. */
  readonly failed: (error: unknown, address: string) => void
  readonly onSession: (session: Session) => void
}

export interface Listener {
  /** What another node dials, `tcp://127.0.0.1:4711`. */
  readonly underlay: string
  close (): Promise<void>
}

/** What a node is made of. Everything has a default in {@link createNode} but the store and the key. */
export interface NodeOptions {
  /** The node's private key, 32 bytes. */
  readonly key: Uint8Array
  /** Where chunks, intervals and addresses are kept. The node closes it when it stops. */
  readonly store: Store
  /** Where the bodies of chunks are kept, if not in `store`: on LevelDB that is cheaper. The node closes it too. */
  readonly bodies?: Store
  readonly clock?: Clock
  readonly random?: Random
  /** Ways to reach others, the preferred first; each has a scheme of its own. With more than one the node is a bridge between their networks. Defaults to tcp. */
  readonly transports?: readonly Transport[]
  /** Where to listen, `scheme://` optional before tcp's `host:port`. Defaults to none. */
  readonly listen?: readonly string[]
  /** Underlays to dial while nobody else is known. */
  readonly bootnodes?: readonly string[]
  /** Only nodes of the same network meet. Defaults to 3, as in the original. */
  readonly networkId?: number
  /** A light node is connected, but neither stores nor serves. Defaults to false. */
  readonly light?: boolean
  /** Whether chunks that are fetched, for others or for the node itself, are stored here as well, on a light node too. Defaults to false. */
  readonly cache?: boolean
  /** How many chunks to keep before the least used that are not of the neighbourhood go. Defaults to 5,000,000, as in the original. */
  readonly capacity?: number
  /** What a finished write survives: the end of the process (`os`) or a power cut (`fsync`). Defaults to `os`. */
  readonly durability?: 'os' | 'fsync'
  /**
   * Names the run of the machine, so that a power cut is noticed: chunks that had not reached the
   * disk are gone then. `skep node` gives the kernel's `boot_id`. See chunk-store.
   */
  readonly boot?: string
  /** Gets one line for every event worth a log. */
  readonly log?: (line: string) => void
}

/** One stream with one peer, as `status` shows it. */
export interface StreamStatus {
  /** The peer's overlay address, 64 hex characters. */
  readonly peer: string
  /** `SYNC|3|l`: name, key, and `l` for live or `h` for history. */
  readonly stream: string
  /** Ranges of the peer's indices that are durable here; both ends inclusive. */
  readonly covered: ReadonlyArray<readonly [from: number, to: number]>
  /** The peer's last index as far as it told. */
  readonly cursor: number
  readonly synced: boolean
  /** Chunks of it that are asked for and not here. */
  readonly open: number
  /** How often what was left open has been tried again, in a row. */
  readonly tries: number
  /** Milliseconds until something of it is tried again; absent when nothing is left open, and while it is being tried. */
  readonly retryIn?: number
  /** What was offered and did not come: how often it was tried, why, and who was asked. */
  readonly troubles?: readonly StreamTrouble[]
}

export interface Status {
  /** 64 hex characters. */
  readonly overlay: string
  readonly networkId: number
  readonly light: boolean
  readonly listen: readonly string[]
  readonly depth: number
  /** Peers connected. */
  readonly connected: number
  /** Addresses known. */
  readonly known: number
  /** Chunks in this node's store. */
  readonly chunks: number
  /** Chunks per proximity bin, 0 to 16. */
  readonly bins: readonly number[]
  /** Whether every subscription has all that its peer had to offer. */
  readonly synced: boolean
  /** How far syncing has come with each peer, and what stands in the way. */
  readonly sync: SyncStatus
  readonly streams: readonly StreamStatus[]
  /** Since the node started. */
  readonly transfers: {
    /** Bodies that came because a stream wanted them. */
    readonly bodiesReceived: number
    readonly bodiesStored: number
    /** Those of them that were not needed any more. */
    readonly duplicates: number
    /** Bodies that came for a retrieve request. */
    readonly bodiesFetched: number
    readonly bodiesSent: number
    /** Hashes that peers offered, and those of them that were asked for. */
    readonly idsOffered: number
    readonly idsWanted: number
    readonly bytesIn: number
    readonly bytesOut: number
  }
}

/** One value of a metric. */
export interface MetricSample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** A quantity that is watched over time, in the terms of Prometheus. */
export interface Metric {
  /** The name of a counter ends in `_total`. */
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly samples: readonly MetricSample[]
}

export interface PeerInfo {
  /** 64 hex characters. */
  readonly overlay: string
  readonly underlay: string
  readonly light: boolean
  /** Proximity order to this node. */
  readonly po: number
  /** Whether this node dialled. */
  readonly outbound: boolean
}

/** One bin of the table. */
export interface BinInfo {
  readonly po: number
  readonly connected: readonly string[]
  readonly known: readonly string[]
}

/** What happens at a node, as it happens. */
export type NodeEvent =
  | { readonly type: 'peer', readonly overlay: string, readonly connected: boolean }
  | { readonly type: 'depth', readonly depth: number }
  /** Whether all that peers have for this node is here. */
  | { readonly type: 'synced', readonly synced: boolean }
  /** Whether all that one peer has for this node is here. */
  | { readonly type: 'peer-synced', readonly overlay: string, readonly synced: boolean }

export interface Upload {
  /** The root's address, 32 bytes. */
  readonly reference: Address
  /** Bytes of the file. */
  readonly size: number
  /** Chunks of its tree, the same chunk twice counted twice. */
  readonly chunks: number
}

export interface Download {
  /** Bytes of the whole file. */
  readonly size: number
  /** The bytes asked for. Throws when a chunk cannot be had; never ends early without. */
  readonly body: AsyncIterable<Uint8Array>
}

/** A running node. */
export interface Node {
  readonly overlay: Address
  /** 64 bytes. */
  readonly nodeId: Uint8Array
  /** 20 bytes, keccak of the node id. */
  readonly ethereum: Uint8Array
  /** 65 bytes. */
  readonly publicKey: Uint8Array
  /** Underlays on which others reach this node. */
  readonly listen: readonly string[]
  readonly light: boolean

  /** Splits and stores what `source` yields; resolves when every chunk is durable. Trees are Bee's where the two rules differ. */
  upload (source: AsyncIterable<Uint8Array>, options?: { readonly signal?: AbortSignal }): Promise<Upload>

  /** Finds a file by its root. Rejects with a NodeError NOT_FOUND when nobody has the root. */
  download (reference: Address, options?: { readonly offset?: number, readonly length?: number, readonly signal?: AbortSignal }): Promise<Download>

  /** A chunk (span ‖ payload) from this store or else from the network; `undefined` when nobody has it. */
  getChunk (address: Address, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array | undefined>

  /**
   * Stores one chunk; resolves with its address when it is durable. Throws a NodeError BAD_CHUNK for what is none.
   *
   * Without an address it is a content chunk, span ‖ payload. With one it may be of any kind:
   * a resource update and a single-owner chunk have addresses that do not follow from the data.
   */
  putChunk (data: Uint8Array, address?: Address): Promise<Address>

  /** Which of the addresses are in this node's own store. */
  hasLocal (addresses: readonly Address[]): Promise<boolean[]>

  status (): Promise<Status>
  /** Counters and gauges, the same set of names and labels whoever is connected. `GET /metrics` shows them. */
  metrics (): Promise<Metric[]>
  peers (): PeerInfo[]
  topology (): { readonly depth: number, readonly bins: readonly BinInfo[] }
  /** Whether the table is as good as the known addresses allow, and what is missing. */
  health (): { readonly healthy: boolean, readonly missing: readonly string[] }
  /** The Kademlia table as text. */
  table (): string

  /** Returns the unsubscribe function. */
  onEvent (listener: (event: NodeEvent) => void): () => void

  /** Stops within 5 s and leaves nothing behind. Idempotent. */
  stop (): Promise<void>
}
