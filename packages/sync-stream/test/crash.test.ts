import { makeChunk, type Chunk } from '@skep/chunk'
import { encodeMetadata, everyValidator, metadataAddress, metadataHash } from '@skep/chunk/validators'
import { ChunkStore, type Durability } from '@skep/chunk-store'
import { pair } from '@skep/conn-memory'
import type { Overlay } from '@skep/interface'
import { IntervalsStore } from '@skep/intervals-store'
import { toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer } from '@skep/streamer'
import { MAX_BIN, parseBinKey, SyncStream } from '@skep/sync-stream'
import { expect, test } from 'vitest'
import { CrashDisk, type Crash } from './crash-disk.ts'

const validators = everyValidator

/** Chunks of both kinds that are there before, and that come while the session goes on. */
const CHUNKS = 12
const LATER = 3

/** A node that does not change its place: it and its peer are all there is. */
class Node {
  readonly chunks: ChunkStore
  readonly streamer: Streamer
  readonly sync: SyncStream<StreamPeer>
  readonly base: Uint8Array
  readonly #intervals: IntervalsStore
  readonly #peers: Map<StreamPeer, number>

  constructor (clock: VirtualClock, base: Uint8Array, chunks: ChunkStore, intervals: IntervalsStore, peer: StreamPeer) {
    this.base = base
    this.chunks = chunks
    this.#intervals = intervals
    this.#peers = new Map([[peer, 0]])
    // Half of the chunks each: of the other one bin is taken.
    const overlay: Overlay<StreamPeer> = { base, depth: 1, peers: () => this.#peers, onChange: () => () => {} }
    this.streamer = new Streamer({ clock, random: new SeededRandom(1), intervals }, { limits: { maxOffer: 4 } })
    // What was lost is fetched by itself.
    this.streamer.onRequest(async (_, address) => chunks.get(address))
    this.sync = new SyncStream({ overlay, chunks, streamer: this.streamer, clock }, { kinds: ['content', 'resource'] })
  }

  /** What the intervals claim of another node, and is neither here nor known to be lost. */
  async dishonest (of: Node): Promise<string[]> {
    const claims: string[] = []
    const lost = new Set<string>()
    for (let bin = 0; bin <= MAX_BIN; bin++) for (const { address } of await this.chunks.lostEntries(bin, 1, undefined, 1_000)) lost.add(toHex(address))
    for (const { id, intervals } of await this.#intervals.list()) {
      if (of.chunks.epoch !== id.epoch) continue
      const [name, key] = id.stream.split('|')
      for (const [from, to] of intervals) {
        const entries = (await of.chunks.entries(parseBinKey(key!)!, Number(from), Number(to), 10_000)).filter(({ kind }) => (kind === 'content') === (name === 'SYNC'))
        // Not whether the index names them, but whether their bodies can be read, and are what they should be.
        const bodies = await this.chunks.getMany(entries.map(({ address }) => address), { verify: true })
        for (const [i, { index, address }] of entries.entries()) if (bodies[i] === undefined && !lost.has(toHex(address))) claims.push(`${id.stream} ${index}`)
      }
    }
    return claims
  }
}

/** How disks are arranged: as `skep node` has them, with bodies apart, or with everything in one. */
type Disks = 'one' | 'bodies apart' | 'intervals apart'

interface Case {
  readonly disks: Disks
  readonly durability: Durability
  readonly crash: Crash
  /** Whether the batch that it falls on is written. */
  readonly written: boolean
}

/** Syncs until the disks crash at their `at`th batch; then again, with what is on them. Tells whether they did, and how many chunks were lost. */
async function run (at: number, { disks: kind, durability, crash, written }: Case): Promise<{ readonly crashed: boolean, readonly lost: number }> {
  const clock = new VirtualClock()
  const random = new SeededRandom(at)
  const [ours, there] = [new Uint8Array(32), new Uint8Array(32).fill(0x80, 0, 1)]
  const peers = [there, ours].map((overlay, i): StreamPeer => ({ key: 'ts'[i]!, overlay, light: false })) as [StreamPeer, StreamPeer]
  const sourceDisk = memoryStore()
  const source = new Node(clock, there, await ChunkStore.open({ store: sourceDisk, base: there, clock, random: new SeededRandom(9) }, { validators }), new IntervalsStore(sourceDisk), peers[1])
  const makes = new SeededRandom(3)
  const made: Chunk[] = []
  while (made.length < CHUNKS + LATER) {
    const owner = makes.bytes(20)
    const data = encodeMetadata({ startTime: 0n, frequency: 60n, name: makes.bytes(16), owner })
    const chunk: Chunk = made.length % 4 === 3 ? { address: metadataAddress(metadataHash(data), owner), data } : makeChunk(makes.bytes(80))
    if (chunk.address[0]! < 0x80) made.push(chunk)
  }
  await source.chunks.put(made.slice(0, CHUNKS))

  let disks = Array.from({ length: kind === 'one' ? 1 : 2 }, () => new CrashDisk(clock, random))
  let boot = 0
  /** Waits for a promise while time goes on. */
  const during = async <T>(promise: Promise<T>): Promise<T> => {
    let over = false
    void promise.finally(() => { over = true })
    await clock.until(() => over)
    return await promise
  }
  const open = async (): Promise<Node> => {
    const [store, other = store!] = disks
    const [bodies, intervals] = kind === 'bodies apart' ? [other, store!] : [store!, other]
    const chunks = await during(ChunkStore.open({ store: store!, bodies, base: ours, clock, random: new SeededRandom(++boot) }, { durability, validators, maxBatch: 5 }))
    return new Node(clock, ours, chunks, new IntervalsStore(intervals, { durable: durability === 'fsync' }), peers[0])
  }
  const connect = (node: Node): () => void => {
    const conns = [pair({ clock, latency: 1 }), pair({ clock, latency: 1 })] as const
    node.streamer.run(peers[0], { stream: conns[0][0], native: conns[1][0] }).catch(() => {})
    source.streamer.run(peers[1], { stream: conns[0][1], native: conns[1][1] }).catch(() => {})
    node.sync.start()
    return () => { for (const conn of conns.flat()) conn.abort(new Error('crashed')) }
  }

  let node = await open()
  let crashed = false
  void CrashDisk.arm(disks, at, written).then(() => { crashed = true })
  const cut = connect(node)
  await clock.advance(100)
  await source.chunks.put(made.slice(CHUNKS))
  await clock.advance(400)
  cut()
  await clock.settle()
  disks = disks.map(disk => disk.crash(crash))
  node.sync.stop()
  void node.streamer.stop()
  await clock.settle()

  const here = `batch ${at} of ${JSON.stringify({ kind, durability, crash, written })}`
  node = await open()
  expect(await node.dishonest(source), here).toEqual([])
  for await (const fault of node.chunks.verify()) expect.fail(`${fault.code}, ${here}`)
  const before = node.chunks.size
  const lost = Array.from({ length: MAX_BIN + 1 }, (_, bin) => node.chunks.lost(bin)).reduce((sum, count) => sum + count)
  // What is there does not come again, and what is not does: by sync, or what was lost by itself.
  const again = connect(node)
  await clock.until(async () => (await node.chunks.hasMany(made.map(({ address }) => address))).every(Boolean), 20_000)
  await clock.advance(200)
  const { bodiesReceived, bodiesFetched } = node.streamer.counters
  expect(bodiesReceived + bodiesFetched, here).toBe(made.length - before)
  if (lost === 0) expect(bodiesFetched, here).toBe(0)
  expect(await node.dishonest(source), here).toEqual([])
  again()
  node.sync.stop()
  await Promise.all([node.streamer.stop(), source.streamer.stop()])
  return { crashed, lost }
}

const cases: Case[] = [true, false].flatMap(written => [
  { disks: 'one', durability: 'os', crash: 'process', written },
  { disks: 'bodies apart', durability: 'os', crash: 'process', written },
  { disks: 'intervals apart', durability: 'os', crash: 'process', written },
  { disks: 'one', durability: 'os', crash: 'machine', written },
  { disks: 'bodies apart', durability: 'os', crash: 'machine', written },
  { disks: 'bodies apart', durability: 'fsync', crash: 'machine', written },
  { disks: 'intervals apart', durability: 'fsync', crash: 'machine', written }
])

test.each(cases)('what intervals cover is on disk after a crash at any batch: $disks, $durability, $crash, written: $written', async all => {
  let at = 0
  let lost = 0
  for (let crashed = true; crashed;) {
    const ran = await run(++at, all)
    crashed = ran.crashed
    lost += ran.lost
  }
  // Index, bodies and intervals of several batches.
  expect(at).toBeGreaterThan(8)
  // Only without fsync, and where two disks may get out of step: these are noted, and fetched again.
  expect(lost > 0).toBe(all.disks === 'bodies apart' && all.crash === 'machine' && all.durability === 'os')
})
