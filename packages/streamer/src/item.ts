import type { BatchState } from './batch.ts'
import { FewMap } from './few-map.ts'
import type { PeerState } from './peer-state.ts'
import type { AskState } from './status.ts'
import type { Timer } from './timers.ts'

/** Somebody here asks for one item by its id. */
export interface Fetch {
  readonly id: Uint8Array
  /** Whom to ask, in order; taken from the front. */
  readonly candidates: PeerState[]
  readonly hops: number
  settled: boolean
}

/** Most items are wanted by streams alone: they share this. */
const NOBODY: ReadonlySet<Fetch> = new Set()

const isUnderWay = (state: AskState): boolean => state === 'pending' || state === 'checking'
const isLate = (state: AskState): boolean => state === 'late'

/** One place where a batch waits for an item. */
interface Ref {
  readonly batch: BatchState
  readonly i: number
}

/** One item that is wanted here, by however many batches and fetches. */
export class Item {
  readonly id: Uint8Array
  readonly key: string
  /** The batches that wait for it, by space. Their peers are its sources. */
  readonly refs = new FewMap<string, Ref[]>()
  readonly asked = new FewMap<PeerState, AskState>()
  #fetches: Set<Fetch> | undefined
  /** A body of it is being checked and stored. */
  checking = false
  /** Nobody waits for it any more. */
  over = false
  hedge: Timer | undefined

  constructor (id: Uint8Array, key: string) {
    this.id = id
    this.key = key
  }

  /** Whether somebody was asked and is not known to be late, or a body is here. */
  get underWay (): boolean {
    return this.checking || this.asked.some(isUnderWay)
  }

  /** Those who ask for it by its id. */
  get fetches (): ReadonlySet<Fetch> {
    return this.#fetches ?? NOBODY
  }

  /** Somebody asks for it by its id, too. */
  begin (fetch: Fetch): void {
    this.#fetches ??= new Set()
    this.#fetches.add(fetch)
  }

  /** Somebody does so no more. @returns whether that fetch had begun here. */
  end (fetch: Fetch): boolean {
    return this.#fetches?.delete(fetch) === true
  }

  /** Whether somebody asked may still deliver. */
  get hopeful (): boolean {
    return this.underWay || this.asked.some(isLate)
  }
}

/** How far a request for an item may be passed on: as far as the one who lets it go farthest says. */
export function hopsOf ({ fetches }: Item): number {
  let hops = 0
  for (const fetch of fetches) hops = Math.max(hops, fetch.hops)
  return hops
}
