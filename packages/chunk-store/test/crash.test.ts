import type { Chunk } from '@skep/chunk'
import { ChunkStore, type Durability } from '@skep/chunk-store'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { expect, test } from 'vitest'
import { CrashStore, type Crash } from './crash-store.ts'
import { base, binOf, chunk } from './fixture.ts'

const name = ({ address }: { address: Uint8Array }): string => Buffer.from(address).toString('hex')

/** What must be there, what may be, and what each index has ever meant. */
class Model {
  readonly must = new Map<string, Chunk>()
  readonly may = new Map<string, Chunk>()
  /** By bin and index the address, from what anybody was ever told. */
  readonly told = new Map<string, string>()

  async check (store: ChunkStore): Promise<void> {
    for await (const fault of store.verify()) throw new Error(`${fault.code} in bin ${fault.bin}`)
    const must = [...this.must.values()]
    const found = await store.getMany(must.map(({ address }) => address))
    for (const [i, { data }] of must.entries()) expect(found[i]).toEqual(data)
    let live = 0
    for (let bin = 0; bin <= 16; bin++) {
      const entries = await store.entries(bin, 1, undefined, 1_000)
      expect(store.counts()[bin]).toBe(entries.length)
      expect(store.last(bin)).toBeGreaterThanOrEqual(entries.at(-1)?.index ?? 0)
      live += entries.length
      for (const entry of entries) {
        expect(binOf(entry.address)).toBe(bin)
        expect(this.must.has(name(entry)) || this.may.has(name(entry))).toBe(true)
        const place = `${bin}/${entry.index}`
        expect(this.told.get(place) ?? name(entry)).toBe(name(entry))
        this.told.set(place, name(entry))
      }
    }
    expect(store.size).toBe(live)
  }
}

/** @param apart - whether bodies have a disk of their own. */
async function run (seed: number, durability: Durability, kind: Crash, apart: boolean): Promise<void> {
  const random = new SeededRandom(seed)
  const clock = new VirtualClock()
  let disks = apart ? [new CrashStore(), new CrashStore()] : [new CrashStore()]
  const model = new Model()
  for (let life = 0; life < 8; life++) {
    const [disk, bodies = disk!] = disks
    const store = await ChunkStore.open({ store: disk!, bodies, base, clock, random }, { durability, maxBatch: 1 + random.integer(20) })
    // What may be there was found out; from here on it must stay.
    for (const [key, each] of model.may) if (await store.has(each.address)) model.must.set(key, each)
    model.may.clear()
    await model.check(store)
    const crashed = CrashStore.arm(disks, 1 + random.integer(apart ? 12 : 6), random.float() < 0.5)
    let over = false
    void crashed.then(() => { over = true })
    while (!over) {
      const some = Array.from({ length: 1 + random.integer(10) }, () => chunk(random.integer(300)))
      for (const each of some) if (!model.must.has(name(each))) model.may.set(name(each), each)
      const puts = [store.put(some), store.put(some.slice(0, 3))]
      const gone = random.float() < 0.3 ? some[0] : undefined
      const deleted = gone === undefined ? undefined : store.delete([gone.address])
      await Promise.race([crashed, Promise.all([...puts, deleted])])
      if (over) {
        // Nobody was told how the last ones ended: both are right.
        if (gone !== undefined) {
          model.must.delete(name(gone))
          model.may.set(name(gone), gone)
        }
        break
      }
      for (const each of some) model.must.set(name(each), each)
      if (gone !== undefined) {
        model.must.delete(name(gone))
        model.may.delete(name(gone))
      }
    }
    disks = disks.map(each => each.crash(kind, unsynced => random.integer(unsynced + 1)))
  }
}

/** Half of the seeds with bodies on a disk of their own. */
const seeds = (first: number): [number, boolean][] => Array.from({ length: 50 }, (_, i) => [first + (i >> 1), i % 2 === 1])

test.each(seeds(0))('what had resolved survives the end of the process (seed %i, bodies apart: %s)', async (seed, apart) => {
  await run(seed, 'os', 'process', apart)
})

test.each(seeds(100))('with fsync it survives a power cut (seed %i, bodies apart: %s)', async (seed, apart) => {
  await run(seed, 'fsync', 'machine', apart)
})

test.each(seeds(200))('without fsync a power cut takes the last ones, and never half a chunk (seed %i, bodies apart: %s)', async (seed, apart) => {
  const random = new SeededRandom(seed)
  const clock = new VirtualClock()
  const disk = new CrashStore()
  const bodies = apart ? new CrashStore() : disk
  const store = await ChunkStore.open({ store: disk, bodies, base, clock, random }, { durability: 'os', maxBatch: 5 })
  const order: Chunk[] = []
  for (let n = 0; n < 60; n += 5) {
    const some = Array.from({ length: 5 }, (_, i) => chunk(n + i))
    await store.put(some)
    order.push(...some)
  }
  const after = disk.crash('machine', unsynced => random.integer(unsynced + 1))
  const bodiesAfter = apart ? bodies.crash('machine', unsynced => random.integer(unsynced + 1)) : after
  const again = await ChunkStore.open({ store: after, bodies: bodiesAfter, base, clock, random })
  for await (const fault of again.verify()) throw new Error(fault.code)
  const here = await again.hasMany(order.map(({ address }) => address))
  // The oldest are there without a gap.
  expect(here.lastIndexOf(true)).toBe(here.filter(Boolean).length - 1)
  expect(here.filter(Boolean)).toHaveLength(again.size)
})

test('after a power cut without fsync the epoch is another one, after a kill it is not', async () => {
  const random = new SeededRandom(1)
  const clock = new VirtualClock()
  const open = async (store: CrashStore, boot: string): Promise<ChunkStore> => ChunkStore.open({ store, base, clock, random }, { boot })
  let disk = new CrashStore()
  const first = await open(disk, 'monday')
  await first.put([chunk(1)])

  disk = disk.crash('process', () => 0)
  const killed = await open(disk, 'monday')
  expect(killed.epoch).toBe(first.epoch)
  await killed.put([chunk(2)])

  disk = disk.crash('machine', () => 0)
  const cut = await open(disk, 'tuesday')
  expect(cut.epoch).not.toBe(first.epoch)
  expect(await cut.has(chunk(2).address)).toBe(false)
  await cut.put([chunk(3)])
  await cut.close()

  // Closed in order: the machine may be switched off.
  disk = disk.crash('machine', () => 0)
  const later = await open(disk, 'wednesday')
  expect(later.epoch).toBe(cut.epoch)
  expect(await later.has(chunk(3).address)).toBe(true)
})
