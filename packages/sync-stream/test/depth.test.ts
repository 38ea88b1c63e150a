import { makeChunk, type Chunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { pair } from '@skep/conn-memory'
import type { Address, Overlay } from '@skep/interface'
import { IntervalsStore } from '@skep/intervals-store'
import { proximity } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer } from '@skep/streamer'
import { SyncStream } from '@skep/sync-stream'
import { expect, test } from 'vitest'

const clock = new VirtualClock()
const random = new SeededRandom(1)

/** A node with one peer, whose depth a test changes. */
class Side {
  readonly base: Address
  readonly chunks: ChunkStore
  readonly streamer: Streamer
  readonly sync: SyncStream<StreamPeer>
  readonly peers = new Map<StreamPeer, number>()
  #depth = 0
  readonly #changed = new Set<() => void>()

  constructor (base: Address, chunks: ChunkStore) {
    const side = this
    this.base = base
    this.chunks = chunks
    const overlay: Overlay<StreamPeer> = {
      base,
      get depth () { return side.#depth },
      peers: () => this.peers,
      onChange: listener => {
        this.#changed.add(listener)
        return () => { this.#changed.delete(listener) }
      }
    }
    this.streamer = new Streamer({ clock, random, intervals: new IntervalsStore(memoryStore()) })
    this.sync = new SyncStream({ overlay, chunks, streamer: this.streamer, clock })
    this.sync.start()
  }

  static async open (first: number): Promise<Side> {
    const base = new Uint8Array(32).fill(first, 0, 1)
    return new Side(base, await ChunkStore.open({ store: memoryStore(), base, clock, random }))
  }

  set depth (depth: number) {
    this.#depth = depth
    for (const changed of this.#changed) changed()
  }

  async stop (): Promise<void> {
    this.sync.stop()
    await this.streamer.stop()
    await this.chunks.close()
  }
}

test('what comes while the depth is another one for a moment, shorter than it is waited for, is taken all the same', async () => {
  const [a, b] = [await Side.open(0x00), await Side.open(0x10)]
  const [stream, native] = [pair({ clock }), pair({ clock })]
  for (const [i, [side, other]] of ([[a, b], [b, a]] as const).entries()) {
    const peer: StreamPeer = { key: 'ba'[i]!, overlay: other.base, light: false }
    side.peers.set(peer, proximity(side.base, other.base))
    side.streamer.run(peer, { stream: stream[i]!, native: native[i]! }).catch(() => {})
    side.depth = 0
  }
  await clock.advance(2_000)
  expect(b.sync.status().peers[0]!.bins).toContain(0)
  let chunk: Chunk
  do chunk = makeChunk(random.bytes(60))
  while (chunk.address[0]! < 0x80)
  b.depth = 2
  await a.chunks.put([chunk])
  await clock.advance(150)
  expect(await b.chunks.has(chunk.address)).toBe(false)
  b.depth = 0
  await clock.advance(10_000)
  expect(await b.chunks.has(chunk.address)).toBe(true)
  expect(b.sync.status().synced).toBe(true)
  await Promise.all([a.stop(), b.stop()])
})
