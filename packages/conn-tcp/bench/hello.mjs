// From dialling to a session on both sides, over loopback within one process: the warm median.
//
// usage, after a build: node bench/hello.mjs [times]
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { dialTcp, listenTcp } from '@skep/conn-tcp'
import { createSession } from '@skep/wire'

const times = Number(process.argv[2] ?? 300)
const clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after (ms, fn) {
    const timer = setTimeout(() => fn(), ms)
    return () => clearTimeout(timer)
  }
}
const random = { bytes: n => new Uint8Array(randomBytes(n)), float: Math.random }
const capabilities = ['bzz', 'hive', 'stream', 'skep-stream'].map(name => ({ name, version: 1 }))
const session = (conn, initiator) => createSession(conn, { clock, random, id: random.bytes(64), client: 'bench', capabilities, initiator })

let accepted
const listener = await listenTcp({ onConn: conn => accepted(session(conn, false)) })
const took = []
for (let i = 0; i < times; i++) {
  const remote = new Promise(resolve => { accepted = resolve })
  const began = performance.now()
  const { conn } = await dialTcp({ host: listener.host, port: listener.port })
  const [ours, theirs] = await Promise.all([session(conn, true), remote])
  took.push(performance.now() - began)
  await Promise.all([ours.close(), theirs.closed])
}
await listener.close()
const warm = took.slice(Math.floor(times / 3)).sort((a, b) => a - b)
process.stdout.write(`${warm[warm.length >> 1].toFixed(2)} ms from dialling to both sessions, median of ${warm.length}; the slowest tenth ${warm[Math.floor(warm.length * 0.9)].toFixed(2)} ms\n`)
