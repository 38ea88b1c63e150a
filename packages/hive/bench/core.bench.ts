import { bench, describe } from 'vitest'
import { HiveCore, limitsOf, type HivePeer } from '@skep/hive'
import type { PeerRecord } from '@skep/identity'
import { Kademlia } from '@skep/kademlia'
import { SeededRandom, VirtualClock } from '@skep/sim'

const random = new SeededRandom(1)
const clock = new VirtualClock()
const table = new Kademlia<PeerRecord, HivePeer>({ base: random.bytes(32), clock, random })
const core = new HiveCore<HivePeer>({ table, random }, limitsOf({ messageBurst: 1e9, gossipBurst: 1e9, inboundShare: 1 }))
const peers = Array.from({ length: 100 }, (_, i): HivePeer => {
  const overlay = random.bytes(32)
  return { key: `${i}`, overlay, light: false, initiator: false, record: { overlay, underlays: [`tcp://127.0.0.1:${i + 1}`] }, drop: () => {} }
})
core.step(0, { type: 'start', connected: [], known: [] })
for (const peer of peers) {
  core.step(0, { type: 'join', peer })
  core.step(0, { type: 'open', peer })
}
// Two thousand addresses that wait for their back-off.
for (let i = 0; i < 2_000; i++) {
  const overlay = random.bytes(32)
  table.register([{ overlay, underlays: [`tcp://127.0.0.1:${i + 1_000}`] }])
  table.dialled(overlay)
}
const records = Array.from({ length: 30 }, () => ({ OAddr: random.bytes(32), UAddr: new TextEncoder().encode('tcp://127.0.0.1:4000') }))

describe('a core with a hundred peers and a full table', () => {
  bench('a tick', () => { core.step(0, { type: 'tick' }) })
  bench('a request', () => { core.step(0, { type: 'subPeers', from: peers[0]!, depth: 0 }) })
  bench('thirty addresses that are known', () => { core.step(0, { type: 'peers', from: peers[0]!, records }) })
})
