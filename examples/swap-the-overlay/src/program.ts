import { makeChunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { pair } from '@skep/conn-memory'
import type { Address, Conn, Overlay } from '@skep/interface'
import { IntervalsStore } from '@skep/intervals-store'
import { toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer } from '@skep/streamer'
import { SyncStream } from '@skep/sync-stream'

const NODES = 8
const CHUNKS = 64

export interface World {
  readonly clock: VirtualClock
  readonly random: SeededRandom
}

/** An overlay hears of its peers by `on`, whatever it does with them. */
export type MakeOverlay = (base: Address, world: World) => Overlay<StreamPeer> & { on (peer: StreamPeer): unknown }

/** Eight nodes, each connected to each; one is given chunks, and a minute later we count who has how many. */
export async function program (makeOverlay: MakeOverlay): Promise<void> {
  const world = { clock: new VirtualClock(), random: new SeededRandom(1) }
  const nodes = await Promise.all(Array.from({ length: NODES }, async () => {
    const base = world.random.bytes(32)
    const store = memoryStore()
    const overlay = makeOverlay(base, world)
    const chunks = await ChunkStore.open({ store, base, ...world })
    const streamer = new Streamer({ intervals: new IntervalsStore(store), ...world })
    const sync = new SyncStream({ overlay, chunks, streamer, ...world })
    sync.start()
    return { base, overlay, chunks, streamer, sync }
  }))

  for (const [i, a] of nodes.entries()) {
    for (const b of nodes.slice(i + 1)) {
      const [stream, native] = [pair(), pair()]
      meet(a, b.base, { stream: stream[0], native: native[0] })
      meet(b, a.base, { stream: stream[1], native: native[1] })
    }
  }

  await nodes[0]!.chunks.put(Array.from({ length: CHUNKS }, () => makeChunk(world.random.bytes(100))))
  await world.clock.advance(60_000)

  for (const { base, overlay, chunks } of nodes) console.log(`  node ${toHex(base).slice(0, 4)}  depth ${overlay.depth}  ${String(chunks.size).padStart(2)} chunks`)
  for (const { sync, streamer } of nodes) {
    sync.stop()
    await streamer.stop()
  }
}

/** What a node does when it is connected to another. */
function meet ({ overlay, streamer }: { overlay: ReturnType<MakeOverlay>, streamer: Streamer }, remote: Address, conns: { stream: Conn, native: Conn }): void {
  const peer: StreamPeer = { key: toHex(remote), overlay: remote, light: false }
  void streamer.run(peer, conns).catch(() => {})
  overlay.on(peer)
}
