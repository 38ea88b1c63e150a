import type { Address, Operation, Random, Store } from '@skep/interface'
import { ADDRESS_SIZE, same } from './bytes.ts'
import { Counters } from './counters.ts'
import { ChunkStoreError } from './errors.ts'
import { COUNTERS_KEY, FORMAT_KEY, SESSION_KEY } from './keys.ts'

/** Identifies one life of a store: 16 hex characters, drawn when it is created, and when it may have
 * forgotten its last indices. Indices mean something only with it. */
export type Epoch = string

/** The version of what is on disk. Part of the format: first byte of its first record. */
const VERSION = 1

const EPOCH_SIZE = 8

/**
 * Reads what describes the store, or makes it where there is nothing yet.
 *
 * @param boot - names the run of the machine; see `ChunkStoreOptions`.
 * @throws ChunkStoreError - `CHUNK_STORE_VERSION`, `CHUNK_STORE_FOREIGN`, `CHUNK_STORE_CORRUPT`.
 */
export async function openRecords (store: Store, base: Address, random: Random, boot: string): Promise<{ epoch: Epoch, counters: Counters }> {
  const [format, record, session] = await store.getMany([FORMAT_KEY, COUNTERS_KEY, SESSION_KEY])
  if (format === undefined) {
    const epoch = random.bytes(EPOCH_SIZE)
    const counters = new Counters()
    await store.batch([
      { type: 'put', key: FORMAT_KEY, value: Uint8Array.of(VERSION, ...epoch, ...base) },
      { type: 'put', key: COUNTERS_KEY, value: counters.encode() },
      { type: 'put', key: SESSION_KEY, value: encodeSession(false, boot) }
    ], { durable: true })
    return { epoch: hex(epoch), counters }
  }
  if (format[0] !== VERSION) throw new ChunkStoreError('CHUNK_STORE_VERSION', `the store is of version ${format[0]}, and ${VERSION} is known here`)
  const counters = record === undefined ? undefined : Counters.decode(record)
  if (format.length !== 1 + EPOCH_SIZE + ADDRESS_SIZE || counters === undefined) {
    throw new ChunkStoreError('CHUNK_STORE_CORRUPT', 'the records that describe the store are damaged')
  }
  if (!same(format.subarray(1 + EPOCH_SIZE), base)) throw new ChunkStoreError('CHUNK_STORE_FOREIGN', 'the store was made for another base address')
  const operations: Operation[] = [{ type: 'put', key: SESSION_KEY, value: encodeSession(false, boot) }]
  if (session !== undefined && mayHaveForgotten(session, boot)) {
    format.set(random.bytes(EPOCH_SIZE), 1)
    operations.push({ type: 'put', key: FORMAT_KEY, value: format })
  }
  await store.batch(operations, { durable: true })
  return { epoch: hex(format.subarray(1, 1 + EPOCH_SIZE)), counters }
}

/** Writes that everything up to now is on disk. */
export async function closeRecords (store: Store, boot: string): Promise<void> {
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
