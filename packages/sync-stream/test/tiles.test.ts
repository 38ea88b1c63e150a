import type { Kind } from '@skep/chunk'
import { ChunkStore } from '@skep/chunk-store'
import { randomAddressAt, toHex } from '@skep/pot'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { expect, test } from 'vitest'
import { BinSource, type ServedChunks } from '../src/source.ts'

const base = new Uint8Array(32)
const BIN = 3

/** More of them with `SEEDS=1,2,3`. */
const seeds = process.env['SEEDS']?.split(',').map(Number) ?? Array.from({ length: 60 }, (_, i) => i + 1)

/** A bin that changes at every point at which its source looks at it, before and after. */
class Busy {
  readonly random: SeededRandom
  readonly clock = new VirtualClock()
  readonly kinds: readonly Kind[]
  chunks!: ChunkStore
  /** How many changes there may be yet. */
  left: number
  changing = false

  constructor (seed: number) {
    this.random = new SeededRandom(seed)
    this.kinds = this.random.pick([['content'], ['resource'], ['content', 'resource']] as const)
    this.left = 30 + this.random.integer(100)
  }

  async open (): Promise<this> {
    const { clock, random } = this
    // Small pages and batches, so that places fall on every edge of them.
    this.chunks = await ChunkStore.open({ store: memoryStore(), base, clock, random }, { maxBatch: 1 + random.integer(8) })
    return this
  }

  get served (): ServedChunks {
    const { chunks } = this
    const around = async <T>(work: () => Promise<T>): Promise<T> => {
      await this.change()
      const result = await work()
      await this.change()
      return result
    }
    return {
      epoch: chunks.epoch,
      last: bin => chunks.last(bin),
      lastOf: (bin, kind) => chunks.lastOf(bin, kind),
      entries: async (...all) => around(() => chunks.entries(...all)),
      getMany: async addresses => chunks.getMany(addresses),
      onBin: (bin, listener) => chunks.onBin(bin, listener)
    }
  }

  /** One more chunk of the kinds that are served. */
  async add (): Promise<void> {
    await this.chunks.put([{ address: randomAddressAt(this.random, base, BIN), data: this.random.bytes(20) }], { kind: this.random.pick(this.kinds) })
  }

  /** Some chunks come, of this and other bins and of either kind, and some go: often the last, or the first. */
  async change (): Promise<void> {
    const { chunks, random } = this
    if (this.left <= 0 || this.changing) return
    this.left--
    this.changing = true
    if (random.integer(3) > 0) {
      for (const kind of ['content', 'resource'] as const) {
        const some = Array.from({ length: random.integer(4) }, () => ({ address: randomAddressAt(random, base, random.integer(4) === 0 ? BIN + 1 : BIN), data: random.bytes(20) }))
        if (some.length > 0) await chunks.put(some, { kind })
      }
    } else {
      const all = await chunks.entries(BIN, 1, undefined, 10_000)
      const from = random.integer(3) === 0 ? 0 : random.integer(all.length + 1)
      const gone = random.integer(3) === 0 ? all.slice(-3) : all.slice(from, from + 1 + random.integer(6))
      if (gone.length > 0) await chunks.delete(gone.map(({ address }) => address))
    }
    this.changing = false
  }
}

/** Walks a bin through its source while it changes, history and then what is new. */
async function walk (seed: number): Promise<void> {
  const busy = await new Busy(seed).open()
  const { random, kinds, served, chunks } = busy
  for (let before = random.integer(30); before > 0; before--) await busy.change()
  const source = new BinSource(served, BIN, { batch: 1 + random.integer(12), skip: 1 + random.integer(20) }, { kinds, serves: ({ kind }) => kinds.includes(kind) })
  const forever = new AbortController().signal
  const { last } = await source.cursor()
  const offered = new Map<number, { readonly to: number, readonly ids: ReadonlySet<string> }>()
  let next = 1
  const take = async (to: number | undefined): Promise<void> => {
    const limit = 1 + random.integer(10)
    const asked = source.batch(next, to, { limit, signal: forever })
    let over = false
    void asked.then(() => { over = true })
    await busy.clock.settle()
    // What it was to be offered may have gone meanwhile: then it waits, and only when it is open.
    for (; !over && to === undefined; await busy.clock.settle()) await busy.add()
    const batch = await asked
    const here = `seed ${seed}, from ${next} to ${to ?? 'the end'}`
    expect(batch.from, here).toBe(next)
    expect(batch.to, here).toBeGreaterThanOrEqual(next)
    if (to !== undefined) expect(batch.to, here).toBeLessThanOrEqual(to)
    expect(batch.to, here).toBeLessThanOrEqual(Math.max(next, chunks.last(BIN)))
    expect(batch.ids.length, here).toBeLessThanOrEqual(Math.min(limit, batch.to - batch.from + 1))
    offered.set(batch.from, { to: batch.to, ids: new Set(batch.ids.map(toHex)) })
    next = batch.to + 1
    await busy.change()
  }
  while (next <= last) await take(last)
  expect(next, `seed ${seed}`).toBe(last + 1)
  // What comes later, as far as there is anything of these kinds.
  while (kinds.some(kind => chunks.lastOf(BIN, kind) >= next)) await take(undefined)

  // All that is there was offered with the range that its index lies in.
  const all = (await chunks.entries(BIN, 1, undefined, 10_000)).filter(({ kind }) => kinds.includes(kind))
  for (const { index, address } of all) {
    const [, range] = [...offered].find(([from, { to }]) => from <= index && index <= to) ?? []
    expect(range?.ids.has(toHex(address)), `seed ${seed}, index ${index}`).toBe(true)
  }
}

test('batches tile a bin exactly while chunks come and go at every point', async () => {
  for (const seed of seeds) await walk(seed)
})
