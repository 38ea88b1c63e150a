import type { BatchOptions, Operation, RangeOptions, Store } from '@skep/interface'
import { testStore, type StoreSuite } from '@skep/interface/compliance'
import { describe, expect, test } from 'vitest'
import { NaiveStore } from './naive-store.ts'

const reopen = async (store: Store): Promise<Store> => {
  const closed = store as NaiveStore
  await closed.close()
  return Object.assign(Object.create(Object.getPrototypeOf(closed)), closed, { closed: false })
}

/** The laws that fail, by name, without the suite's prefix. */
async function broken (make: () => Store, again: StoreSuite['reopen'] = reopen): Promise<string[]> {
  const laws: [string, () => Promise<void>][] = []
  testStore({ test: (name, law) => laws.push([name.replace('store: ', ''), law]), make, reopen: again! })
  const failed: string[] = []
  for (const [name, law] of laws) await law().catch(() => failed.push(name))
  return failed
}

/** One store per law that breaks it; the suite is not finished while a law has none. */
const culprits: Record<string, new () => Store> = {
  'a key that was never written is absent': class extends NaiveStore {
    protected override find (name: string): [string, Uint8Array] | undefined {
      return this.entries.find(([other]) => other.startsWith(name))
    }
  },
  'what was put is read back': class extends NaiveStore {
    override async get (key: Uint8Array): Promise<Uint8Array | undefined> {
      const value = await super.get(key)
      return value?.length === 0 ? undefined : value
    }
  },
  'a value of a mebibyte comes back whole': class extends NaiveStore {
    protected override take (value: Uint8Array): Uint8Array {
      return value.slice(0, 65_536)
    }
  },
  'keys and values are any bytes': class extends NaiveStore {
    protected override name (key: Uint8Array): string {
      return new TextDecoder().decode(key)
    }
  },
  'getMany answers in the order of the keys, absences included': class extends NaiveStore {
    override async getMany (keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
      const values = await super.getMany(keys)
      return keys.length === 1 ? values : values.filter(value => value !== undefined)
    }
  },
  'the store keeps its own copy': class extends NaiveStore {
    protected override take (value: Uint8Array): Uint8Array {
      return value
    }
  },
  'what the store returns belongs to the caller': class extends NaiveStore {
    protected override give (bytes: Uint8Array): Uint8Array {
      return bytes
    }
  },
  'what the store returns are plain Uint8Arrays': class extends NaiveStore {
    protected override give (bytes: Uint8Array): Uint8Array {
      return Buffer.from(bytes)
    }
  },
  'a view into a larger buffer counts by its own bytes': class extends NaiveStore {
    protected override take (value: Uint8Array): Uint8Array {
      return new Uint8Array(value.buffer.slice(0)).slice(0, value.length)
    }
  },
  'of operations on one key the last one counts': class extends NaiveStore {
    override async batch (operations: Operation[]): Promise<void> {
      const puts = operations.filter(({ type }) => type === 'put')
      const dels = operations.filter(({ type }) => type !== 'put')
      await super.batch([...puts, ...dels])
    }
  },
  'deleting what is not there is no error': class extends NaiveStore {
    protected override apply (operation: Operation): void {
      if (operation.type === 'del' && this.find(this.name(operation.key)) === undefined) throw new Error('not there')
      super.apply(operation)
    }
  },
  'a batch with an operation that cannot be is refused whole': class extends NaiveStore {
    override async batch (operations: Operation[]): Promise<void> {
      for (const operation of operations) await super.batch([operation])
    }
  },
  'nobody sees half a batch': class extends NaiveStore {
    override async batch (operations: Operation[]): Promise<void> {
      for (const { key } of operations) if (!(key instanceof Uint8Array)) throw new TypeError('no key')
      for (const operation of operations) {
        this.apply(operation)
        await Promise.resolve()
      }
    }
  },
  'batches at the same time all land': class extends NaiveStore {
    override async batch (operations: Operation[]): Promise<void> {
      const before = this.entries
      await super.batch(operations)
      const after = this.entries
      this.entries = before
      await Promise.resolve()
      this.entries = after
    }
  },
  'a range is in bytewise order': class extends NaiveStore {
    protected override order (a: string, b: string): number {
      return a.length - b.length || super.order(a, b)
    }
  },
  'a range begins at gte and ends before lt': class extends NaiveStore {
    protected override select (options: RangeOptions): [string, Uint8Array][] {
      const { gte, ...rest } = options
      return super.select(rest).filter(([name]) => gte === undefined || name > this.name(gte))
    }
  },
  'a range whose end is not after its beginning is empty': class extends NaiveStore {
    protected override select (options: RangeOptions): [string, Uint8Array][] {
      const { gte, lt } = options
      if (gte !== undefined && lt !== undefined && this.name(gte) > this.name(lt)) throw new Error('inverted')
      return super.select(options)
    }
  },
  'a limit counts entries from where the range begins': class extends NaiveStore {
    protected override select (options: RangeOptions): [string, Uint8Array][] {
      const { limit, ...rest } = options
      return super.select(limit === 0 ? rest : options)
    }
  },
  'a reverse range is the same entries from the end': class extends NaiveStore {
    protected override select (options: RangeOptions): [string, Uint8Array][] {
      const chosen = super.select({ ...options, reverse: false })
      return options.reverse === true ? chosen.reverse() : chosen
    }
  },
  'a long range comes whole': class extends NaiveStore {
    protected override select (options: RangeOptions): [string, Uint8Array][] {
      return super.select(options).slice(0, 256)
    }
  },
  'a range is what stood there when iteration began': class extends NaiveStore {
    override async * range (options?: RangeOptions): AsyncGenerator<[Uint8Array, Uint8Array]> {
      this.open()
      let i = 0
      while (true) {
        const entry = this.select(options ?? {})[i++]
        if (entry === undefined) return
        yield [this.give(this.key(entry[0])), this.give(entry[1])]
      }
    }
  },
  'an iteration may be left early': class extends NaiveStore {
    #reading = false
    override async * range (options?: RangeOptions): AsyncGenerator<[Uint8Array, Uint8Array]> {
      if (this.#reading) throw new Error('somebody reads')
      this.#reading = true
      yield * super.range(options)
      this.#reading = false
    }
  },
  'closing twice is no error': class extends NaiveStore {
    override async close (): Promise<void> {
      this.open()
      await super.close()
    }
  },
  'a closed store refuses everything': class extends NaiveStore {
    protected override open (): void {}
  },
  'what runs is finished before the store closes': class extends NaiveStore {
    override async get (key: Uint8Array): Promise<Uint8Array | undefined> {
      const value = await super.get(key)
      for (let i = 0; i < 100; i++) await Promise.resolve()
      return value
    }
  },
  'what was written is there after closing and opening': class extends NaiveStore {
    #synced: [string, Uint8Array][] = []
    override async batch (operations: Operation[], options?: BatchOptions): Promise<void> {
      await super.batch(operations)
      if (options?.durable === true) this.#synced = this.entries
    }
    override async close (): Promise<void> {
      await super.close()
      this.entries = this.#synced
    }
  }
}

test('a plain store keeps every law', async () => {
  expect(await broken(() => new NaiveStore())).toEqual([])
})

test('every law has a store that breaks it', () => {
  const laws: string[] = []
  testStore({ test: name => laws.push(name.replace('store: ', '')), make: () => new NaiveStore(), reopen })
  expect(Object.keys(culprits)).toEqual(laws)
})

describe('the suite catches a store that breaks', () => {
  test.each(Object.entries(culprits))('%s', async (law, Culprit) => {
    expect(await broken(() => new Culprit())).toContain(law)
  })
})
