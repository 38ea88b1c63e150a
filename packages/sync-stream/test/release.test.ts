import { makeChunk } from '@skep/chunk'
import { everyValidator } from '@skep/chunk/validators'
import { ChunkStore } from '@skep/chunk-store'
import { pair } from '@skep/conn-memory'
import type { Address, Overlay, Store } from '@skep/interface'
import { IntervalsStore } from '@skep/intervals-store'
import { Points, SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer } from '@skep/streamer'
import { SyncStream, type SyncStreamNeeds } from '@skep/sync-stream'
import { expect, test } from 'vitest'

/** Two nodes in halves of their own, each of which takes one bin of the other. */
class Side {
  readonly base: Address
  readonly overlay: Overlay<StreamPeer>
  readonly chunks: ChunkStore
  readonly streamer: Streamer
  readonly sync: SyncStream<StreamPeer>
  /** Who waits for chunks of a bin. */
  waiting = 0
  /** Who hears of losses. */
  hearing = 0
  readonly #peers = new Map<StreamPeer, number>()
  readonly #changed = new Set<() => void>()

  constructor (points: Points, clock: VirtualClock, name: string, base: Address, disk: Store, chunks: ChunkStore) {
    this.base = base
    this.chunks = chunks
    this.overlay = {
      base,
      depth: 1,
      peers: () => this.#peers,
      onChange: listener => {
        this.#changed.add(listener)
        return () => { this.#changed.delete(listener) }
      }
    }
    const seen: SyncStreamNeeds<StreamPeer>['chunks'] = {
      lost: bin => chunks.lost(bin),
      onLost: listener => {
        this.hearing++
        const stop = chunks.onLost(listener)
        return () => {
          this.hearing--
          stop()
        }
      },
      lostEntries: async (...all) => chunks.lostEntries(...all),
      epoch: chunks.epoch,
      last: bin => chunks.last(bin),
      lastOf: (...all) => chunks.lastOf(...all),
      entries: async (...all) => points.call(`entries at ${name}`, () => chunks.entries(...all)),
      hasMany: async addresses => points.call(`hasMany at ${name}`, () => chunks.hasMany(addresses)),
      onBin: (bin, listener) => {
        this.waiting++
        const stop = chunks.onBin(bin, listener)
        let over = false
        return () => {
          if (!over) this.waiting--
          over = true
          stop()
        }
      },
      put: async all => points.call(`put at ${name}`, () => chunks.put(all)),
      getMany: async addresses => points.call(`getMany of chunks at ${name}`, () => chunks.getMany(addresses))
    }
    this.streamer = new Streamer({ clock, random: new SeededRandom(7), intervals: new IntervalsStore(disk) }, { limits: { maxOffer: 3 } })
    this.sync = new SyncStream({ overlay: this.overlay, chunks: seen, streamer: this.streamer, clock }, { kinds: ['content', 'resource'] })
  }

  static async open (points: Points, clock: VirtualClock, name: string, first: number): Promise<Side> {
    const base = new Uint8Array(32).fill(first, 0, 1)
    const disk = points.store(memoryStore(), name)
    const chunks = await ChunkStore.open({ store: disk, base, clock, random: new SeededRandom(first) }, { validators: everyValidator })
    return new Side(points, clock, name, base, disk, chunks)
  }

  on (peer: StreamPeer): void {
    this.#peers.set(peer, 0)
    for (const changed of this.#changed) changed()
  }

  off (peer: StreamPeer): void {
    this.#peers.delete(peer)
    for (const changed of this.#changed) changed()
  }

  async stop (): Promise<void> {
    this.sync.stop()
    await this.streamer.stop()
  }
}

/** One session: both have something for the other, and something comes while it goes on. */
async function session (at: number, how: 'cut' | 'a stops'): Promise<boolean> {
  const clock = new VirtualClock()
  const points = new Points()
  const [a, b] = [await Side.open(points, clock, 'a', 0x00), await Side.open(points, clock, 'b', 0x80)]
  const random = new SeededRandom(5)
  const made = Array.from({ length: 24 }, () => makeChunk(random.bytes(60)))
  // What is nearer to the other.
  const [toA, toB] = [made.filter(({ address }) => address[0]! < 0x80), made.filter(({ address }) => address[0]! >= 0x80)]
  await a.chunks.put(toB.slice(1))
  await b.chunks.put(toA.slice(1))
  for (const { sync } of [a, b]) sync.start()
  expect([a.hearing, b.hearing]).toEqual([1, 1])
  const conns = [pair({ clock }), pair({ clock })] as const
  const stops: Promise<void>[] = []
  points.at(at, () => {
    if (how === 'cut') conns[at % 2]![0].abort(new Error('cut'))
    else stops.push(a.stop())
  })
  for (const [i, [side, other]] of ([[a, b], [b, a]] as const).entries()) {
    const peer: StreamPeer = { key: 'ba'[i]!, overlay: other.base, light: false }
    side.on(peer)
    const gone = (): void => { side.off(peer) }
    side.streamer.run(peer, { stream: points.conn(conns[0][i]!, 'ab'[i]!), native: points.conn(conns[1][i]!, 'ab'[i]!) }).then(gone, gone)
  }
  await clock.advance(400)
  await a.chunks.put(toB.slice(0, 1))
  await b.chunks.put(toA.slice(0, 1))
  await clock.advance(300)
  if (points.reached === undefined) expect(await a.chunks.hasMany(made.map(({ address }) => address))).toEqual(made.map(() => true))

  await Promise.all(stops)
  await clock.settle()
  const here = `${how} at ${at}: ${points.reached}`
  const acted = points.reached !== undefined
  if (acted) {
    for (const { streamer, waiting } of [a, b]) {
      // One is told of the end a moment later.
      expect({ ...streamer.handles, timers: 0 }, here).toEqual({ peers: 0, subscriptions: 0, items: 0, asks: 0, timers: 0, sources: 0, answers: 0 })
      expect(waiting, here).toBe(0)
    }
    await clock.advance(2_000)
    for (const { streamer } of [a, b]) expect(streamer.handles.timers, here).toBe(0)
  }
  await Promise.all([a.stop(), b.stop()])
  await clock.settle()
  expect(clock.pending, here).toBe(0)
  expect([a.hearing, b.hearing], here).toEqual([0, 0])
  for (const { chunks } of [a, b]) await chunks.close()
  return acted
}

test.each(['cut', 'a stops'] as const)('at every message and every call of a disk nothing is left after it: %s', async how => {
  let at = 1
  while (await session(at, how)) at++
  expect(at).toBeGreaterThan(80)
})
