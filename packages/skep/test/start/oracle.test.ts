import { randomAddressAt, proximity, toHex } from '@skep/pot'
import { SeededRandom } from '@skep/sim'
import { describe, expect, test } from 'vitest'
import { GlobalView, type Topology } from '../../src/start/oracle.ts'

const random = new SeededRandom(7)
const base = new Uint8Array(32)
/** Nodes at these proximity orders to the base. */
const at = (...orders: number[]) => orders.map(po => randomAddressAt(random, base, po))

function topology (depth: number, connected: readonly Uint8Array[]): Topology {
  const bins = Object.fromEntries(Array.from({ length: 32 }, (_, po) => [`bin_${po}`, {
    connectedPeers: connected.filter(address => proximity(base, address) === po).map(address => ({ address: toHex(address) }))
  }]))
  return { baseAddr: toHex(base), depth, bins }
}

describe('the view of all nodes', () => {
  test.each([
    [[], 0], [[3], 0], [[0, 0, 1, 2], 1], [[0, 1, 2, 3], 2], [[0, 2, 3], 1], [[0, 1, 1, 2, 2, 2], 2]
  ])('of others at %j says depth %i', (orders, depth) => {
    expect(new GlobalView([base, ...at(...orders)]).depth(toHex(base))).toBe(depth)
  })

  test('makes a node responsible for what is at its depth or nearer', () => {
    const view = new GlobalView([base, ...at(0, 1, 2, 3)])
    for (const [po, responsible] of [[0, false], [1, false], [2, true], [3, true], [20, true]] as const) {
      expect(view.isResponsible(toHex(base), toHex(randomAddressAt(random, base, po)))).toBe(responsible)
    }
  })

  test('finds nothing wrong with a table that has its neighbours and somebody in every other bin', () => {
    const others = at(0, 0, 1, 2, 3)
    const view = new GlobalView([base, ...others])
    expect(view.faults(topology(2, others.slice(1)))).toEqual([])
  })

  test('names what a table lacks', () => {
    const others = at(0, 1, 2, 3)
    const view = new GlobalView([base, ...others])
    expect(view.faults(topology(2, others.slice(1)))).toEqual(['is connected to nobody in bin 0'])
    expect(view.faults(topology(2, others.slice(0, 3)))).toEqual([`is not connected to its neighbour ${toHex(others[3]!).slice(0, 8)}`])
    expect(view.faults(topology(1, others))).toEqual(['has depth 1, not 2'])
  })
})
