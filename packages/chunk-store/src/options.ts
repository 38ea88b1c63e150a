import { validators, type Kind, type Validator } from '@skep/chunk'
import type { Address } from '@skep/interface'
import type { Insurance } from './records.ts'

/**
 * What a put that has resolved survives.
 *
 * - `memory`: nothing is promised beyond this process. Costs what `os` does today.
 * - `os`: the end of the process, however sudden. A power cut may take the last ones.
 * - `fsync`: a power cut too. Every batch waits for the disk.
 */
export type Durability = 'memory' | 'os' | 'fsync'

/** A chunk that is to be deleted to make room. */
export interface Deletion {
  readonly address: Address
  readonly kind: Kind
  readonly bin: number
  readonly insured?: Insurance
}

/** A chunk whose record turned out to be damaged. It is not served, and counts as absent from now on. */
export interface Corruption {
  readonly address: Address
  readonly kind: Kind
  readonly bin: number
  /** What is wrong: the body is missing, its checksum fails, or its data is not what the address says. */
  readonly why: 'missing' | 'checksum' | 'invalid'
}

export interface ChunkStoreOptions {
  /** Chunks at most. Defaults to 5,000,000, as the original's (chunk.md §6). */
  readonly capacity?: number

  /** Defaults to `os`. */
  readonly durability?: Durability

  /**
   * Names the run of the machine, in Linux the `boot_id` of the kernel. When it changed while
   * the store was open, the machine stopped without warning: chunks not yet on disk are gone,
   * and a new epoch tells peers that indices may be given out anew. Empty by default: then
   * that goes unnoticed, unless `durability` is `fsync`, with which nothing is lost.
   */
  readonly boot?: string

  /** Says the neighbourhood depth: bins at it and above are never deleted to make room. By default all bins may be. */
  readonly depth?: () => number

  /** Approves a deletion to make room; a refused chunk is asked about again later. By default all are approved. */
  readonly approve?: (deletion: Deletion) => boolean | Promise<boolean>

  /** Is told of each damaged record, once. */
  readonly onCorrupt?: (corruption: Corruption) => void

  /**
   * Who decides what a chunk is, where a put does not say, and whether it still is that.
   * Defaults to those of `@skep/chunk`. A kind without a validator is believed.
   */
  readonly validators?: readonly Validator[]

  /** Chunks that may wait to be written; a put beyond is refused. Defaults to 16,384: 64 MiB. */
  readonly maxQueued?: number

  /** Chunks written in one batch at most; a larger put is cut. Defaults to 256: 1 MiB. */
  readonly maxBatch?: number

  /** Damaged bodies kept for whoever looks into it. Defaults to 64. */
  readonly maxQuarantine?: number
}

export const DEFAULTS = {
  capacity: 5_000_000,
  durability: 'os',
  boot: '',
  depth: (): number => Infinity,
  approve: (): boolean => true,
  onCorrupt: (): void => {},
  validators,
  maxQueued: 16_384,
  maxBatch: 256,
  maxQuarantine: 64
} satisfies Required<ChunkStoreOptions>

/** What travels beside the chunks of a put. */
export interface PutOptions {
  /** What the chunks are, when the caller has validated them. They are validated here otherwise. */
  readonly kind?: Kind

  /** Never delete these to make room. */
  readonly pinned?: boolean

  /** Who vouches for them, and until when: they are not deleted to make room before. */
  readonly insured?: Insurance
}

/** How chunks are read. */
export interface ReadOptions {
  /** Validate the chunk by its address as well. The record's checksum is compared always. Defaults to false. */
  readonly verify?: boolean
}

/** Whether data is still what its address and kind say; true for a kind nobody validates. */
export function holdsTrue (validators: readonly Validator[], kind: Kind, address: Address, data: Uint8Array): boolean {
  const competent = validators.filter(validator => validator.kind === kind)
  return competent.length === 0 || competent.some(validator => validator.accepts(address, data))
}
