// What an idle peer costs: N peers over loopback TCP, each subscribed to BINS bins of KINDS kinds
// both ways, all of them by default, with nothing to sync. One line of JSON.
// After a build: node --expose-gc bench/idle.mjs [N] [BINS] [KINDS]
import { fork } from 'node:child_process'
import { everyValidator } from '@skep/chunk/validators'
import { ChunkStore } from '@skep/chunk-store'
import { listenTcp, dialTcp } from '@skep/conn-tcp'
import { IntervalsStore } from '@skep/intervals-store'
import { systemClock as clock, systemRandom as random } from '@skep/runtime'
import { memoryStore } from '@skep/store-memory'
import { nativeSpec, Streamer, streamSpec } from '@skep/streamer'
import { SyncStream } from '@skep/sync-stream'
import { createSession } from '@skep/wire'
import { tuneEngine } from '../dist/cli/engine.js'

// As `skep node` does.
tuneEngine()

const capabilities = [streamSpec, nativeSpec].map(({ name, version }) => ({ name, version }))

/** A node without its table: all who are connected are in the bin and at the depth that make up BINS bins. */
async function node (bins) {
  const base = new Uint8Array(32)
  const chunks = await ChunkStore.open({ store: memoryStore(), base, clock, random })
  const streamer = new Streamer({ clock, random, intervals: new IntervalsStore(memoryStore()) })
  const peers = new Set()
  const listeners = new Set()
  const overlay = {
    base, depth: 17 - bins,
    peers: () => [...peers].map(peer => [peer, bins === 1 ? 0 : 17 - bins]),
    onChange (listener) { listeners.add(listener); return () => listeners.delete(listener) }
  }
  const sync = new SyncStream({ overlay, chunks, streamer, clock }, { kinds: everyValidator.slice(0, kinds).map(({ kind }) => kind) })
  sync.start()
  return {
    streamer,
    /** Resolves when the session is up; `lost` hears when it is over. */
    async meet (conn, initiator, name, lost) {
      const session = await createSession(conn, { clock, random, id: random.bytes(64), client: 'bench', capabilities, initiator, limits: { helloTimeout: 60_000 } })
      const peer = { key: String(name), overlay: random.bytes(32), light: false }
      peers.add(peer)
      for (const listener of listeners) listener()
      void streamer.run(peer, { stream: session.open(capabilities[0]), native: session.open(capabilities[1]) }).then(lost, lost)
    }
  }
}

const peers = Number(process.argv[2] ?? 1000)
const bins = Number(process.argv[3] ?? 17)
const kinds = Number(process.argv[4] ?? everyValidator.length)
const used = async () => {
  // Pages that are free go back to the system in the background.
  for (let i = 0; i < 3; i++) {
    gc()
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

if (process.argv[5] !== undefined) {
  process.on('disconnect', () => process.exit())
  const crowd = await node(bins)
  for (let i = 0; i < peers; i++) {
    if (i === peers >> 1) {
      process.send('half')
      await new Promise(resolve => process.once('message', resolve))
    }
    const { conn } = await dialTcp({ host: '127.0.0.1', port: Number(process.argv[5]) })
    // One after the other: who meets all at once waits long for the hello of the last.
    await crowd.meet(conn, true, i, () => {})
    if (i % 20 === 19) await new Promise(resolve => setTimeout(resolve, 100))
  }
  process.send('met')
} else {
  const hub = await node(bins)
  let name = 0
  /** One that is lost would be waited for without end. */
  const fail = cause => { throw new Error('a peer was lost', { cause }) }
  const server = await listenTcp({ host: '127.0.0.1', port: 0, limits: { connections: peers }, onConn: conn => { hub.meet(conn, false, name++, fail).catch(fail) } })
  /** Waits for the crowd, and until its streams are up. */
  const settled = async count => {
    await new Promise(resolve => crowd.once('message', resolve))
    const up = () => hub.streamer.handles.subscriptions + hub.streamer.handles.sources
    for (let last = -1; up() !== last || hub.streamer.handles.peers < count;) { last = up(); await new Promise(resolve => setTimeout(resolve, 3000)) }
    return await used()
  }
  const before = await used()
  const crowd = fork(process.argv[1], [String(peers), String(bins), String(kinds), String(server.port)], { execArgv: ['--expose-gc'] })
  crowd.once('exit', code => fail(`the crowd ended with ${code}`))
  const half = await settled(peers >> 1)
  crowd.send('go on')
  const after = await settled(peers)
  const cpu = process.cpuUsage()
  await new Promise(resolve => setTimeout(resolve, 10_000))
  const { user, system } = process.cpuUsage(cpu)
  const each = (name, from, count) => Number(((after[name] - from[name]) / 1024 / count).toFixed(1))
  process.stdout.write(`${JSON.stringify({
    peers,
    bins,
    kinds,
    streamsEach: hub.streamer.status().length / peers,
    // Over all peers, with what the first of them brings along: compiled code, V8's room for what is new.
    heapKiBEach: each('heap', before, peers),
    rssKiBEach: each('rss', before, peers),
    // Over the second half of them: what one more costs.
    heapKiBMore: each('heap', half, peers - (peers >> 1)),
    rssKiBMore: each('rss', half, peers - (peers >> 1)),
    cpuPercent: Number(((user + system) / 1e5).toFixed(2))
  })}\n`)
  if (process.env.SNAPSHOT) (await import('node:v8')).writeHeapSnapshot(process.env.SNAPSHOT)
  process.exit()
}
