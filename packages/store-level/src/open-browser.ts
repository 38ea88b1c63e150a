// abstract-level requires `events` and does not declare it; here it is for bundlers to find.
import 'events'
import { BrowserLevel } from 'browser-level'
import { openError } from './errors.ts'
import type { LevelStoreOptions } from './options.ts'
import { LevelStore, type ByteLevel } from './store.ts'

/**
 * Opens the IndexedDB database named `location`, and makes it where there is none.
 *
 * Batches are as durable as the browser makes them. A range is read whole before its
 * first entry comes, so give it a limit where values are large.
 *
 * @throws LevelStoreError - `STORE_OPEN_FAILED`.
 */
export async function levelStore (location: string, _options: LevelStoreOptions = {}): Promise<LevelStore> {
  const level = new BrowserLevel<Uint8Array, Uint8Array>(location, { keyEncoding: 'view', valueEncoding: 'view' })
  try {
    await level.open()
  } catch (error) {
    throw openError(location, error)
  }
  return new LevelStore(level as ByteLevel, { snapshots: false, chained: false })
}
