import { makeChunk, type Chunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import type { StreamType } from '@skep/streamer'
import { testStreamType, type StreamTypeSubject } from '@skep/streamer/compliance'
import { SyncStream, type SyncStreamNeeds } from '@skep/sync-stream'
import { test } from 'vitest'

const base = new Uint8Array(32)
const clock = new VirtualClock()
const random = new SeededRandom(1)

/** The types that syncing registers over a store of chunks; nobody is connected. */
async function typeOver (store = memoryStore()): Promise<{ chunks: ChunkStore, type: StreamType }> {
  const chunks = await ChunkStore.open({ store, base, clock, random })
  const types = new Map<string, StreamType>()
  const streamer = { register: (type: StreamType) => types.set(type.name, type), onSubscriptionRequest () {} }
  const overlay = { base, depth: 0, peers: () => [], onChange: () => () => {} }
  new SyncStream({ overlay, chunks, streamer: streamer as unknown as SyncStreamNeeds<never>['streamer'], clock })
  return { chunks, type: types.get('SYNC')! }
}

/** Chunks of bin 0 for an address of zeros, another one each time. */
async function subject (): Promise<StreamTypeSubject> {
  const disk = memoryStore()
  let server = await typeOver()
  const client = await typeOver(disk)
  let made = 0
  const next = (): Chunk => {
    while (true) {
      const chunk = makeChunk(Uint8Array.of(made >> 8, made++, 1))
      if (chunk.address[0]! >= 0x80) return chunk
    }
  }
  return {
    get server (): StreamType {
      const { type } = server
      return { ...type, source: (peer, key) => server.type.source!(peer, key) }
    },
    client: client.type,
    key: '0',
    append: async () => { await server.chunks.put([next()]) },
    // The places of what is deleted stay.
    async skip (n) {
      const gone = Array.from({ length: n }, next)
      await server.chunks.put(gone)
      await server.chunks.delete(gone.map(({ address }) => address))
    },
    reopen: async () => (await typeOver(disk)).type,
    wipe: async () => { server = await typeOver() }
  }
}

testStreamType({ test, make: subject, settle: async () => { await new Promise<void>(resolve => { setImmediate(resolve) }) } })
