// Node B takes N chunks that K peers all offer, over loopback TCP, stored on LevelDB: what one more
// peer with the same chunks costs. The peers are one process and share their chunks.
// A line of JSON for one peer and for K, in turns. After a build: node bench/many.mjs [N] [K] [TURNS]
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeChunk } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { dialTcp, listenTcp } from '@skep/conn-tcp'
import { IntervalsStore } from '@skep/intervals-store'
import { systemClock as clock, systemRandom as random } from '@skep/runtime'
import { nativeSpec, Streamer, streamSpec } from '@skep/streamer'
import { SyncStream } from '@skep/sync-stream'
import { createSession } from '@skep/wire'
import { openStores } from '../dist/cli/data-folder.js'
import { tuneEngine } from '../dist/cli/engine.js'

tuneEngine()

const capabilities = [streamSpec, nativeSpec].map(({ name, version }) => ({ name, version }))
const base = new Uint8Array(32)
const open = async folder => {
  const { store, bodies } = await openStores(folder)
  const chunks = await ChunkStore.open({ store, bodies, base, clock, random })
  return { store, chunks, async close () { await chunks.close(); await store.close(); await bodies.close() } }
}

/** A node that knows who is connected, and takes all bins of everybody once it is started. */
function node ({ store, chunks }) {
  const peers = new Set()
  const listeners = new Set()
  const overlay = {
    base,
    depth: 0,
    peers: () => [...peers].map(peer => [peer, 0]),
    onChange (listener) { listeners.add(listener); return () => listeners.delete(listener) }
  }
  const streamer = new Streamer({ clock, random, intervals: new IntervalsStore(store) })
  return {
    streamer,
    sync: new SyncStream({ overlay, chunks, streamer, clock }),
    async meet (conn, initiator, name, overlay = random.bytes(32)) {
      const session = await createSession(conn, { clock, random, id: random.bytes(64), client: 'bench', capabilities, initiator })
      const peer = { key: name, overlay, light: false }
      peers.add(peer)
      for (const listener of listeners) listener()
      await streamer.run(peer, { stream: session.open(capabilities[0]), native: session.open(capabilities[1]) })
    }
  }
}

if (process.argv[2] === '--peers') {
  const [folder, count, most] = process.argv.slice(3)
  process.on('disconnect', () => process.exit())
  const opened = await open(folder)
  for (let left = Number(count); left > 0; left -= 128) await opened.chunks.put(Array.from({ length: Math.min(left, 128) }, () => makeChunk(random.bytes(4096))), { kind: 'content' })
  const ports = []
  for (let i = 0; i < Number(most); i++) {
    const one = node(opened)
    ports.push((await listenTcp({ host: '127.0.0.1', port: 0, onConn: conn => { one.meet(conn, false, String(random.float())).catch(() => {}) } })).port)
  }
  process.send(ports)
} else {
  const count = Number(process.argv[2] ?? 20_000)
  const most = Number(process.argv[3] ?? 9)
  const folder = mkdtempSync(join(tmpdir(), 'skep-bench-'))
  const source = fork(process.argv[1], ['--peers', join(folder, 'peers'), String(count), String(most)])
  try {
    const ports = await new Promise(resolve => source.once('message', resolve))
    for (let turn = 0; turn < 2 * Number(process.argv[4] ?? 2); turn++) {
      const many = turn % 2 === 0 ? 1 : most
      const opened = await open(join(folder, String(turn)))
      const self = node(opened)
      self.sync.start()
      const before = process.cpuUsage()
      const began = performance.now()
      // Every peer's bins are counted from its own address, which is ours here, so that each has all.
      for (const port of ports.slice(0, many)) dialTcp({ host: '127.0.0.1', port }).then(({ conn }) => self.meet(conn, true, String(port), base)).catch(() => {})
      while (opened.chunks.size < count) await new Promise(resolve => setTimeout(resolve, 20))
      const seconds = (performance.now() - began) / 1000
      const { user, system } = process.cpuUsage(before)
      const { bodiesReceived, duplicates } = self.streamer.counters
      process.stdout.write(`${JSON.stringify({ peers: many, chunks: count, chunksPerSecond: Math.round(count / seconds), cpuMicrosPerChunk: Math.round((user + system) / count), bodiesReceived, duplicates })}\n`)
      self.sync.stop()
      await self.streamer.stop()
      await opened.close()
    }
  } finally {
    source.disconnect()
    rmSync(folder, { recursive: true, force: true })
  }
}
