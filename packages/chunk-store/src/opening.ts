import type { Address, Operation, Random, Store } from '@skep/interface'
import { ADDRESS_SIZE, same } from './bytes.ts'
import { Counters } from './counters.ts'
import { ChunkStoreError } from './errors.ts'
import { COUNTERS_KEY, dataKey, dataRange, FENCES, FORMAT_KEY, graveRange, numberOf, SESSION_KEY } from './keys.ts'

/** Identifies one life of a store: 16 hex characters, drawn when it is created, and when it may have
 * forgotten its last indices. Indices mean something only with it. */
export type Epoch = string

/** The version of what is on disk. Part of the format: first byte of its first record. */
const VERSION = 2

/** The version before, in which each place had a record to itself: a page of one place, so it is read as it is. */
const SINGLE_PLACES = 1

/** The version of what lies in a Store of bodies, which did not change: its twin is asked first, and refuses for both. */
const BODIES_VERSION = 1

const EPOCH_SIZE = 8

/** Bytes by which a store and its Store of bodies know each other. */
const TWIN_SIZE = 8

/** Puts the fences where they are, whether they are there or not. */
const fences: readonly Operation[] = FENCES.map(key => ({ type: 'put', key, value: new Uint8Array() }))

/** Bodies deleted in one batch. */
const PAGE = 128

/**
 * Reads what describes the store, or makes it where there is nothing yet.
 *
 * @param bodies - where bodies lie; `store` itself where they have no Store of their own.
 * @param boot - names the run of the machine; see `ChunkStoreOptions`.
 * @throws ChunkStoreError - `CHUNK_STORE_VERSION`, `CHUNK_STORE_FOREIGN`, `CHUNK_STORE_BODIES`, `CHUNK_STORE_CORRUPT`.
 */
export async function openRecords (
  { store, bodies, base, random }: { store: Store, bodies: Store, base: Address, random: Random }, boot: string
): Promise<{ epoch: Epoch, counters: Counters }> {
  const apart = bodies !== store
  const [format, record, session] = await store.getMany([FORMAT_KEY, COUNTERS_KEY, SESSION_KEY])
  if (format === undefined) {
    const epoch = random.bytes(EPOCH_SIZE)
    const counters = new Counters()
    const twin = apart ? random.bytes(TWIN_SIZE) : []
    if (apart) {
      for await (const _ of bodies.range({ ...dataRange(0), limit: 1 })) throw new ChunkStoreError('CHUNK_STORE_BODIES', 'the bodies of another store are there')
      await bodies.batch([{ type: 'put', key: FORMAT_KEY, value: Uint8Array.of(BODIES_VERSION, ...twin) }], { durable: true })
    }
    await store.batch([
      { type: 'put', key: FORMAT_KEY, value: Uint8Array.of(VERSION, ...epoch, ...base, ...twin) },
      { type: 'put', key: COUNTERS_KEY, value: counters.encode() },
      { type: 'put', key: SESSION_KEY, value: encodeSession(false, boot) },
      ...fences
    ], { durable: true })
    return { epoch: hex(epoch), counters }
  }
  const isOlder = format[0] === SINGLE_PLACES
  if (format[0] !== VERSION && !isOlder) throw new ChunkStoreError('CHUNK_STORE_VERSION', `the store is of version ${format[0]}, and ${VERSION} is known here`)
  const counters = record === undefined ? undefined : Counters.decode(record)
  const twin = format.subarray(1 + EPOCH_SIZE + ADDRESS_SIZE)
  if (format.length < 1 + EPOCH_SIZE + ADDRESS_SIZE || (twin.length !== 0 && twin.length !== TWIN_SIZE) || counters === undefined) {
    throw new ChunkStoreError('CHUNK_STORE_CORRUPT', 'the records that describe the store are damaged')
  }
  await checkTwin(twin, apart ? bodies : undefined)
  if (!same(format.subarray(1 + EPOCH_SIZE, 1 + EPOCH_SIZE + ADDRESS_SIZE), base)) throw new ChunkStoreError('CHUNK_STORE_FOREIGN', 'the store was made for another base address')
  const operations: Operation[] = [{ type: 'put', key: SESSION_KEY, value: encodeSession(false, boot) }, ...fences]
  const hasForgotten = session !== undefined && mayHaveForgotten(session, boot)
  if (hasForgotten) format.set(random.bytes(EPOCH_SIZE), 1)
  // Before the first page is written, so that who cannot read one refuses.
  format[0] = VERSION
  if (hasForgotten || isOlder) operations.push({ type: 'put', key: FORMAT_KEY, value: format })
  await store.batch(operations, { durable: true })
  return { epoch: hex(format.subarray(1, 1 + EPOCH_SIZE)), counters }
}

async function checkTwin (twin: Uint8Array, bodies: Store | undefined): Promise<void> {
  if (bodies === undefined && twin.length > 0) throw new ChunkStoreError('CHUNK_STORE_BODIES', 'the bodies lie in a Store of their own, which was not given')
  if (bodies === undefined) return
  if (twin.length === 0) throw new ChunkStoreError('CHUNK_STORE_BODIES', 'the bodies lie in the store itself, and not in a Store of their own')
  const theirs = await bodies.get(FORMAT_KEY)
  if (theirs?.length !== 1 + TWIN_SIZE || !same(theirs.subarray(1), twin)) throw new ChunkStoreError('CHUNK_STORE_BODIES', 'these are the bodies of another store')
}

/**
 * Brings a store and its Store of bodies in step, where a process ended between the two:
 * deletes the bodies that nothing points at yet, and those that nothing points at any more.
 *
 * @returns the number of the last body that is here: whatever has a higher one was lost.
 */
export async function settleBodies (store: Store, bodies: Store, counters: Counters): Promise<number> {
  await sweep(bodies.range(dataRange(counters.next)), async page => bodies.batch(page.map(([key]) => ({ type: 'del', key }))))
  await sweep(store.range(graveRange()), async page => {
    // Only when the body is gone for good may the note go.
    await bodies.batch(page.map(([key]) => ({ type: 'del', key: dataKey(numberOf(key)) })), { durable: true })
    await store.batch(page.map(([key]) => ({ type: 'del', key })))
  })
  for await (const [key] of bodies.range({ ...dataRange(0), reverse: true, limit: 1 })) return numberOf(key)
  return 0
}

async function sweep (range: AsyncIterable<[Uint8Array, Uint8Array]>, act: (page: [Uint8Array, Uint8Array][]) => Promise<void>): Promise<void> {
  let page: [Uint8Array, Uint8Array][] = []
  for await (const item of range) {
    if (page.push(item) < PAGE) continue
    await act(page)
    page = []
  }
  if (page.length > 0) await act(page)
}

/** Brings down to the disk whatever was written to a Store of bodies: a batch that is synced takes all before it along. */
export async function syncBodies (bodies: Store): Promise<void> {
  await bodies.batch([{ type: 'del', key: dataKey(0) }], { durable: true })
}

/** Writes that everything up to now is on disk. */
export async function closeRecords (store: Store, bodies: Store, boot: string): Promise<void> {
  if (bodies !== store) await syncBodies(bodies)
  await store.batch([{ type: 'put', key: SESSION_KEY, value: encodeSession(true, boot) }], { durable: true })
}

/**
 * Whether the machine stopped while the store was open: the last chunks may be gone, and
 * their indices with them, which peers may have noted down already.
 */
function mayHaveForgotten (session: Uint8Array, boot: string): boolean {
  const before = new TextDecoder().decode(session.subarray(1))
  return session[0] === 0 && before !== '' && boot !== '' && before !== boot
}

function encodeSession (clean: boolean, boot: string): Uint8Array {
  return Uint8Array.of(clean ? 1 : 0, ...new TextEncoder().encode(boot))
}

function hex (bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
