/** How LevelDB uses memory. Browsers ignore all of it. */
export interface LevelStoreOptions {
  /**
   * Bytes LevelDB collects in memory before it writes a table; up to twice as many are
   * held. Defaults to 16 MiB, which is the most: more wins little (docs/performance.md).
   */
  readonly writeBufferSize?: number

  /** Bytes of uncompressed tables kept in memory for reading. Defaults to 8 MiB. */
  readonly cacheSize?: number
}

/** Measured: at 16 MiB LevelDB merges half as often as at 8, which is half of what writing costs it. */
export const WRITE_BUFFER_SIZE = 16 << 20

/** Above this the process grows faster than the rate. */
export const MAX_WRITE_BUFFER_SIZE = 16 << 20

/** LevelDB's own default. */
export const CACHE_SIZE = 8 << 20
