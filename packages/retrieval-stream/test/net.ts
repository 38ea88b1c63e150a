import { makeChunk, type Chunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { pair } from '@skep/conn-memory'
import type { Address } from '@skep/interface'
import { IntervalsStore } from '@skep/intervals-store'
import { Kademlia } from '@skep/kademlia'
import { randomAddressAt, toHex } from '@skep/pot'
import { Retrieval, type RetrievalOptions } from '@skep/retrieval-stream'
import { Points, SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer } from '@skep/streamer'

type Record = { readonly overlay: Address }

/** A node that retrieves and answers. */
export interface Node {
  readonly base: Address
  readonly chunks: ChunkStore
  readonly table: Kademlia<Record, StreamPeer>
  readonly streamer: Streamer
  readonly retrieval: Retrieval<StreamPeer>
  /** How often the store was asked for the chunk: once for each request that came. */
  readonly looked: () => number
}

/** Nodes around one chunk, in one virtual time. */
export class Net {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly chunk: Chunk
  /** Every message that arrives and every call of a store. */
  readonly points = new Points()
  readonly #nodes: Node[] = []

  constructor (seed: number) {
    this.random = new SeededRandom(seed)
    this.chunk = makeChunk(this.random.bytes(100))
  }

  /** Adds a node at a proximity order to the chunk: the higher, the nearer. */
  async add (po: number, options: RetrievalOptions = {}): Promise<Node> {
    const { clock, random } = this
    const base = randomAddressAt(random, this.chunk.address, po)
    const chunks = await ChunkStore.open({ store: memoryStore(), base, clock, random })
    const table = new Kademlia<Record, StreamPeer>({ base, clock, random })
    const streamer = new Streamer({ clock, random, intervals: new IntervalsStore(memoryStore()) })
    let looked = 0
    const counted = {
      get: async (address: Address) => {
        looked++
        return this.points.call('get', () => chunks.get(address))
      },
      put: async (...all: Parameters<ChunkStore['put']>) => this.points.call('put', () => chunks.put(...all))
    }
    const retrieval = new Retrieval({ overlay: table, streamer, chunks: counted, clock }, options)
    const node = { base, chunks, table, streamer, retrieval, looked: () => looked }
    this.#nodes.push(node)
    return node
  }

  connect (a: Node, b: Node, latency: number = 10, isNative: boolean = true): () => void {
    const link = { clock: this.clock, latency }
    const [stream, native] = [pair(link), pair(link)]
    for (const [i, [node, other]] of ([[a, b], [b, a]] as const).entries()) {
      const peer: StreamPeer = { key: toHex(other.base), overlay: other.base, light: false }
      node.table.on(peer)
      const gone = (): void => node.table.off(peer)
      node.streamer.run(peer, { stream: this.points.conn(stream[i]!, 'one of them'), ...isNative && { native: this.points.conn(native[i]!, 'one of them') } }).then(gone, gone)
    }
    return () => { for (const conn of [...stream, ...native]) conn.abort(new Error('cut')) }
  }

  /** Runs a promise in virtual time. Returns its value and how long it took. */
  async time<T> (promise: Promise<T>): Promise<[value: T, ms: number]> {
    const start = this.clock.now()
    let end: number | undefined
    const done = (): void => { end = this.clock.now() }
    promise.then(done, done)
    await this.clock.until(() => end !== undefined)
    return [await promise, end! - start]
  }

  async stop (): Promise<void> {
    for (const { retrieval, streamer } of this.#nodes) {
      retrieval.stop()
      await streamer.stop()
    }
    // What is under way on the links arrives nowhere.
    await this.clock.advance(1_000)
  }
}
