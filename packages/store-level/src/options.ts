/** How LevelDB uses memory. Browsers ignore all of it. */
export interface LevelStoreOptions {
  /**
   * Bytes LevelDB collects in memory before it writes a table; up to twice as many are
   * held. Defaults to 16 MiB, which is the most: more wins little (docs/performance.md).
   */
  readonly writeBufferSize?: number

  /** Bytes of uncompressed tables kept in memory for reading. Defaults to 8 MiB. */
  readonly cacheSize?: number

  /**
   * Tables that are open at a time. What was read of them counts as memory of the process,
   * though the system may take it back; a table that must be opened again costs a reading some
   * 50 us. At least 74, which LevelDB takes 10 of for other uses; defaults to 1,000.
   */
  readonly maxOpenFiles?: number

  /**
   * Bytes of entries that make up a block, the unit in which tables are written and looked
   * through. LevelDB writes each block to the file on its own, so where entries are as large as
   * chunks a larger block saves it a call for each. Defaults to 4 KiB, LevelDB's own.
   */
  readonly blockSize?: number
}

/** Measured: at 16 MiB LevelDB merges half as often as at 8, which is half of what writing costs it. */
export const WRITE_BUFFER_SIZE = 16 << 20

/** Above this the process grows faster than the rate. */
export const MAX_WRITE_BUFFER_SIZE = 16 << 20

/** LevelDB's own default. */
export const MAX_OPEN_FILES = 1_000

/** LevelDB takes less for this. */
export const MIN_OPEN_FILES = 74

/** LevelDB's own default. */
export const CACHE_SIZE = 8 << 20

/** LevelDB's own default. */
export const BLOCK_SIZE = 4 << 10

/** Above this a block is as large as a table. */
export const MAX_BLOCK_SIZE = 1 << 20
