/** How long what lasts, in milliseconds. */
export interface WishTimes {
  readonly linger: number
  readonly retry: number
  readonly refused: number
}

/** What is to be done now, and when to look again, in milliseconds. */
export interface Step<P> {
  readonly open: [peer: P, stream: string][]
  readonly close: [peer: P, stream: string][]
  /** Not wanted now, and not long enough to be closed. */
  readonly pause: [peer: P, stream: string][]
  /** Wanted again before it was closed. */
  readonly resume: [peer: P, stream: string][]
  readonly again: number | undefined
}

/** A stream that is wanted of a peer. */
export interface Wish<P> {
  readonly peer: P
  readonly stream: string
  readonly open: boolean
  /** When it is tried next, where it is not open. */
  readonly retryAt: number
  readonly why: 'failed' | 'refused' | undefined
}

interface Slot {
  readonly open: boolean
  /** Not tried before this time. */
  readonly retryAt: number
  /** What became of the last try. */
  readonly why: 'failed' | 'refused' | undefined
  /** Since when the stream has not been ours. */
  readonly unwantedSince: number | undefined
}

/** What nearly all slots are nearly all of the time: they share it. */
const OPEN: Slot = { open: true, retryAt: 0, why: undefined, unwantedSince: undefined }

/** The slots of one peer, by stream. */
class Slots {
  /** What is wanted; peers of whom the same is wanted share it. */
  #wanted: ReadonlySet<string> = new Set()
  /** The slots that are not as nearly all are, and those of what is not wanted any more. */
  #others: Map<string, Slot> | undefined

  get (stream: string): Slot | undefined {
    return this.#others?.get(stream) ?? (this.#wanted.has(stream) ? OPEN : undefined)
  }

  set (stream: string, slot: Slot): void {
    this.#others ??= new Map()
    this.#others.set(stream, slot)
  }

  /** Takes a slot away; one of what is wanted is open then. */
  delete (stream: string): void {
    this.#others?.delete(stream)
    if (this.#others?.size === 0) this.#others = undefined
  }

  /** These are wanted from now on: those that have no slot are open. What was wanted before keeps its slot. */
  want (wanted: ReadonlySet<string>): void {
    const before = this.#wanted
    this.#wanted = wanted
    if (before === wanted) return
    for (const stream of before) if (!wanted.has(stream) && this.#others?.has(stream) !== true) this.set(stream, OPEN)
  }

  * [Symbol.iterator] (): Generator<[stream: string, slot: Slot]> {
    for (const stream of this.#wanted) yield [stream, this.#others?.get(stream) ?? OPEN]
    for (const [stream, slot] of this.#others ?? []) if (!this.#wanted.has(stream)) yield [stream, slot]
  }
}

/**
 * Keeps which streams of which peers should be subscribed, and which are.
 *
 * Pure: it is told the time, the peers and the depth, and answers with what to open and
 * close. A stream that comes and goes with the depth is not closed and opened each time.
 */
export class Wishes<P> {
  readonly #times: WishTimes
  readonly #wantedOf: (peer: P, po: number, depth: number) => Iterable<string>
  readonly #peers = new Map<P, Slots>()
  /** What is wanted of each of the peers, by all its names. */
  #sets = new Map<string, ReadonlySet<string>>()

  /** @param wantedOf - names the streams to take of a peer. */
  constructor (times: WishTimes, wantedOf: (peer: P, po: number, depth: number) => Iterable<string>) {
    this.#times = times
    this.#wantedOf = wantedOf
  }

  /** Names what to open of peers that no {@link step} has seen: what is wanted of them at any depth. As there, it counts as done. */
  greet (connected: Iterable<[peer: P, po: number]>): [peer: P, stream: string][] {
    const open: [P, string][] = []
    for (const [peer, po] of connected) {
      if (this.#peers.has(peer)) continue
      const slots = new Slots()
      this.#peers.set(peer, slots)
      for (const stream of this.#wantedOf(peer, po, Infinity)) {
        slots.set(stream, OPEN)
        open.push([peer, stream])
      }
    }
    return open
  }

  /** Compares the wishes of now with what is open. Whatever it lists counts as done, until {@link failed} or {@link refused}. */
  step (now: number, connected: Iterable<[peer: P, po: number]>, depth: number): Step<P> {
    const open: [P, string][] = []
    const close: [P, string][] = []
    const pause: [P, string][] = []
    const resume: [P, string][] = []
    let again = Infinity
    const present = new Set<P>()
    const sets = new Map<string, ReadonlySet<string>>()
    for (const [peer, po] of connected) {
      present.add(peer)
      const slots = this.#peers.get(peer) ?? new Slots()
      this.#peers.set(peer, slots)
      const names = [...this.#wantedOf(peer, po, depth)]
      const all = JSON.stringify(names)
      const wanted = sets.get(all) ?? this.#sets.get(all) ?? new Set(names)
      sets.set(all, wanted)
      for (const stream of wanted) {
        const slot = slots.get(stream)
        if (slot?.open === true) {
          if (slot.unwantedSince !== undefined) resume.push([peer, stream])
        } else if (slot !== undefined && slot.retryAt > now) {
          again = Math.min(again, slot.retryAt - now)
          if (slot.unwantedSince !== undefined) slots.set(stream, { ...slot, unwantedSince: undefined })
          continue
        } else {
          open.push([peer, stream])
        }
        slots.delete(stream)
      }
      slots.want(wanted)
      for (const [stream, slot] of slots) {
        if (wanted.has(stream)) continue
        const left = (slot.unwantedSince ?? now) + this.#times.linger - now
        if (left > 0 && slot.open) {
          if (slot.unwantedSince === undefined) {
            pause.push([peer, stream])
            slots.set(stream, { ...slot, unwantedSince: now })
          }
          again = Math.min(again, left)
          continue
        }
        slots.delete(stream)
        if (slot.open) close.push([peer, stream])
      }
    }
    for (const [peer, slots] of this.#peers) {
      if (present.has(peer)) continue
      this.#peers.delete(peer)
      for (const [stream, slot] of slots) if (slot.open) close.push([peer, stream])
    }
    this.#sets = sets
    return { open, close, pause, resume, again: again === Infinity ? undefined : again }
  }

  /** A subscription did not come about. */
  failed (peer: P, stream: string, now: number): void {
    this.#closed(peer, stream, 'failed', now + this.#times.retry)
  }

  /** A subscription ended: the peer refused it or quit. */
  refused (peer: P, stream: string, now: number): void {
    this.#closed(peer, stream, 'refused', now + this.#times.refused)
  }

  /** Every stream that is wanted, whether open or not. */
  * wanted (): Iterable<Wish<P>> {
    for (const [peer, slots] of this.#peers) {
      for (const [stream, { open, retryAt, unwantedSince, why }] of slots) if (unwantedSince === undefined) yield { peer, stream, open, retryAt, why }
    }
  }

  #closed (peer: P, stream: string, why: 'failed' | 'refused', retryAt: number): void {
    const slots = this.#peers.get(peer)
    const slot = slots?.get(stream)
    if (slot !== undefined) slots!.set(stream, { ...slot, open: false, why, retryAt })
  }
}
