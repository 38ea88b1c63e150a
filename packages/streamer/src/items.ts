import { keyOf } from '@skep/pot'
import { Asks } from './asks.ts'
import type { BatchState } from './batch.ts'
import type { Body, Checked, Context, PutResult } from './effects.ts'
import { hopsOf, Item, type Fetch } from './item.ts'
import { Known } from './known.ts'
import type { PeerState } from './peer-state.ts'
import type { Half } from './pull.ts'
import { Questions } from './questions.ts'
import { markOf, type Mark } from './recent-ids.ts'
import { StoredMeanwhile } from './stored-meanwhile.ts'
import { Tally } from './tally.ts'
import type { Outcome } from './type.ts'

/** Most items are wanted by streams alone: they share this. */
const NO_FETCHES: readonly Fetch[] = []

/** What the table tells its owner. */
export interface ItemEvents {
  /** Items of the batch have got their outcomes. */
  settled (batch: BatchState): void
  /** The peer may be asked for more. */
  room (peer: PeerState): void
}

/**
 * Every item that is wanted and not here, once for the whole node.
 *
 * An item offered by many is asked of one; the others are remembered. When the first is
 * late, gone, has it no more or sends something else, the next is asked.
 */
export class Items {
  readonly tally = new Tally()
  readonly #context: Context
  readonly #events: ItemEvents
  readonly #items = new Map<string, Item>()
  readonly #stored = new StoredMeanwhile()
  readonly #questions = new Questions()
  readonly #known = new Known()
  readonly #asks: Asks
  /** Fetches that are open. */
  #fetches = 0

  constructor (context: Context, events: ItemEvents) {
    this.#context = context
    this.#events = events
    this.#asks = new Asks(context, { next: item => { this.#next(item) }, room: peer => { events.room(peer) } })
  }

  /** How many items are wanted. */
  get size (): number {
    return this.#items.size
  }

  /** How many are asked of peers, all together. */
  get asks (): number {
    return this.#asks.size
  }

  /** All of them. */
  get wanted (): Iterable<Item> {
    return this.#items.values()
  }

  get (key: string): Item | undefined {
    return this.#items.get(key)
  }

  /**
   * Asks which of the items are needed; the answer comes as `needed`, unless it is known.
   *
   * What many peers offer at a time is wanted already, or has just come, or is just being asked about:
   * asking the sink again for each of them costs more than all else that is done with their offers.
   *
   * @returns whether there is nothing to wait for.
   */
  need (batch: BatchState): boolean {
    const { space } = batch.pull
    const recent = this.#known.recent(space)
    const unsure: number[] = []
    for (let i = 0; i < batch.count; i++) {
      const mark = recent === undefined ? undefined : batch.mark(i)
      if (mark !== undefined && recent!.has(mark)) this.#hold(batch, i, mark)
      else if (this.#items.get(batch.key(i))?.refs.has(space) !== true) unsure.push(i)
    }
    batch.unsure = unsure
    if (unsure.length > 0) {
      if (this.#questions.follow(batch)) return false
      const ticket = this.#stored.begin()
      this.#questions.begin(ticket, batch)
      this.#context.emit({ type: 'need', batch, ticket })
      return false
    }
    this.needed(batch, this.#stored.begin(), [])
    return true
  }

  /** A question was answered, or will not be. @returns the batches that waited for that: they are to be asked about again. */
  followers (ticket: number): readonly BatchState[] {
    return this.#questions.end(ticket)
  }

  /** Enters the items that a batch needs, by what the sink says of those that were unsure; those that came meanwhile are held. */
  needed (batch: BatchState, ticket: number, flags: readonly (boolean | string)[]): void {
    const space = batch.pull.space
    for (let n = 0; n < batch.unsure.length; n++) {
      const i = batch.unsure[n]!
      const flag = flags[n]
      if (typeof flag === 'string') batch.decline(i, flag)
      else if (flag !== true) this.#hold(batch, i)
    }
    for (let i = 0; i < batch.count; i++) {
      if (batch.outcomes[i] !== undefined) continue
      const key = batch.key(i)
      if (this.#stored.since(ticket, space, key)) {
        this.#hold(batch, i)
        continue
      }
      const item = this.#items.get(key) ?? this.#enter(batch.id(i), key)
      const refs = item.refs.get(space)
      if (refs === undefined) item.refs.set(space, [{ batch, i }])
      else refs.push({ batch, i })
    }
    this.#stored.end(ticket)
  }

  /** The answer will not be used. */
  needless (ticket: number): void {
    this.#stored.end(ticket)
  }

  /** Which items of a batch are to be asked of its peer, as nobody else was; each id once. */
  unasked (batch: BatchState): number[] {
    const wanted: number[] = []
    const seen = new Set<string>()
    for (let i = 0; i < batch.count; i++) {
      if (batch.outcomes[i] !== undefined) continue
      const key = batch.key(i)
      if (this.#items.get(key)?.underWay !== false || seen.has(key)) continue
      seen.add(key)
      wanted.push(i)
    }
    return wanted
  }

  /** Notes that the peer of a batch was asked for these items of it. */
  askedInOffer (batch: BatchState, wanted: readonly number[]): void {
    this.tally.idsWanted += wanted.length
    for (const i of wanted) this.#asks.begin(this.#items.get(batch.key(i))!, batch.pull.peer, batch.half)
  }

  /** Whether anybody here asks for an item by its id. */
  get isFetching (): boolean {
    return this.#fetches > 0
  }

  /** An offer names an item that a fetch waits for: the peer is asked at once. */
  offered (peer: PeerState, key: string): void {
    if (this.#fetches === 0) return
    const item = this.#items.get(key)
    if (item === undefined || item.fetches.size === 0 || item.checking || item.asked.has(peer)) return
    this.#asks.begin(item, peer, undefined)
  }

  /** Begins a fetch. */
  fetch (fetch: Fetch): void {
    const item = this.#enter(fetch.id, keyOf(fetch.id))
    item.begin(fetch)
    this.#fetches++
    if (item.checking) this.#context.emit({ type: 'hasten', item })
    else this.#asks.hurry(item, true)
    if (item.underWay) this.#asks.hedge(item)
    else this.#next(item)
  }

  /** Ends a fetch that nobody waits for any more. */
  cancel (fetch: Fetch): void {
    if (fetch.settled) return
    fetch.settled = true
    this.#fetches--
    const item = this.#items.get(keyOf(fetch.id))
    if (item?.end(fetch) === true) this.#tidy(item)
  }

  /** A batch waits no more. */
  abandon (batch: BatchState): void {
    const space = batch.pull.space
    for (let i = 0; i < batch.count; i++) {
      if (batch.outcomes[i] !== undefined) continue
      const item = this.#items.get(batch.key(i))
      const refs = item?.refs.get(space)?.filter(ref => ref.batch !== batch)
      if (item === undefined || refs === undefined) continue
      if (refs.length === 0) item.refs.delete(space)
      else item.refs.set(space, refs)
      this.#tidy(item)
    }
  }

  /** What was asked in answer to offers of a half is not waited for any more. It may come still, which is nobody's fault. */
  release (half: Half): void {
    const { now, limits } = this.#context
    const { peer } = half.pull
    for (const ask of [...peer.asks.values()]) {
      if (ask.half !== half) continue
      const { item } = ask
      peer.takeBack(item.key, now, limits.drain)
      this.#asks.end(peer, item.key)
      item.asked.delete(peer)
      this.#next(item)
      this.#tidy(item)
    }
  }

  /** Bodies came, in this order. */
  delivered (peer: PeerState, bodies: readonly Body[]): void {
    for (const { Addr, SData } of bodies) {
      // One of them may have been one too many.
      if (!peer.connected) return
      this.#deliver(peer, Addr, SData)
    }
    this.#events.room(peer)
  }

  #deliver (peer: PeerState, id: Uint8Array, data: Uint8Array): void {
    const { limits } = this.#context
    const ask = peer.asks.get(keyOf(id))
    this.tally.bytesIn += data.length
    if (ask === undefined) {
      if (peer.tookBack(keyOf(id))) {
        this.tally.bodiesReceived++
        this.tally.duplicates++
        return
      }
      this.tally.unsolicited++
      if (++peer.unsolicited > limits.maxUnsolicited) peer.fault(this.#context, 'STREAMER_LIMIT', 'too many deliveries that nobody asked for')
      return
    }
    this.#asks.answered(peer, ask)
    const { item } = ask
    // What was hurried passed the others over; and it comes twice if it was on its way.
    if (ask.hurried) peer.takeBack(item.key, this.#context.now, limits.drain)
    else if (ask.half !== undefined) ask.half.delivered = Math.max(ask.half.delivered, ask.order)
    this.#asks.end(peer, item.key)
    const wanted = item.refs.size > 0 || item.fetches.size === 0
    if (wanted) this.tally.bodiesReceived++
    else this.tally.bodiesFetched++
    if (item.over || item.checking || (item.refs.size === 0 && item.fetches.size === 0)) {
      if (wanted) this.tally.duplicates++
      item.asked.delete(peer)
      this.#tidy(item)
    } else if (data.length > limits.maxItem) {
      this.#invalid(item, peer)
      this.#next(item)
    } else {
      // Before it is stored: from then on it comes up to be offered.
      const mark = markOf(id)
      item.refs.forEach((refs, space) => { for (const { batch } of refs) this.#known.has(batch.pull.peer, space, mark) })
      item.checking = true
      item.asked.set(peer, 'checking')
      this.#context.emit({ type: 'check', item, peer, data, puts: this.#puts(item, peer), fetches: item.fetches.size === 0 ? NO_FETCHES : [...item.fetches] })
    }
  }

  checked ({ item, peer, data, puts, fetches }: Checked): void {
    item.checking = false
    item.asked.delete(peer)
    if (puts.length === 1 && puts[0]!.result === 'stored' && fetches.length === 0 && item.fetches.size === 0) {
      // As nearly all of them: stored once, and nobody asked for it by itself.
      this.tally.bodiesStored++
      this.#noteStored(puts[0]!.space, item)
      this.#settleRefs(item, puts[0]!.space, 'delivered')
      this.#tidy(item)
      return this.#next(item)
    }
    const results = new Set<PutResult>(puts.map(put => put.result))
    if (results.has('stored')) this.tally.bodiesStored++
    for (const { space, result } of puts) {
      if (result === 'invalid') continue
      if (result === 'stored') this.#noteStored(space, item)
      this.#settleRefs(item, space, result === 'stored' ? 'delivered' : 'late')
    }
    for (const { fetch, accepted } of fetches) {
      if (!accepted) continue
      item.end(fetch)
      this.#settleFetch(fetch, data)
    }
    const good = results.has('stored') || fetches.some(({ accepted }) => accepted)
    if (!good && (results.has('invalid') || fetches.length > 0)) this.#invalid(item, peer)
    else if (results.has('invalid')) item.asked.set(peer, 'invalid')
    const later = [...item.fetches].filter(fetch => fetches.every(seen => seen.fetch !== fetch))
    if (good && later.length > 0) {
      item.checking = true
      this.#context.emit({ type: 'check', item, peer, data, puts: [], fetches: later })
      return
    }
    this.#tidy(item)
    this.#next(item)
  }

  /** The peer says it has not got the item. */
  missing (peer: PeerState, id: Uint8Array): void {
    const ask = peer.asks.get(keyOf(id))
    if (ask === undefined) return
    this.#known.lacks(peer, id)
    this.#asks.answered(peer, ask)
    this.#asks.fail(peer, ask, 'missing')
    this.#events.room(peer)
  }

  /** The peer answers that it has not got the item. One that it was to hurry is left in its batch, of which it says so itself. */
  notFound (peer: PeerState, id: Uint8Array): void {
    const ask = peer.asks.get(keyOf(id))
    if (ask === undefined || ask.half !== undefined) return
    if (ask.hops >= hopsOf(ask.item)) return this.missing(peer, id)
    // Somebody who came later lets it look farther.
    this.#asks.answered(peer, ask)
    this.#asks.begin(ask.item, peer, undefined)
  }

  /** Nothing more will come from the peer. Its batches were abandoned before. */
  left (peer: PeerState): void {
    this.#asks.left(peer)
  }

  /** A batch has waited long: whoever else has its items is asked. */
  hurry (batch: BatchState): void {
    for (let i = 0; i < batch.count; i++) {
      if (batch.outcomes[i] !== undefined) continue
      const item = this.#items.get(batch.key(i))
      if (item !== undefined) this.#asks.pass(item)
    }
  }

  #hold (batch: BatchState, i: number, mark: Mark = batch.mark(i)): void {
    batch.settle(i, 'held')
    this.#known.has(batch.pull.peer, batch.pull.space, mark)
  }

  #noteStored (space: string, { id, key }: Item): void {
    this.#stored.note(space, key)
    this.#known.stored(space, id)
  }

  #enter (id: Uint8Array, key: string): Item {
    let item = this.#items.get(key)
    if (item === undefined) this.#items.set(key, item = new Item(id, key))
    return item
  }

  /** Asks the next who may have the item, unless somebody is at it. Gives up when there is nobody left. */
  #next (item: Item): void {
    if (item.over || item.underWay) return
    for (const fetch of item.fetches) {
      for (let peer = fetch.candidates.shift(); peer !== undefined; peer = fetch.candidates.shift()) {
        if (!peer.connected || item.asked.has(peer)) continue
        this.#asks.begin(item, peer, undefined)
        return
      }
    }
    let willAsk = false
    for (const [, refs] of item.refs) {
      for (const { batch } of refs) {
        const { peer } = batch.pull
        if (!batch.answered && !batch.pull.paused) willAsk = true
        // An offer is answered in its turn; who waits for one of its items does not wait for that.
        if (!batch.answered && item.fetches.size === 0) continue
        if (peer.connected && !item.asked.has(peer) && item.asked.size < this.#context.limits.maxSources) {
          this.#asks.begin(item, peer, undefined)
          return
        }
      }
    }
    if (item.hopeful) {
      if (item.fetches.size > 0) this.#asks.hurry(item, false)
      return
    }
    for (const fetch of [...item.fetches]) {
      item.end(fetch)
      this.#settleFetch(fetch, undefined)
    }
    if (!willAsk) {
      const how: Outcome = item.asked.some(state => state === 'invalid')
        ? 'invalid'
        : item.asked.some(state => state === 'missing') ? 'missing' : 'late'
      for (const [space] of item.refs) this.#settleRefs(item, space, how)
    }
    this.#tidy(item)
  }

  #settleRefs (item: Item, space: string, outcome: Outcome): void {
    const refs = item.refs.get(space)
    if (refs === undefined) return
    item.refs.delete(space)
    for (const { batch, i } of refs) {
      if (outcome !== 'delivered') batch.blame(i, item.asked)
      batch.settle(i, outcome)
      batch.progress = this.#context.now
    }
    for (const { batch } of refs) this.#events.settled(batch)
  }

  #settleFetch (fetch: Fetch, data: Uint8Array | undefined): void {
    if (fetch.settled) return
    fetch.settled = true
    this.#fetches--
    this.#context.emit({ type: 'settle', fetch, data })
  }

  /**
   * Takes an item that nobody waits for out of the table. One that was wanted of an offer comes
   * all the same, so it stays until then: whoever offers it meanwhile need not send it again.
   */
  #tidy (item: Item): void {
    if (item.over || item.checking || item.refs.size > 0 || item.fetches.size > 0) return
    // Of nearly all of them the one who was asked has delivered.
    const asked = item.asked.size === 0 ? [] : [...item.asked]
    for (const [peer, state] of asked) {
      if ((state === 'pending' || state === 'late') && peer.asks.get(item.key)?.half !== undefined) return
    }
    item.over = true
    this.#items.delete(item.key)
    this.#context.timers.cancel(item.hedge)
    for (const [peer, state] of asked) {
      if ((state !== 'pending' && state !== 'late') || !peer.connected || !peer.native) continue
      const ask = peer.asks.get(item.key)
      if (ask !== undefined && ask.half === undefined) this.#context.emit({ type: 'send', peer, native: true, name: 'CancelMsg', value: { Addr: item.id }, priority: 3 })
    }
  }

  #invalid (item: Item, peer: PeerState): void {
    item.asked.set(peer, 'invalid')
    this.#known.lacks(peer, item.id)
    this.tally.bodiesInvalid++
    if (++peer.invalid > this.#context.limits.maxInvalid) peer.fault(this.#context, 'STREAMER_INVALID_ITEM', 'too many items are not what their id says')
  }

  /** Which sinks a body goes to: one for each space, that of the deliverer if it offered the item there. */
  #puts (item: Item, peer: PeerState): { space: string, pull: BatchState['pull'] }[] {
    const puts: { space: string, pull: BatchState['pull'] }[] = []
    item.refs.forEach((refs, space) => {
      const own = refs.length === 1 ? refs[0]! : refs.find(ref => ref.batch.pull.peer === peer) ?? refs[0]!
      puts.push({ space, pull: own.batch.pull })
    })
    return puts
  }
}
