import type { Chunk, Kind } from '@skep/chunk'
import type { ChunkStore, IndexEntry } from '@skep/chunk-store'
import type { Store } from '@skep/interface'
import { expect } from 'vitest'
import { binOf } from './fixture.ts'

interface SlowPlace extends IndexEntry { state: 'live' | 'deleted' | 'lost' }

/** The sequences of all bins by their definition: a list of places each, gone through from the front. */
export class SlowPlaces {
  readonly bins: SlowPlace[][] = Array.from({ length: 17 }, () => [])

  put (chunks: readonly Chunk[], kind: Kind): void {
    for (const { address } of chunks) {
      const places = this.bins[binOf(address)]!
      if (this.#find(address) === undefined) places.push({ index: places.length + 1, address, kind, state: 'live' })
    }
  }

  remove (address: Uint8Array, state: 'deleted' | 'lost'): void {
    const place = this.#find(address)
    if (place !== undefined) place.state = state
  }

  /** Those that are here. */
  live (): Uint8Array[] {
    return this.bins.flat().filter(({ state }) => state === 'live').map(({ address }) => address)
  }

  list (state: 'live' | 'lost', bin: number, from: number, to: number | undefined, limit: number): IndexEntry[] {
    return this.bins[bin]!
      .filter(place => place.state === state && place.index >= from && (to === undefined || place.index <= to))
      .slice(0, limit).map(({ index, address, kind }) => ({ index, address, kind }))
  }

  /** Everything a store tells of its places is what this says. */
  async check (store: ChunkStore): Promise<void> {
    for (let bin = 0; bin < 17; bin++) {
      expect(store.last(bin)).toBe(this.bins[bin]!.length)
      expect(await store.entries(bin, 1, undefined, Infinity)).toEqual(this.list('live', bin, 1, undefined, Infinity))
      expect(await store.lostEntries(bin, 1, undefined, Infinity)).toEqual(this.list('lost', bin, 1, undefined, Infinity))
    }
  }

  #find (address: Uint8Array): SlowPlace | undefined {
    return this.bins[binOf(address)]!.find(place => place.state === 'live' && Buffer.compare(place.address, address) === 0)
  }
}

/** The pages of all bins as they lie on disk, read by the README's format: for each the bin, the last index, and the bytes. */
export async function pagesOf (disk: Store): Promise<{ bin: number, last: number, record: Uint8Array }[]> {
  const pages: { bin: number, last: number, record: Uint8Array }[] = []
  for await (const [key, record] of disk.range({ gte: Uint8Array.of(0x63, 3), lt: Uint8Array.of(0x63, 3, 17) })) {
    pages.push({ bin: key[2]!, last: Number(Buffer.from(key).readBigUInt64BE(3)), record })
  }
  return pages
}

/** Where the page lies that ends with `last`. */
export function pageKey (bin: number, last: number): Uint8Array {
  const key = Buffer.from([0x63, 3, bin, 0, 0, 0, 0, 0, 0, 0, 0])
  key.writeBigUInt64BE(BigInt(last), 3)
  return new Uint8Array(key)
}

/** A chunk nobody validates, in a bin of one's choice: kind `resource`. */
export function anyChunk (bin: number, n: number): Chunk {
  const address = new Uint8Array(32).fill(0xa5)
  new DataView(address.buffer).setUint32(0, 0x8000_0000 >>> bin)
  new DataView(address.buffer).setUint32(20, n)
  return { address, data: new Uint8Array(9) }
}
