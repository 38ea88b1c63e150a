import type { Validator } from '@skep/chunk'
import type { Address, Store } from '@skep/interface'
import { same } from './bytes.ts'
import { BINS, type Counters } from './counters.ts'
import { addressKey, addressOf, addressRange, dataKey, dataRange, numberOf } from './keys.ts'
import { holdsTrue } from './options.ts'
import { findPages, walkPlaces } from './places.ts'
import type { Plan } from './plan.ts'
import { addressOfBody, decodeBody, decodeEntry, PLACE_SIZE, readPlace, type Entry, type Place } from './records.ts'

/** Something `verify` found, and what `repair` does about it. */
export interface Fault {
  /**
   * - `BODY_MISSING`, `BODY_DAMAGED`, `BODY_INVALID`: the chunk is moved to quarantine.
   * - `ENTRY_DAMAGED`: what was known of the address is removed; its place becomes a tombstone.
   * - `PLACE_WRONG`: the place in the bin's sequence is written again, or the chunk removed when that is another's.
   * - `PLACE_DANGLING`: a place that points at nothing becomes a tombstone.
   * - `COUNT_WRONG`: the chunks of the bin are counted again.
   * - `BODY_STRAY`: a body in a Store of bodies that nothing points at is deleted.
   */
  readonly code: 'BODY_MISSING' | 'BODY_DAMAGED' | 'BODY_INVALID' | 'BODY_STRAY' | 'ENTRY_DAMAGED' | 'PLACE_WRONG' | 'PLACE_DANGLING' | 'COUNT_WRONG'
  /** The chunk, where it is known. */
  readonly address?: Address
  readonly bin?: number
  readonly index?: number
}

/** A fault with its remedy. */
export interface Finding {
  readonly fault: Fault
  /** Every address the remedy asks the plan about. */
  readonly addresses: readonly Address[]
  readonly mend: (plan: Plan) => void
}

/** Chunks looked at together. */
const PAGE = 64

/** Walks everything on disk: bodies against addresses, places against entries, counts against both. */
export async function * findFaults (store: Store, bodies: Store, counters: Counters, validators: readonly Validator[]): AsyncGenerator<Finding> {
  const live = Array.from({ length: BINS }, () => 0)
  let after: Uint8Array | undefined
  while (true) {
    const page: [key: Uint8Array, record: Uint8Array][] = []
    for await (const item of store.range({ ...addressRange(after), limit: PAGE })) page.push(item)
    if (page.length === 0) break
    after = page.at(-1)![0]
    yield * checkEntries(store, bodies, validators, page, live)
  }
  for (let bin = 0; bin < BINS; bin++) {
    yield * checkPlaces(store, bin, counters.last[bin]!)
    const count = live[bin]!
    if (count !== counters.live[bin]) yield { fault: { code: 'COUNT_WRONG', bin }, addresses: [], mend: plan => plan.recount(bin, count) }
  }
  if (bodies !== store) yield * checkBodies(store, bodies, counters)
}

/** Looks for bodies that nothing points at. Those of a batch that is being written are left alone. */
async function * checkBodies (store: Store, bodies: Store, counters: Counters): AsyncGenerator<Finding> {
  const { next } = counters
  let from = 1
  while (from < next) {
    const page: { seq: number, address: Address }[] = []
    let seen = 0
    for await (const [key, record] of bodies.range({ ...dataRange(from), limit: PAGE })) {
      seen++
      from = numberOf(key) + 1
      if (from <= next) page.push({ seq: from - 1, address: addressOfBody(record) })
    }
    const entries = await store.getMany(page.map(({ address }) => addressKey(address)))
    for (const [i, { seq, address }] of page.entries()) {
      const entry = entries[i] === undefined ? undefined : decodeEntry(entries[i])
      if (entry?.seq !== seq) yield { fault: { code: 'BODY_STRAY', address }, addresses: [], mend: plan => plan.drop(seq) }
    }
    if (seen < PAGE) return
  }
}

async function * checkEntries (
  store: Store, bodyStore: Store, validators: readonly Validator[], page: readonly [Uint8Array, Uint8Array][], live: number[]
): AsyncGenerator<Finding> {
  const known: { address: Address, entry: Entry }[] = []
  for (const [key, record] of page) {
    const address = addressOf(key)
    const entry = decodeEntry(record)
    if (entry !== undefined && entry.bin < BINS) known.push({ address, entry })
    else yield { fault: { code: 'ENTRY_DAMAGED', address }, addresses: [], mend: plan => plan.forget(address) }
  }
  const bodies = await bodyStore.getMany(known.map(({ entry }) => dataKey(entry.seq)))
  const pages = await findPages(store, known.map(({ entry }) => entry))
  for (const [i, { address, entry }] of known.entries()) {
    const body = bodies[i]
    const fault = { address, bin: entry.bin, index: entry.index }
    const quarantine = { addresses: [address], mend: (plan: Plan) => plan.quarantine(address, body) }
    const sound = body === undefined ? undefined : decodeBody(body, address)
    const page = pages[i]
    const place = page === undefined ? undefined : readPlace(page.record, (entry.index - page.first) * PLACE_SIZE)
    if (body === undefined) yield { fault: { code: 'BODY_MISSING', ...fault }, ...quarantine }
    else if (sound === undefined) yield { fault: { code: 'BODY_DAMAGED', ...fault }, ...quarantine }
    else if (sound.kind !== entry.kind || !holdsTrue(validators, entry.kind, address, sound.data)) yield { fault: { code: 'BODY_INVALID', ...fault }, ...quarantine }
    else {
      live[entry.bin]!++
      if (place?.state === 'live' && place.seq === entry.seq && same(place.address, address)) continue
      const holder = place?.state === 'live' ? place.address : undefined
      yield { fault: { code: 'PLACE_WRONG', ...fault }, addresses: holder === undefined ? [address] : [address, holder], mend: plan => plan.replant(address, holder) }
    }
  }
}

async function * checkPlaces (store: Store, bin: number, last: number): AsyncGenerator<Finding> {
  for (let from = 1, next: number; from <= last; from = next) {
    const lively: { index: number, place: Place }[] = []
    next = await walkPlaces(store, bin, from, last, PAGE, (index, { record }, at) => {
      const place = readPlace(record, at)
      if (place?.state !== 'live') return false
      lively.push({ index, place })
      return true
    })
    if (next === from) return
    const entries = await store.getMany(lively.map(({ place }) => addressKey(place.address)))
    for (const [i, { index, place }] of lively.entries()) {
      const entry = entries[i] === undefined ? undefined : decodeEntry(entries[i])
      if (entry?.bin === bin && entry.index === index) continue
      yield { fault: { code: 'PLACE_DANGLING', bin, index, address: place.address }, addresses: [], mend: plan => plan.bury(bin, index, place) }
    }
  }
}
