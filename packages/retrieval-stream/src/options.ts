import { validators, type Validator } from '@skep/chunk'

/** Times are in milliseconds. */
export interface RetrievalOptions {
  /** Whether chunks that are fetched are stored here as well. Defaults to false. */
  readonly cache?: boolean

  /** Who decides what a chunk is, and so whether it is what was asked for. Defaults to those of `@skep/chunk`: content alone. */
  readonly validators?: readonly Validator[]

  /** How long the peers nearer to a chunk may take together. Defaults to 10,000 (limits.md). */
  readonly timeout?: number

  /** How long a retrieval of our own may take in all. Defaults to 20,000. */
  readonly deadline?: number

  /** Peers asked for one chunk at most, of the nearer ones and of the others each. Defaults to 8. */
  readonly maxAsked?: number

  /** Chunks that are fetched at the same time; more are answered as not found. Defaults to 1,024. */
  readonly maxOpen?: number

  /** How long it is remembered that nobody nearer has a chunk. Defaults to 2,000. */
  readonly negative?: number

  /** Chunks of which that is remembered. Defaults to 4,096. */
  readonly maxNegative?: number

  /** Hops that a request of ours may take. Defaults to 20 (limits.md). */
  readonly maxHops?: number
}

export const DEFAULTS: Required<RetrievalOptions> = {
  cache: false,
  validators,
  timeout: 10_000,
  deadline: 20_000,
  maxAsked: 8,
  maxOpen: 1_024,
  negative: 2_000,
  maxNegative: 4_096,
  maxHops: 20
}
