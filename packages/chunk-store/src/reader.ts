import type { Address, Store } from '@skep/interface'
import { keyOf } from '@skep/pot'
import { addressKeys, dataKey, dataKeys } from './keys.ts'
import { decodeBody, decodeEntry, type Body, type Entry } from './records.ts'

/** Chunks in one generation of those whose place on disk is remembered: what was just stored or listed is read next. */
const REMEMBERED = 4_096

/** Chunks asked for before their order of access is written. */
const TOUCHES = 256

/** What the reader needs to know, and whom it tells. */
export interface ReaderNeeds {
  /** Whether it is certain that an address is not here, so that the disk need not be asked. */
  isAbsent (name: string): boolean
  /** Whether the order of access will matter soon. */
  worthTouching (): boolean
  /** The number of access below which a chunk counts as long unused. */
  lostOf (): number
  /** Enough was touched that it should be written down. */
  touched (): void
  /** A record is damaged. Called once a reading; the chunk is not served. */
  corrupt (address: Address, why: 'missing' | 'checksum', body: Uint8Array | undefined): void
}

/** Finds bodies by address, and serves none that is damaged. */
export class Reader {
  readonly #store: Store
  readonly #bodies: Store
  readonly #needs: ReaderNeeds
  /** In two generations: the older one goes whole when the younger is full. */
  #remembered = new Map<string, number>()
  #older = new Map<string, number>()
  #touched = new Map<string, Address>()

  constructor (store: Store, bodies: Store, needs: ReaderNeeds) {
    this.#store = store
    this.#bodies = bodies
    this.#needs = needs
  }

  /** Remembers where the body of an address lies. It is only a hint: what is read is checked. */
  remember (name: string, seq: number): void {
    if (this.#remembered.size >= REMEMBERED) {
      this.#older = this.#remembered
      this.#remembered = new Map()
    }
    this.#remembered.set(name, seq)
  }

  /** Hands over what was touched since the last time, in order. */
  takeTouched (): Address[] {
    if (this.#touched.size === 0) return []
    const addresses = [...this.#touched.values()]
    this.#touched = new Map()
    return addresses
  }

  async read (addresses: readonly Address[]): Promise<(Body | undefined)[]> {
    const touching = this.#needs.worthTouching()
    const names = addresses.map(keyOf)
    const seqs = names.map(name => touching ? undefined : this.#recall(name))
    const unknown: number[] = []
    for (let i = 0; i < names.length; i++) if (seqs[i] === undefined && !this.#needs.isAbsent(names[i]!)) unknown.push(i)
    const entries = await this.#entries(unknown.map(i => addresses[i]!))
    for (const [n, i] of unknown.entries()) {
      const entry = entries[n]
      seqs[i] = entry?.seq
      if (touching && entry !== undefined) this.#touch(addresses[i]!, entry)
    }
    const known = seqs.filter(seq => seq !== undefined)
    const records = known.length === 0 ? [] : await this.#bodies.getMany(dataKeys(known))
    let at = 0
    const found: (Body | undefined)[] = []
    for (let i = 0; i < addresses.length; i++) {
      const address = addresses[i]!
      const record = seqs[i] === undefined ? undefined : records[at++]
      const body = record === undefined ? undefined : decodeBody(record, address)
      // Absent, or the hint was old, or it was deleted meanwhile, or it is damaged: looked at closely.
      found.push(body !== undefined || seqs[i] === undefined ? body : await this.#closely(address))
    }
    return found
  }

  async #closely (address: Address): Promise<Body | undefined> {
    this.#remembered.delete(keyOf(address))
    this.#older.delete(keyOf(address))
    const [entry] = await this.#entries([address])
    if (entry === undefined) return undefined
    const record = await this.#bodies.get(dataKey(entry.seq))
    const body = record === undefined ? undefined : decodeBody(record, address)
    if (body !== undefined) return body
    const [still] = await this.#entries([address])
    if (still?.seq === entry.seq) this.#needs.corrupt(address, record === undefined ? 'missing' : 'checksum', record)
    return undefined
  }

  async #entries (addresses: readonly Address[]): Promise<(Entry | undefined)[]> {
    if (addresses.length === 0) return []
    const records = await this.#store.getMany(addressKeys(addresses))
    return records.map(record => record === undefined ? undefined : decodeEntry(record))
  }

  #recall (name: string): number | undefined {
    return this.#remembered.get(name) ?? this.#older.get(name)
  }

  #touch (address: Address, entry: Entry): void {
    if (entry.pinned || entry.access >= this.#needs.lostOf()) return
    this.#touched.set(keyOf(address), address)
    // Told again with each one more, in case the queue was full.
    if (this.#touched.size >= TOUCHES) this.#needs.touched()
  }
}
