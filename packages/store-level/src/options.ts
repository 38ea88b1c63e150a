/** How LevelDB uses memory. Browsers ignore all of it. */
export interface LevelStoreOptions {
  /**
   * Bytes LevelDB collects in memory before it writes a table; up to twice as many are
   * held. Defaults to 8 MiB, at most 16 MiB: more wins little (docs/performance.md).
   */
  readonly writeBufferSize?: number

  /** Bytes of uncompressed tables kept in memory for reading. Defaults to 8 MiB. */
  readonly cacheSize?: number
}

/** Measured: half of LevelDB's gain over its default of 4 MiB, at about 90 MiB of process memory. */
export const WRITE_BUFFER_SIZE = 8 << 20

/** Above this the process grows faster than the rate. */
export const MAX_WRITE_BUFFER_SIZE = 16 << 20

/** LevelDB's own default. */
export const CACHE_SIZE = 8 << 20
