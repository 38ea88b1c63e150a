/** What a node asks of its table all day: 10,000 addresses known, 200 of them connected. */
import KBucket from 'k-bucket'
import { bench, describe } from 'vitest'
import { Kademlia, type KadPeer, type KadRecord } from '@skep/kademlia'
import { SeededRandom } from '@skep/sim'

const options = { time: 1_500, warmupTime: 500 }
const random = new SeededRandom(1)
const clock = { now: () => 0, wall: () => 0, after: () => () => {} }
const base = random.bytes(32)
const records = Array.from({ length: 10_000 }, (): KadRecord => ({ overlay: random.bytes(32) }))
const peers = records.slice(0, 200).map(({ overlay }): KadPeer => ({ overlay }))

/** @param waiting - whether everybody was dialled just now, so that all are looked at and nobody is found. */
function table (waiting = false): Kademlia<KadRecord, KadPeer> {
  const made = new Kademlia<KadRecord, KadPeer>({ base, clock, random }, { maxKnown: Infinity, maxKnownPerBin: Infinity })
  made.register(records)
  for (const peer of peers) made.on(peer)
  for (let record = made.suggest(); waiting && record !== undefined; record = made.suggest()) made.dialled(record.overlay)
  return made
}

describe('10,000 known, 200 connected', () => {
  const fresh = table()
  const waiting = table(true)
  let at = 0
  bench('suggest', () => { fresh.suggest() }, options)
  bench('suggest, when everybody waits', () => { waiting.suggest() }, options)
  bench('off and on', () => {
    const peer = peers[at++ % peers.length]!
    fresh.off(peer)
    fresh.on(peer)
  }, options)
  bench('peers, nearest to an address first', () => { fresh.peers(records[at++ % records.length]!.overlay) }, options)
})

describe('10,000 addresses for an empty table', () => {
  const contacts = records.map(({ overlay }) => ({ id: overlay }))
  bench('register, 64 a bin', () => { new Kademlia<KadRecord, KadPeer>({ base, clock, random }).register(records) }, options)
  bench('npm k-bucket, 20 a bucket', () => {
    const table = new KBucket({ localNodeId: base, numberOfNodesPerKBucket: 20 })
    for (const contact of contacts) table.add(contact)
  }, options)
  bench('register, all of them', () => { new Kademlia<KadRecord, KadPeer>({ base, clock, random }, { maxKnown: Infinity, maxKnownPerBin: Infinity }).register(records) }, options)
})
