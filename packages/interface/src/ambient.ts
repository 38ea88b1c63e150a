/** Time, as an argument. */
export interface Clock {
  /** Monotonic time in milliseconds, from an arbitrary origin. */
  now (): number

  /** Wall-clock time in milliseconds since 1970-01-01 UTC. It may jump. */
  wall (): number

  /**
   * Calls `fn` once, `ms` milliseconds from now, never before this call returns.
   *
   * @returns a function that cancels the call; idempotent, and harmless afterwards.
   */
  after (ms: number, fn: () => void): () => void
}

/** Randomness, as an argument. */
export interface Random {
  /** Makes `n` fresh random bytes; cryptographically strong in production. */
  bytes (n: number): Uint8Array

  /** Makes a number in `[0, 1)`. */
  float (): number
}
