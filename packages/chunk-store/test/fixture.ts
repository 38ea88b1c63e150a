import { makeChunk, type Chunk } from '@skep/chunk'
import { ChunkStore, type ChunkStoreOptions } from '@skep/chunk-store'
import type { Store } from '@skep/interface'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'

export const base = new Uint8Array(32)

/** A chunk store with its disk, so that a test can open it again. */
export interface Fixture {
  readonly store: Store
  readonly clock: VirtualClock
  readonly open: (options?: ChunkStoreOptions) => Promise<ChunkStore>
}

export function fixture (store: Store = memoryStore(), seed: number = 1): Fixture {
  const clock = new VirtualClock()
  const random = new SeededRandom(seed)
  return { store, clock, open: options => ChunkStore.open({ store, base, clock, random }, options) }
}

const made: Chunk[] = []

/** Chunk number `n` of an endless list that is the same in every test. */
export function chunk (n: number): Chunk {
  for (let i = made.length; i <= n; i++) made.push(makeChunk(new SeededRandom(i).bytes(40 + i % 100)))
  return made[n]!
}

export function chunks (from: number, to: number): Chunk[] {
  return Array.from({ length: to - from }, (_, i) => chunk(from + i))
}

/** The first `count` chunks from number `from` on that lie in `bin`. */
export function inBin (bin: number, count: number, from: number = 0): Chunk[] {
  const found: Chunk[] = []
  for (let n = from; found.length < count; n++) if (binOf(chunk(n).address) === bin) found.push(chunk(n))
  return found
}

export function addresses (list: readonly Chunk[]): Uint8Array[] {
  return list.map(({ address }) => address)
}

/** The bin by its definition: leading zero bits, for a base of zeros. */
export function binOf (address: Uint8Array): number {
  const bits = Array.from(address, byte => byte.toString(2).padStart(8, '0')).join('')
  return Math.min(16, bits.indexOf('1'))
}
