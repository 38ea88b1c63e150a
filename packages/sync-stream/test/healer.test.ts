import type { Chunk } from '@skep/chunk'
import type { Address } from '@skep/interface'
import { VirtualClock } from '@skep/sim'
import type { StreamPeer } from '@skep/streamer'
import { expect, test } from 'vitest'
import { Healer } from '../src/healer.ts'

const RETRY = 60_000

/** A healer of a store that has lost two chunks, beside one peer. */
class World {
  readonly clock = new VirtualClock()
  readonly peer: StreamPeer = { key: 'a', overlay: new Uint8Array(32), light: false }
  /** What was lost, and in which bin. */
  readonly lost: { readonly bin: number, readonly address: Address }[] = [1, 2].map(n => ({ bin: n, address: new Uint8Array(32).fill(n) }))
  readonly here = new Set<number>()
  /** Whether the peer's bodies were what was asked for. */
  readonly verdicts: boolean[] = []
  put: (chunk: Chunk) => Promise<void> = async ({ address }) => { this.here.add(address[0]!) }
  depth = 2
  again = 0
  readonly healer: Healer<StreamPeer>

  constructor () {
    const world = this
    this.healer = new Healer<StreamPeer>({
      overlay: { base: new Uint8Array(32), get depth () { return world.depth }, peers: () => [[world.peer, 0]], onChange: () => () => {} },
      clock: this.clock,
      chunks: {
        lost: bin => world.lost.filter(one => one.bin === bin).length,
        lostEntries: async (bin, from) => from > 1 ? [] : world.lost.filter(one => one.bin === bin).map(({ address }) => ({ index: 1, address })),
        hasMany: async addresses => addresses.map(([n]) => world.here.has(n!)),
        put: async ([chunk]) => { await world.put(chunk!) }
      },
      streamer: {
        async fetch (address, { accept }) {
          world.verdicts.push(await accept(address, address))
          if (world.verdicts.at(-1)!) return address
          throw new Error('nobody has it')
        }
      }
    }, RETRY, () => {
      this.again++
      this.healer.look()
    })
  }
}

test('what changes while something is healed is looked at after that', async () => {
  const world = new World()
  let go = (): void => {}
  const { put } = world
  world.put = async chunk => {
    await new Promise<void>(resolve => { go = resolve })
    await put(chunk)
  }
  world.healer.look()
  await world.clock.settle()
  // The depth falls, and nothing else happens later.
  world.depth = 1
  world.healer.look()
  go()
  await world.clock.settle()
  go()
  await world.clock.settle()
  expect([...world.here].sort()).toEqual([1, 2])
  expect([world.again, world.clock.pending]).toEqual([1, 0])
})

test('nobody is blamed where our own disk fails, and the chunk is fetched again later', async () => {
  const world = new World()
  const { put } = world
  let fails = true
  world.put = async chunk => {
    if (fails) throw new Error('no room')
    await put(chunk)
  }
  world.healer.look()
  await world.clock.settle()
  expect([world.verdicts, world.here.size]).toEqual([[true], 0])
  fails = false
  await world.clock.advance(RETRY - 1)
  expect(world.here.size).toBe(0)
  await world.clock.advance(1)
  expect([...world.here]).toEqual([2])
  expect(world.clock.pending).toBe(0)
})

test('who sends another chunk is blamed', async () => {
  const world = new World()
  world.put = async () => { throw Object.assign(new Error('another one'), { code: 'CHUNK_STORE_INVALID' }) }
  world.healer.look()
  await world.clock.settle()
  expect([world.verdicts, world.clock.pending]).toEqual([[false], 1])
  world.healer.stop()
  expect(world.clock.pending).toBe(0)
})
