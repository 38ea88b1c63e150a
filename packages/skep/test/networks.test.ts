import { describe, expect, test } from 'vitest'
import { Kademlia } from '@skep/kademlia'
import type { PeerRecord } from '@skep/identity'
import { VirtualClock, SeededRandom } from '@skep/sim'
import type { NodePeer } from '../src/peer.ts'
import { inEachNetwork } from '../src/networks.ts'

const base = new Uint8Array(32)
let made = 0

/** An address at a proximity order to the base. */
function at (po: number): Uint8Array {
  const out = new Uint8Array(32)
  out[po >> 3]! |= 0x80 >> (po & 7)
  out[31] = ++made
  return out
}

function table (...schemes: string[]) {
  const clock = new VirtualClock()
  const kademlia = new Kademlia<PeerRecord, NodePeer>({ base, clock, random: new SeededRandom(1) }, { policy: inEachNetwork(schemes) })
  const connect = (po: number, scheme: string, ...others: string[]): void => {
    const overlay = at(po)
    const underlays = [scheme, ...others].map(each => `${each}://127.0.0.1:${1_000 + made}`)
    kademlia.on({ overlay, light: false, scheme, record: { overlay, underlays } } as unknown as NodePeer)
  }
  return { kademlia, connect, clock }
}

describe('a table in two networks', () => {
  test('is as deep as in the shallower of them, and a network without anybody asks nothing', () => {
    const { kademlia, connect } = table('tcp', 'enode')
    expect(kademlia.depth).toBe(0)
    for (const po of [0, 1, 2, 3, 3]) connect(po, 'tcp')
    expect(kademlia.depth).toBe(3)
    connect(0, 'enode')
    expect(kademlia.depth).toBe(0)
    for (const po of [1, 2, 2]) connect(po, 'enode')
    expect(kademlia.depth).toBe(2)
    // One that is in both counts in both.
    connect(3, 'tcp', 'enode')
    connect(4, 'enode', 'tcp')
    expect(kademlia.depth).toBe(3)
  })

  test('fills its bins in each of them, in turns', () => {
    const { kademlia, connect } = table('tcp', 'enode')
    for (const po of [0, 0, 1, 1, 2, 2]) connect(po, 'tcp')
    for (const po of [1, 2, 2]) connect(po, 'enode')
    // Together the two have somebody in bin 0; the one alone has not.
    const lacking = at(0)
    kademlia.register([{ overlay: lacking, underlays: ['enode://127.0.0.1:1'] }])
    expect(kademlia.suggest()?.overlay).toEqual(lacking)
    const others = [at(5), at(6), at(7), at(8)]
    kademlia.register(others.map((overlay, i) => ({ overlay, underlays: [`${i % 2 === 0 ? 'tcp' : 'enode'}://127.0.0.1:${i + 2}`] })))
    const schemes = [1, 2, 3, 4].map(() => {
      const record = kademlia.suggest()!
      kademlia.dialled(record.overlay)
      return record.underlays[0]!.split(':')[0]
    })
    expect(schemes).toEqual(['tcp', 'enode', 'tcp', 'enode'])
  })
})
