import { makeChunk, type Chunk } from '@skep/chunk'
import { encodeMetadata, everyValidator, metadataAddress, metadataHash } from '@skep/chunk/validators'
import { ChunkStore } from '@skep/chunk-store'
import { pair } from '@skep/conn-memory'
import type { Address, Conn, Store } from '@skep/interface'
import { IntervalsStore } from '@skep/intervals-store'
import { Kademlia, peerPots } from '@skep/kademlia'
import { proximity, toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer } from '@skep/streamer'
import { parseBinKey, SyncStream, type SyncPeer, type SyncStreamNeeds } from '@skep/sync-stream'

type Record = { readonly overlay: Address }

/** One node without its network: what lies above the connections. */
export interface Node {
  readonly base: Address
  readonly disk: Store
  readonly chunks: ChunkStore
  readonly table: Kademlia<Record, StreamPeer>
  readonly streamer: Streamer
  readonly sync: SyncStream<StreamPeer>
  readonly links: Map<string, () => void>
  readonly manner: Manner
  readonly capacity: number
}

/** How a node that is not honest answers. */
export type Manner = 'honest' | 'lying' | 'silent'

const lie = (data: Uint8Array | undefined): Uint8Array | undefined => data?.map((byte, at) => at === 20 ? byte ^ 1 : byte)

/** Nodes in one process and one virtual time, joined by memory. */
export class Swarm {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly nodes: Node[] = []
  readonly latency: number
  /** Sees every frame when a node gives it to a link. */
  onFrame: ((from: Node, to: Node, frame: Uint8Array) => void) | undefined
  /** Chunks that no node can read, in hexadecimal. */
  readonly unreadable = new Set<string>()
  /** Bytes a second that each direction of a link carries. */
  bandwidth = Infinity

  constructor (seed: number, latency: number = 0) {
    this.random = new SeededRandom(seed)
    this.latency = latency
  }

  async add (base: Address = this.random.bytes(32), disk: Store = memoryStore(), manner: Manner = 'honest', capacity: number = 100_000): Promise<Node> {
    const node = await this.boot(base, disk, manner, capacity)
    this.nodes.push(node)
    return node
  }

  async boot (base: Address, disk: Store, manner: Manner, capacity: number): Promise<Node> {
    const { clock, random } = this
    const table = new Kademlia<Record, StreamPeer>({ base, clock, random })
    const chunks: ChunkStore = await ChunkStore.open({ store: disk, base, clock, random }, { validators: everyValidator, capacity, depth: () => table.depth })
    const served: SyncStreamNeeds<StreamPeer>['chunks'] = {
      lost: bin => chunks.lost(bin),
      onLost: listener => chunks.onLost(listener),
      lostEntries: (...all) => chunks.lostEntries(...all),
      epoch: chunks.epoch,
      last: bin => chunks.last(bin),
      lastOf: (...all) => chunks.lastOf(...all),
      entries: (...all) => chunks.entries(...all),
      hasMany: addresses => chunks.hasMany(addresses),
      onBin: (bin, listener) => chunks.onBin(bin, listener),
      put: (...all) => chunks.put(...all),
      getMany: async addresses => {
        if (manner === 'silent') await new Promise(() => {})
        const found = (await chunks.getMany(addresses)).map((data, i) => this.unreadable.has(toHex(addresses[i]!)) ? undefined : data)
        return manner === 'lying' ? found.map(lie) : found
      }
    }
    const streamer = new Streamer({ clock, random, intervals: new IntervalsStore(disk) })
    // Second sources are asked for single chunks; a node answers these as retrieval does.
    streamer.onRequest(async (_, address) => (await served.getMany([address]))[0])
    const sync = new SyncStream({ overlay: table, chunks: served, streamer, clock }, { kinds: ['content', 'resource'] })
    sync.start()
    return { base, disk, chunks, table, streamer, sync, links: new Map(), manner, capacity }
  }

  /** Stops a node as a kill would: its connections break, and nothing is said. */
  async kill (node: Node): Promise<void> {
    for (const cut of [...node.links.values()]) cut()
    node.sync.stop()
    await node.streamer.stop()
    await node.chunks.close()
  }

  /** Kills a node and starts it again on the same disk, or on another. */
  async restart (node: Node, disk: Store = node.disk): Promise<Node> {
    await this.kill(node)
    const again = await this.boot(node.base, disk, node.manner, node.capacity)
    this.nodes[this.nodes.indexOf(node)] = again
    return again
  }

  /** Connects two nodes, as old ones would where it says so. Returns what breaks the connection. */
  connect (a: Node, b: Node, { native: isNative = true }: { readonly native?: boolean } = {}): () => void {
    const name = (node: Node): string => toHex(node.base)
    if (a.links.has(name(b))) return a.links.get(name(b))!
    const link = { clock: this.clock, latency: this.latency, bandwidth: this.bandwidth }
    const stream = pair(link)
    const native = pair(link)
    const cut = (): void => {
      for (const conn of [...stream, ...native]) conn.abort(new Error('cut'))
      a.links.delete(name(b))
      b.links.delete(name(a))
    }
    for (const [i, [node, other]] of ([[a, b], [b, a]] as const).entries()) {
      const peer: SyncPeer = { key: name(other), overlay: other.base, light: false, native: isNative }
      node.links.set(name(other), cut)
      node.table.on(peer)
      const gone = (): void => node.table.off(peer)
      const seen = (conn: Conn): Conn => this.#watched(conn, node, other)
      node.streamer.run(peer, { stream: seen(stream[i]!), ...isNative && { native: seen(native[i]!) } }).then(gone, gone)
    }
    return cut
  }

  #watched (conn: Conn, from: Node, to: Node): Conn {
    const { onFrame } = this
    if (onFrame === undefined) return conn
    const watched = async function * (frames: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const frame of frames) {
        onFrame(from, to, frame)
        yield frame
      }
    }
    return {
      source: conn.source,
      maxMessageSize: conn.maxMessageSize,
      sink: async frames => { await conn.sink(watched(frames)) },
      close: async () => { await conn.close() },
      abort: reason => { conn.abort(reason) }
    }
  }

  /** Connects as a healthy network is: the neighbourhood of each, and two of every bin below. */
  connectAll (): void {
    const pots = peerPots(this.nodes.map(({ base }) => base))
    for (const node of this.nodes) {
      const depth = pots.get(toHex(node.base))!.depth
      const perBin = new Map<number, number>()
      const near = this.nodes.filter(other => other !== node).sort((a, b) => proximity(node.base, b.base) - proximity(node.base, a.base))
      for (const other of near) {
        const po = proximity(node.base, other.base)
        const have = perBin.get(po) ?? 0
        if (po < depth && have >= 2) continue
        perBin.set(po, have + 1)
        this.connect(node, other)
      }
    }
  }

  /** The brute-force oracle: what is missing at nodes responsible for it, by the depth of the whole network. */
  async missing (chunks: readonly Chunk[]): Promise<string[]> {
    const depths = peerPots(this.nodes.map(({ base }) => base))
    const missing: string[] = []
    for (const node of this.nodes) {
      if (node.manner !== 'honest') continue
      const depth = depths.get(toHex(node.base))!.depth
      const due = chunks.filter(({ address }) => proximity(node.base, address) >= depth)
      const here = await node.chunks.hasMany(due.map(({ address }) => address))
      for (const [i, { address }] of due.entries()) if (!here[i]!) missing.push(`${toHex(address).slice(0, 8)} at ${toHex(node.base).slice(0, 8)}`)
    }
    return missing
  }

  makeChunks (count: number): Chunk[] {
    return Array.from({ length: count }, () => makeChunk(this.random.bytes(50 + this.random.integer(100))))
  }

  /** What intervals claim and is not there: a range that is covered, and a chunk in it that the node has not got. */
  async dishonest (): Promise<string[]> {
    const claims: string[] = []
    for (const node of this.nodes.filter(({ manner }) => manner === 'honest')) {
      for (const { id, intervals } of await new IntervalsStore(node.disk).list()) {
        const peer = this.nodes.find(({ base }) => toHex(base) === id.peer)
        if (peer === undefined || peer.chunks.epoch !== id.epoch) continue
        const [name, key] = id.stream.split('|')
        const kind = name === 'SYNC' ? 'content' : 'resource'
        for (const [from, to] of intervals) {
          const entries = (await peer.chunks.entries(parseBinKey(key!)!, Number(from), Number(to), 10_000)).filter(entry => entry.kind === kind)
          const here = await node.chunks.hasMany(entries.map(({ address }) => address))
          for (const [i, entry] of entries.entries()) if (!here[i]!) claims.push(`${id.stream} ${entry.index} of ${id.peer.slice(0, 8)} at ${toHex(node.base).slice(0, 8)}`)
        }
      }
    }
    return claims
  }

  /** Chunks whose address is not the hash of their content. */
  makeResources (count: number): Chunk[] {
    return Array.from({ length: count }, () => {
      const owner = this.random.bytes(20)
      const data = encodeMetadata({ startTime: 0n, frequency: 60n, name: this.random.bytes(16), owner })
      return { address: metadataAddress(metadataHash(data), owner), data }
    })
  }

  async stop (): Promise<void> {
    for (const node of this.nodes) await this.kill(node)
    // What is under way on the links arrives nowhere.
    await this.clock.advance(1_000)
  }
}

/** Sums one counter over nodes. */
export function total (nodes: readonly Node[], counter: keyof Streamer['counters']): number {
  return nodes.reduce((sum, { streamer }) => sum + streamer.counters[counter], 0)
}
