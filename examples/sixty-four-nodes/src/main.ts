import { Kademlia, peerPots, type KadPeer, type KadRecord } from '@skep/kademlia'
import { toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'

const clock = new VirtualClock()
const random = new SeededRandom(64)
const nodes = Array.from({ length: 64 }, () => new Kademlia<KadRecord, KadPeer>({ base: random.bytes(32), clock, random }))
const nodeAt = new Map(nodes.map(node => [toHex(node.base), node]))
const expected = peerPots(nodes.map(({ base }) => base))

// Everybody has heard of one node, and of nobody else.
for (const node of nodes) node.register([{ overlay: nodes[0]!.base }])

for (let second = 1; healthy() < nodes.length; second++) {
  let dials = 0
  for (const node of nodes) {
    for (let record = node.suggest(); record !== undefined; record = node.suggest()) {
      node.dialled(record.overlay)
      connect(node, nodeAt.get(toHex(record.overlay))!)
      dials++
    }
  }
  nodes.forEach(gossip)
  await clock.advance(1_000)
  console.log(`after ${second} s: ${dials} dials, ${healthy()} of ${nodes.length} tables healthy`)
}
console.log(String(nodes[1]))

function healthy (): number {
  return nodes.filter(node => node.health(expected.get(toHex(node.base))).healthy).length
}

function connect (dialler: typeof nodes[number], listener: typeof nodes[number]): void {
  dialler.on({ overlay: listener.base })
  listener.on({ overlay: dialler.base })
  listener.register([{ overlay: dialler.base }])
}

/** Tells each peer of the others that lie in its neighbourhood, as hive does. */
function gossip (node: typeof nodes[number]): void {
  for (const [{ overlay }] of node.peers()) {
    const peer = nodeAt.get(toHex(overlay))!
    const near = node.peers(overlay).filter(([other, po]) => po >= peer.depth && other.overlay !== overlay)
    peer.register(near.map(([other]) => ({ overlay: other.overlay })))
  }
}
