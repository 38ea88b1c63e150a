import type { Address, Random } from '@skep/interface'
import type { Bin } from '@skep/pot'
import type { Entry } from './entry.ts'
import type { Settings } from './options.ts'

/** Entries in order of proximity. Any tree of `@skep/pot` fits. */
export interface Entries<R, P> {
  readonly size: number

  /** The bins of `target` that are not empty, farthest first, from bin `from` on. */
  eachBin (target: Address, from?: number): Iterable<Bin<Entry<R, P>>>

  /** Those of one bin of `target`. */
  bin (target: Address, po: number): Entry<R, P>[]

  /** Those at proximity order `po` to `target` or nearer. */
  within (target: Address, po: number): Entry<R, P>[]

  get (overlay: Address): Entry<R, P> | undefined

  /** All with their proximity order to `target`, nearest bin first. */
  eachNeighbour (target: Address): Iterable<[entry: Entry<R, P>, po: number]>
}

/** What a policy may look at. */
export interface View<R = unknown, P = unknown> {
  readonly base: Address
  readonly settings: Settings
  /** Now, on the table's clock, in milliseconds. */
  readonly now: number
  /** Entries with a live connection of a full peer. */
  readonly live: Entries<R, P>
  /** All entries, live or not. */
  readonly known: Entries<R, P>
  /** Live full peers by proximity order to the base. */
  readonly sizes: readonly number[]
  /** Depth, as the policy gave it when peers changed last. */
  readonly depth: number
  /** How many attempts to dial there were so far. */
  readonly dials: number

  /** Whether there is a record to dial and no connection; says nothing of the wait. */
  dialable (entry: Entry<R, P>): boolean
}

/** What a policy has in mind. */
export interface Suggestion<R = unknown, P = unknown> {
  /** Whom to dial; `undefined` for nobody now. */
  readonly entry: Entry<R, P> | undefined
  /** A bin that lacks peers, where nobody known could be dialled to fill it. */
  readonly lacking?: number
  /** Whether others should be told of that: it was not so before. */
  readonly news?: boolean
}

/**
 * How a table decides: what its depth is, whom to dial next and how long to wait in
 * between. Pure but for what it notes in an entry.
 */
export interface Policy {
  readonly name: string

  /** Whether the last row of the table's text shows the nearest bin alone, rather than all from there on. */
  readonly lastRowAlone?: boolean

  /** Neighbourhood depth of the peers that are connected. */
  depth (view: View): number

  /** First bin that lacks peers, depth if none does; -1 where there is nobody at all. */
  saturation (view: View): number

  /** Whom to dial next. */
  suggest<R, P> (view: View<R, P>): Suggestion<R, P>

  /** From when on the entry may be dialled. */
  nextAttempt (entry: Entry<unknown, unknown>, view: View): number

  /** An attempt to dial begins. */
  dialled (entry: Entry<unknown, unknown>, view: View, random: Random): void

  /** A connection has begun, and counts in `view`. */
  connected (entry: Entry<unknown, unknown>, view: View): void

  /** A connection has ended, and still counts in `view`; `entry.since` says when it began. */
  disconnected (entry: Entry<unknown, unknown>, view: View): void
}

/** Makes the policy of one table; it may keep state of its own. */
export type PolicyOf = () => Policy
