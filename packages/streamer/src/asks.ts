import type { Context } from './effects.ts'
import { hopsOf, type Item } from './item.ts'
import type { Ask, PeerState } from './peer-state.ts'
import type { Half } from './pull.ts'
import type { AskState } from './status.ts'

/** What becomes of asks that nobody answers. */
export interface AskEvents {
  /** Whoever was asked for the item does not give it, or not soon: the next may be asked. */
  next (item: Item): void
  /** The peer may be asked for more. */
  room (peer: PeerState): void
}

/**
 * Who is asked for which items, and how long each of them is waited for.
 *
 * Who takes longer than usual is late: it may deliver still, but others are asked meanwhile.
 */
export class Asks {
  readonly #context: Context
  readonly #events: AskEvents
  #size = 0
  /** Counts the asks that there ever were. */
  #order = 0

  constructor (context: Context, events: AskEvents) {
    this.#context = context
    this.#events = events
  }

  /** How many items are asked of peers, all together. */
  get size (): number {
    return this.#size
  }

  /** Asks a peer for an item: in answer to an offer of the half, whose Wanted the caller sends, or else by itself. */
  begin (item: Item, peer: PeerState, half: Half | undefined): void {
    const context = this.#context
    if (!peer.asks.has(item.key)) this.#size++
    // Put at the end, so that the oldest come first.
    peer.asks.delete(item.key)
    peer.asks.set(item.key, { item, at: context.now, half, hops: hopsOf(item), order: ++this.#order, late: false, hurried: false })
    item.asked.set(peer, 'pending')
    if (half === undefined) this.#request(item, peer)
    if (item.fetches.size > 0) this.hedge(item)
    if (peer.watch === undefined) this.#watch(peer)
  }

  /** Takes an ask away that was answered, or that nobody waits for. */
  end (peer: PeerState, key: string): void {
    if (peer.asks.delete(key)) this.#size--
  }

  /** Notes the peer's pace. The first answer tells it, so that the watch need not wait for the longest any more. */
  answered (peer: PeerState, ask: Ask): void {
    const { now, timers, limits } = this.#context
    const first = peer.pace.unknown
    peer.pace.note(now - Math.max(ask.at, peer.lastDelivery))
    peer.lastDelivery = now
    if (!first || peer.watch === undefined) return
    timers.cancel(peer.watch)
    peer.watch = timers.set(now + limits.minLate, () => { this.#look(peer) })
  }

  /** The peer does not give the item, and says or shows how. */
  fail (peer: PeerState, ask: Ask, how: AskState): void {
    this.end(peer, ask.item.key)
    ask.item.asked.set(peer, how)
    this.#events.next(ask.item)
  }

  /** Nothing more will come from the peer. */
  left (peer: PeerState): void {
    this.#context.timers.cancel(peer.watch)
    peer.watch = undefined
    for (const ask of [...peer.asks.values()]) this.fail(peer, ask, 'gone')
  }

  /** Lets those who were asked for the item and have not answered count as late, and asks the next. */
  pass (item: Item): void {
    for (const [peer, state] of item.asked) if (state === 'pending') this.#late(peer, peer.asks.get(item.key))
    this.#events.next(item)
  }

  /**
   * Has the item sent before all else by who is to send it with a batch, late or not: that may be a
   * long way off, and somebody waits for the item now. An old peer sends it twice then, and is only
   * asked so when nobody else is left.
   */
  hurry (item: Item, native: boolean): void {
    for (const [peer, state] of item.asked) {
      const ask = peer.asks.get(item.key)
      if ((state !== 'pending' && state !== 'late') || peer.native !== native || ask?.half === undefined || ask.hurried) continue
      ask.hurried = true
      this.#request(item, peer)
    }
  }

  /** Asks others as well when those who were asked take longer than they usually do: somebody waits for the item. */
  hedge (item: Item): void {
    const { timers, now, limits } = this.#context
    timers.cancel(item.hedge)
    let wait = limits.maxHedge
    for (const [peer, state] of item.asked) {
      if (state === 'pending') wait = Math.min(wait, peer.pace.patience(limits.minHedge, limits.maxHedge))
    }
    item.hedge = timers.set(now + wait, () => {
      if (!item.over && item.fetches.size > 0) this.pass(item)
    })
  }

  #request (item: Item, peer: PeerState): void {
    if (!peer.native) {
      this.#context.emit({ type: 'send', peer, native: false, name: 'RetrieveRequestMsg', value: { Addr: item.id, SkipCheck: true }, priority: 3 })
      return
    }
    this.#context.emit({ type: 'send', peer, native: true, name: 'RetrieveMsg', value: { Addr: item.id, Hops: hopsOf(item) }, priority: 3 })
  }

  #late (peer: PeerState, ask: Ask | undefined): void {
    if (ask === undefined || ask.late) return
    ask.late = true
    if (ask.item.asked.get(peer) === 'pending') ask.item.asked.set(peer, 'late')
  }

  #look (peer: PeerState): void {
    this.#watch(peer)
    this.#events.room(peer)
  }

  /** Looks after what the peer was asked: late after its own pace, given up after the limit. */
  #watch (peer: PeerState): void {
    const { timers, limits, now } = this.#context
    peer.watch = undefined
    let wake = Infinity
    const patience = peer.pace.patience(limits.minLate, limits.maxLate)
    const late: Item[] = []
    for (const ask of [...peer.asks.values()]) {
      // Others of the peer's deliveries give an item time, but not once it was passed over.
      const inLine = ask.half !== undefined && ask.half.delivered < ask.order
      const since = Math.max(ask.at, inLine ? peer.lastDelivery : 0)
      const timeout = ask.half === undefined ? limits.requestTimeout : limits.batchTimeout
      const end = Math.min(since + timeout, ask.at + 4 * timeout)
      if (end <= now) {
        this.fail(peer, ask, 'expired')
        continue
      }
      wake = Math.min(wake, end)
      if (ask.late) continue
      if (since + patience <= now) {
        this.#late(peer, ask)
        late.push(ask.item)
      } else {
        wake = Math.min(wake, since + patience)
      }
    }
    for (const item of late) this.#events.next(item)
    if (wake < Infinity && peer.watch === undefined && peer.connected) peer.watch = timers.set(wake, () => { this.#look(peer) })
  }
}
