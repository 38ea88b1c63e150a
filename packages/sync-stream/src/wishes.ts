import { binsFor } from './bins.ts'

/** How long what lasts, in milliseconds. */
export interface WishTimes {
  readonly linger: number
  readonly retry: number
  readonly refused: number
}

/** What is to be done now, and when to look again, in milliseconds. */
export interface Step<P> {
  readonly open: [peer: P, bin: number][]
  readonly close: [peer: P, bin: number][]
  readonly again: number | undefined
}

interface Slot {
  open: boolean
  /** Not tried before this time. */
  retryAt: number
  /** Since when the bin has not been ours. */
  unwantedSince: number | undefined
}

/**
 * Keeps which bins of which peers should be subscribed, and which are.
 *
 * Pure: it is told the time, the peers and the depth, and answers with what to open and
 * close. A bin that comes and goes with the depth is not closed and opened each time.
 */
export class Wishes<P> {
  readonly #times: WishTimes
  readonly #peers = new Map<P, Map<number, Slot>>()

  constructor (times: WishTimes) {
    this.#times = times
  }

  /** Compares the wishes of now with what is open. Whatever it lists counts as done, until {@link failed} or {@link refused}. */
  step (now: number, connected: Iterable<[peer: P, po: number]>, depth: number): Step<P> {
    const open: [P, number][] = []
    const close: [P, number][] = []
    let again = Infinity
    const present = new Set<P>()
    for (const [peer, po] of connected) {
      present.add(peer)
      const slots = this.#peers.get(peer) ?? new Map<number, Slot>()
      this.#peers.set(peer, slots)
      const wanted = new Set(binsFor(po, depth))
      for (const bin of wanted) {
        const slot = slots.get(bin) ?? { open: false, retryAt: now, unwantedSince: undefined }
        slots.set(bin, slot)
        slot.unwantedSince = undefined
        if (slot.open) continue
        if (slot.retryAt > now) {
          again = Math.min(again, slot.retryAt - now)
          continue
        }
        slot.open = true
        open.push([peer, bin])
      }
      for (const [bin, slot] of slots) {
        if (wanted.has(bin)) continue
        slot.unwantedSince ??= now
        const left = slot.unwantedSince + this.#times.linger - now
        if (left > 0 && slot.open) {
          again = Math.min(again, left)
          continue
        }
        slots.delete(bin)
        if (slot.open) close.push([peer, bin])
      }
    }
    for (const [peer, slots] of this.#peers) {
      if (present.has(peer)) continue
      this.#peers.delete(peer)
      for (const [bin, slot] of slots) if (slot.open) close.push([peer, bin])
    }
    return { open, close, again: again === Infinity ? undefined : again }
  }

  /** A subscription did not come about. */
  failed (peer: P, bin: number, now: number): void {
    this.#closed(peer, bin, now + this.#times.retry)
  }

  /** A subscription ended: the peer refused it or quit. */
  refused (peer: P, bin: number, now: number): void {
    this.#closed(peer, bin, now + this.#times.refused)
  }

  /** Every bin that is wanted, whether open or not. */
  * wanted (): Iterable<{ peer: P, bin: number, open: boolean }> {
    for (const [peer, slots] of this.#peers) {
      for (const [bin, slot] of slots) if (slot.unwantedSince === undefined) yield { peer, bin, open: slot.open }
    }
  }

  #closed (peer: P, bin: number, retryAt: number): void {
    const slot = this.#peers.get(peer)?.get(bin)
    if (slot === undefined) return
    slot.open = false
    slot.retryAt = retryAt
  }
}
