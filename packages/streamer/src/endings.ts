import type { BatchState } from './batch.ts'
import type { Context } from './effects.ts'
import type { Fences } from './fences.ts'
import type { Items } from './items.ts'
import type { WireStream } from './messages.ts'
import type { PeerState } from './peer-state.ts'
import { NO_BATCHES, type Half, type Pull } from './pull.ts'
import { halfName, pairName } from './stream-name.ts'
import type { SubscriptionEnd } from './subscription.ts'

/**
 * Ends subscriptions: at our will, at the peer's, or when nothing is left to ask for.
 *
 * A half that ends while items of it are under way drains: it waits for them, and the peer is
 * told when they are here. A subscription is over when both its halves have ended.
 */
export class Endings {
  readonly #context: Context
  readonly #items: Items
  readonly #fences: Fences
  /** The peer may be asked for more. */
  readonly #room: (peer: PeerState) => void

  constructor (context: Context, items: Items, fences: Fences, room: (peer: PeerState) => void) {
    this.#context = context
    this.#items = items
    this.#fences = fences
    this.#room = room
  }

  /**
   * Ends a pull at our will. What was asked for still comes and is recorded, as it is on its way
   * anyhow; nothing more is asked for, and the peer is told when it is here.
   */
  unsubscribe (pull: Pull): void {
    if (pull.state === 'over') return
    for (const half of [...pull.halves()]) {
      if (half.open.length > 0) this.#drain(half)
      else this.end(half, true)
    }
    this.#close(pull)
    this.#drained(pull)
  }

  /**
   * Ends a pull at once, or what is left of one that is ending. The peer is told; natively it
   * sends nothing more. What was asked of it is asked of others, if they wait for it as well.
   */
  cancel (pull: Pull): void {
    const { peer } = pull
    const halves = [...pull.halves()]
    // One that waits for an earlier one's end has not asked for anything.
    const asked = pull.state === 'over' ? halves.length > 0 : pull.state === 'active' || pull.resume === undefined
    if (asked && peer.native && peer.connected) {
      this.#context.emit({ type: 'send', peer, native: true, name: 'CancelStreamMsg', value: { Name: pull.name, Key: pull.key }, priority: 3 })
    }
    if (pull.state !== 'over') this.#close(pull)
    else if (halves.length === 0) return
    for (const half of halves) {
      if (half.state === 'draining') this.#endDraining(half)
      this.end(half, true)
      this.#items.release(half)
    }
    this.#drained(pull)
  }

  /** The peer has gone. */
  left (peer: PeerState): void {
    for (const { half } of [...peer.draining?.values() ?? []]) this.#stopDraining(half, false, 'gone')
    for (const pull of [...peer.pulls]) {
      for (const half of [...pull.halves()]) this.end(half, false)
      this.over(pull, 'gone')
    }
    this.#fences.left(peer)
  }

  refused (peer: PeerState, name: string, key: string): void {
    for (const live of [true, false]) this.#fences.lower(peer, halfName(name, key, live))
    const pull = peer.pulls.get(pairName(name, key))
    // One that waits for an earlier one's end has not asked yet.
    if (pull === undefined || pull.resume !== undefined) return
    for (const half of [...pull.halves()]) this.end(half, false)
    this.over(pull, 'refused')
  }

  /**
   * The peer serves a half no more. An old one says so of what it would not have asked us to
   * take, and serves it still (streamer.md §8, flaw 6): what we want of it is our decision.
   */
  quit (peer: PeerState, { Name, Key, Live }: WireStream): void {
    if (!peer.native) return
    const draining = peer.draining?.get(halfName(Name, Key, Live))
    if (draining !== undefined) this.#stopDraining(draining.half, false, 'closed')
    if (this.#fences.lower(peer, halfName(Name, Key, Live))) return
    const pull = peer.pulls.get(pairName(Name, Key))
    const half = pull?.half(Live)
    if (pull === undefined || half === undefined) return
    this.end(half, false)
    peer.ended(half.name)
    if (pull.live === undefined && pull.history === undefined) this.over(pull, 'quit')
  }

  /** What a draining half waited for is here. */
  arrived (half: Half): void {
    this.#stopDraining(half, true, 'closed')
  }

  /** Ends a half at once. The peer need not be told of what it did itself. */
  end (half: Half, tell: boolean): void {
    const { pull } = half
    const { peer } = pull
    this.#abandon(half.open, peer)
    half.open = NO_BATCHES
    this.#takeNoMore(half)
    if (half.live) pull.live = undefined
    else pull.history = undefined
    this.#tellEnd(half, tell)
    if (peer.connected) this.#room(peer)
  }

  /** Ends a pull that has no halves any more. */
  over (pull: Pull, end: SubscriptionEnd): void {
    if (pull.state === 'over') return
    this.#close(pull)
    this.#drained(pull, end)
  }

  /** Answers no offer of a half any more. */
  #takeNoMore (half: Half): void {
    const { peer } = half.pull
    this.#abandon(half.queue, peer)
    half.queue = NO_BATCHES
    half.expected = undefined
    peer.held?.delete(half)
  }

  #abandon (batches: Iterable<BatchState>, peer: PeerState): void {
    for (const batch of [...batches]) {
      this.#context.timers.cancel(batch.timer)
      this.#items.abandon(batch)
      if (batch.answered) peer.batches--
      else peer.offered--
    }
  }

  /** Lets a half wait for what was asked for, no longer than the limit. What it is offered meanwhile is not looked at. */
  #drain (half: Half): void {
    const { peer } = half.pull
    const { timers, now, limits } = this.#context
    this.#takeNoMore(half)
    half.state = 'draining'
    peer.draining ??= new Map()
    peer.draining.set(half.name, { half, timer: timers.set(now + limits.drain, () => this.#stopDraining(half, true, 'closed')) })
    peer.ended(half.name)
    // A new subscription of the same stream waits until the peer has been told and has confirmed.
    this.#fences.raise(half, limits.drain)
  }

  #stopDraining (half: Half, tell: boolean, end: SubscriptionEnd): void {
    if (!this.#endDraining(half)) return
    this.end(half, tell)
    this.#drained(half.pull, end)
  }

  #endDraining (half: Half): boolean {
    const { peer } = half.pull
    const draining = peer.draining?.get(half.name)
    if (draining?.half !== half) return false
    peer.draining?.delete(half.name)
    this.#context.timers.cancel(draining.timer)
    half.state = 'finishing'
    return true
  }

  /** Says that a pull is over when nothing of it waits any more. */
  #drained (pull: Pull, end: SubscriptionEnd = 'closed'): void {
    if (pull.live !== undefined || pull.history !== undefined) return
    this.#context.emit({ type: 'over', pull, end })
    this.#context.emit({ type: 'changed' })
  }

  #tellEnd (half: Half, tell: boolean): void {
    const { peer } = half.pull
    if (!tell || !peer.connected) return
    peer.ended(half.name)
    this.#fences.raise(half)
    this.#context.emit({ type: 'send', peer, native: false, name: 'UnsubscribeMsg', value: { Stream: half.stream }, priority: 3 })
  }

  /** Takes a pull out of the peer's: another of the same stream may begin. */
  #close (pull: Pull): void {
    pull.state = 'over'
    this.#context.timers.cancel(pull.timer)
    this.#context.timers.cancel(pull.old?.hush)
    pull.peer.pulls.delete(pull)
  }
}
