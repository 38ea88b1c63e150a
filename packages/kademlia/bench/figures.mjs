/**
 * Prints the figures of the README: CPU time of one call in nanoseconds, the median of
 * several, which other work on the machine disturbs less than time on the wall; and bytes.
 * Needs a build; run it with `node --expose-gc packages/kademlia/bench/figures.mjs`.
 */
import KBucket from 'k-bucket'
import { Kademlia } from '@skep/kademlia'
import { toHex } from '@skep/pot'
import { SeededRandom } from '@skep/sim'

const random = new SeededRandom(1)
const clock = { now: () => 0, wall: () => 0, after: () => () => {} }
const base = random.bytes(32)
const unbounded = { maxKnown: Infinity, maxKnownPerBin: Infinity }
const ids = count => Array.from({ length: count }, () => ({ overlay: random.bytes(32) }))

function cost (name, count, work) {
  const times = Array.from({ length: 11 }, () => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) * 1_000 / count
  }).sort((a, b) => a - b)
  console.log(`${String(Math.round(times[5])).padStart(8)}  ${name}`)
}

const repeat = (count, work) => { for (let i = 0; i < count; i++) work(i) }
const records = ids(10_000)
const peers = records.slice(0, 200).map(({ overlay }) => ({ overlay }))
const table = new Kademlia({ base, clock, random }, unbounded)
table.register(records)
for (const peer of peers) table.on(peer)
cost('suggest, 10,000 known and 200 connected', 2_000, () => repeat(2_000, () => table.suggest()))
cost('on or off', 16_000, () => repeat(40, () => {
  for (const peer of peers) table.off(peer)
  for (const peer of peers) table.on(peer)
}))
cost('peers, 200 in exact order', 500, () => repeat(500, i => table.peers(records[i].overlay)))
while (table.suggest() !== undefined) table.dialled(table.suggest().overlay)
cost('suggest, when everybody waits', 2_000, () => repeat(2_000, () => table.suggest()))

for (const size of [10_000, 100_000]) {
  const many = ids(size)
  const contacts = many.map(({ overlay }) => ({ id: overlay }))
  cost(`register one of ${size}, 64 a bin`, 100_000, () => repeat(100_000 / size, () => new Kademlia({ base, clock, random }).register(many)))
  cost(`npm k-bucket, add one of ${size}, 20 a bucket`, 100_000, () => repeat(100_000 / size, () => {
    const bucket = new KBucket({ localNodeId: base, numberOfNodesPerKBucket: 20 })
    for (const contact of contacts) bucket.add(contact)
  }))
}

const tables = []
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
repeat(300, i => {
  const made = new Kademlia({ base: random.bytes(32), clock, random })
  repeat(60, k => {
    const overlay = random.bytes(32)
    made.register([{ overlay, underlays: [`enode://${toHex(random.bytes(64))}@10.0.${i % 256}.${k}:30399`] }])
    made.on({ overlay })
  })
  tables.push(made)
})
globalThis.gc?.()
const kib = (process.memoryUsage().heapUsed - before) / tables.length / 1_024
console.log(`${kib.toFixed(1).padStart(8)}  KiB for a table of 60 connected peers and their enode records, addresses included`)
