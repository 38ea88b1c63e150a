import { ClassicLevel } from 'classic-level'
import { openError } from './errors.ts'
import { BLOCK_SIZE, CACHE_SIZE, MAX_BLOCK_SIZE, MAX_OPEN_FILES, MAX_WRITE_BUFFER_SIZE, MIN_OPEN_FILES, WRITE_BUFFER_SIZE, type LevelStoreOptions } from './options.ts'
import { LevelStore, type ByteLevel } from './store.ts'

/**
 * Opens the store in the folder `location`, and makes it where there is none.
 *
 * One process at a time holds a folder. An ordinary batch survives the end of the
 * process, a durable one also a power cut.
 *
 * @throws LevelStoreError - `STORE_LOCKED` while somebody else holds the folder,
 *   `STORE_CORRUPT`, `STORE_OPEN_FAILED`.
 * @throws RangeError - if the write buffer or a block is no size, or too large, or too few files may be open.
 *
 * @example
 * ```ts
 * import { levelStore } from '@skep/store-level'
 *
 * const store = await levelStore('data/chunks')
 * await store.close()
 * ```
 */
export async function levelStore (location: string, options: LevelStoreOptions = {}): Promise<LevelStore> {
  const { writeBufferSize = WRITE_BUFFER_SIZE, cacheSize = CACHE_SIZE, maxOpenFiles = MAX_OPEN_FILES, blockSize = BLOCK_SIZE } = options
  if (!(writeBufferSize > 0 && writeBufferSize <= MAX_WRITE_BUFFER_SIZE)) {
    throw new RangeError(`a write buffer is 1 to ${MAX_WRITE_BUFFER_SIZE} bytes, not ${writeBufferSize}`)
  }
  if (!(maxOpenFiles >= MIN_OPEN_FILES)) throw new RangeError(`at least ${MIN_OPEN_FILES} files are open, not ${maxOpenFiles}`)
  if (!(blockSize > 0 && blockSize <= MAX_BLOCK_SIZE)) throw new RangeError(`a block is 1 to ${MAX_BLOCK_SIZE} bytes, not ${blockSize}`)
  // Chunks do not compress: they are hashes, or somebody's encrypted or packed bytes.
  const level = new ClassicLevel<Uint8Array, Uint8Array>(location, {
    keyEncoding: 'view', valueEncoding: 'view', writeBufferSize, cacheSize, maxOpenFiles, blockSize, compression: false
  })
  try {
    await level.open()
  } catch (error) {
    throw openError(location, error)
  }
  return new LevelStore(level as ByteLevel, { snapshots: true, chained: true, durable: { sync: true } })
}
