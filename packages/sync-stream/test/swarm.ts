import { makeChunk, type Chunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { pair } from '@skep/conn-memory'
import type { Address, Store } from '@skep/interface'
import { IntervalsStore } from '@skep/intervals-store'
import { Kademlia, peerPots } from '@skep/kademlia'
import { proximity, toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer } from '@skep/streamer'
import { SyncStream } from '@skep/sync-stream'

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
}

/** Nodes in one process and one virtual time, joined by memory. */
export class Swarm {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly nodes: Node[] = []
  readonly latency: number

  constructor (seed: number, latency: number = 0) {
    this.random = new SeededRandom(seed)
    this.latency = latency
  }

  async add (base: Address = this.random.bytes(32), disk: Store = memoryStore()): Promise<Node> {
    const node = await this.boot(base, disk)
    this.nodes.push(node)
    return node
  }

  async boot (base: Address, disk: Store): Promise<Node> {
    const { clock, random } = this
    const chunks = await ChunkStore.open({ store: disk, base, clock, random })
    const table = new Kademlia<Record, StreamPeer>({ base, clock, random })
    const streamer = new Streamer({ clock, random, intervals: new IntervalsStore(disk) })
    const sync = new SyncStream({ overlay: table, chunks, streamer, clock })
    sync.start()
    return { base, disk, chunks, table, streamer, sync, links: new Map() }
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
    const again = await this.boot(node.base, disk)
    this.nodes[this.nodes.indexOf(node)] = again
    return again
  }

  /** Connects two nodes. Returns what breaks the connection. */
  connect (a: Node, b: Node): () => void {
    const name = (node: Node): string => toHex(node.base)
    if (a.links.has(name(b))) return a.links.get(name(b))!
    const link = { clock: this.clock, latency: this.latency }
    const stream = pair(link)
    const native = pair(link)
    const cut = (): void => {
      for (const conn of [...stream, ...native]) conn.abort(new Error('cut'))
      a.links.delete(name(b))
      b.links.delete(name(a))
    }
    for (const [i, [node, other]] of ([[a, b], [b, a]] as const).entries()) {
      const peer: StreamPeer = { key: name(other), overlay: other.base, light: false }
      node.links.set(name(other), cut)
      node.table.on(peer)
      const gone = (): void => node.table.off(peer)
      node.streamer.run(peer, { stream: stream[i]!, native: native[i]! }).then(gone, gone)
    }
    return cut
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

  async stop (): Promise<void> {
    for (const node of this.nodes) await this.kill(node)
    await this.clock.settle()
  }
}

/** Sums one counter over nodes. */
export function total (nodes: readonly Node[], counter: keyof Streamer['counters']): number {
  return nodes.reduce((sum, { streamer }) => sum + streamer.counters[counter], 0)
}
