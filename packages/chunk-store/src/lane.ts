import type { Address, Store } from '@skep/interface'
import { keyOf } from '@skep/pot'
import { accessRange, addressKeys, numberOf } from './keys.ts'
import { walkPlaces, type PlacePage } from './places.ts'
import type { Plan } from './plan.ts'
import { decodeEntry, isListed, readPlace, type Entry } from './records.ts'

/** Candidates read at once, at most. */
const PAGE = 64

/** A chunk that may be deleted. */
export interface Candidate {
  readonly address: Address
  readonly name: string
  readonly entry: Entry
  /** Where its place is, if that was read. */
  readonly page?: PlacePage
}

/** Candidates of one bin in order of access, read page by page. */
export abstract class Lane {
  protected readonly store: Store
  protected readonly plan: Plan
  protected readonly bin: number
  #page: Candidate[] = []
  #at = 0
  #ended = false
  #size: number

  /** @param size - candidates to be read first; each further page has twice as many as the one before, up to the most. */
  constructor (store: Store, plan: Plan, bin: number, size: number) {
    this.store = store
    this.plan = plan
    this.bin = bin
    this.#size = Math.min(size, PAGE)
  }

  /** The longest unused one that was not taken yet; `undefined` when there is none left, or {@link Lane.fill} is to be called. */
  get head (): Candidate | undefined {
    return this.#page[this.#at]
  }

  /** Whether the next one is not known. */
  get empty (): boolean {
    return this.#at === this.#page.length && !this.#ended
  }

  /** Reads on, until the next one is known or there is none. */
  async fill (): Promise<void> {
    while (this.empty) {
      const page = await this.load(this.#size)
      if (page === undefined) this.#ended = true
      this.#page = page ?? []
      this.#at = 0
      this.#size = Math.min(2 * this.#size, PAGE)
    }
  }

  take (): void {
    this.#at++
  }

  /** Reads the next page, of so many candidates at most; `undefined` after the last one. */
  protected abstract load (limit: number): Promise<Candidate[] | undefined>

  protected async entries (addresses: readonly Address[]): Promise<(Entry | undefined)[]> {
    const records = await this.store.getMany(addressKeys(addresses))
    return records.map(record => record === undefined ? undefined : decodeEntry(record))
  }
}

/** Those that were asked for since they came. */
export class ListedLane extends Lane {
  #after = 0

  protected override async load (limit: number): Promise<Candidate[] | undefined> {
    const page: { address: Address, access: number }[] = []
    for await (const [key, address] of this.store.range({ ...accessRange(this.bin, this.#after + 1), limit })) page.push({ address, access: numberOf(key) })
    if (page.length === 0) return undefined
    this.#after = page.at(-1)!.access
    const entries = await this.entries(page.map(({ address }) => address))
    return page.flatMap(({ address, access }, i) => {
      const name = keyOf(address)
      const entry = entries[i]
      return entry?.access === access && !this.plan.concerns(name) ? [{ address, name, entry }] : []
    })
  }
}

/** Those that were never asked for, in the order they came; it notes how far there are none left. */
export class UnlistedLane extends Lane {
  #next: number | undefined
  #sweeping = true

  protected override async load (limit: number): Promise<Candidate[] | undefined> {
    const { counters } = this.plan
    this.#next ??= counters.swept[this.bin]! + 1
    const lively: { address: Address, index: number, page: PlacePage }[] = []
    const next = await walkPlaces(this.store, this.bin, this.#next, undefined, limit, (index, page, at) => {
      const place = readPlace(page.record, at)
      if (place?.state === 'live') lively.push({ address: place.address, index, page })
      return true
    })
    if (next === this.#next) return undefined
    this.#next = next
    const entries = await this.entries(lively.map(({ address }) => address))
    const unlisted = lively.flatMap(({ address, index, page }, i) => {
      const entry = entries[i]
      return entry?.index === index && !entry.pinned && !isListed(entry) ? [{ address, name: keyOf(address), entry, page }] : []
    })
    if (this.#sweeping) counters.swept[this.bin] = (unlisted[0]?.entry.index ?? next) - 1
    if (unlisted.length > 0) this.#sweeping = false
    return unlisted.filter(({ name }) => !this.plan.concerns(name))
  }
}
