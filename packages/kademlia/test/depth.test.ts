import { depthOf, NEIGHBOURS, reachOf, saturationOf } from '@skep/kademlia'
import { describe, expect, test } from 'vitest'

describe('depth, for two neighbours', () => {
  // The table of docs/protocols/topology.md.
  test.each([
    { sizes: [], depth: 0, because: 'nobody is connected' },
    { sizes: [1], depth: 0, because: 'one peer is too few' },
    { sizes: [5], depth: 0, because: 'all peers are in bin 0' },
    { sizes: [3, 2, 1, 1], depth: 2, because: 'the second nearest peer is in bin 2' },
    { sizes: [3, 2, 1, 2], depth: 3, because: 'both nearest peers are in bin 3' },
    { sizes: [3, 0, 1, 1], depth: 1, because: 'nobody is in bin 1' },
    { sizes: [0, 2, 1, 1], depth: 0, because: 'nobody is in bin 0' },
    { sizes: [1, 1, 1, 1, 0, 0, 2], depth: 4, because: 'nobody is in bin 4, though two are nearer' },
    { sizes: [9, 1, 1], depth: 1, because: 'the second nearest peer is in bin 1' }
  ])('$sizes is $depth: $because', ({ sizes, depth }) => {
    expect(depthOf(sizes)).toBe(depth)
    expect(NEIGHBOURS).toBe(2)
  })

  test('with other numbers of neighbours it is another', () => {
    expect([1, 2, 3, 4, 5].map(n => depthOf([1, 1, 1, 1], n))).toEqual([3, 2, 1, 0, 0])
    expect(depthOf([1, 0, 1, 1], 1)).toBe(1)
  })

  test('without the gaps it would reach as far as the nearest peers', () => {
    expect(reachOf([0, 2, 1, 1])).toBe(2)
    expect(reachOf([9])).toBe(0)
    expect(reachOf([0, 1], 1)).toBe(1)
  })
})

describe('saturation, for four peers a bin', () => {
  test.each([
    { sizes: [4, 4, 1, 1], saturation: 2, because: 'every bin below depth is full' },
    { sizes: [4, 3, 1, 1], saturation: 1, because: 'bin 1 has three' },
    { sizes: [3, 4, 1, 1], saturation: 0, because: 'bin 0 has three' },
    { sizes: [9, 9, 9, 9], saturation: 3, because: 'depth is where it ends' },
    { sizes: [], saturation: 0, because: 'nobody is connected' }
  ])('$sizes is $saturation: $because', ({ sizes, saturation }) => {
    expect(saturationOf(sizes, 4)).toBe(saturation)
  })

  test('may be asked for another depth', () => {
    expect(saturationOf([9, 9, 9, 9], 4, 1)).toBe(1)
  })
})
