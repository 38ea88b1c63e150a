import { keyOf } from '@skep/pot'
import type { BatchState } from './batch.ts'
import type { Body, Checked, Context, PutResult } from './effects.ts'
import { FewMap } from './few-map.ts'
import type { Ask, PeerState } from './peer-state.ts'
import type { Half } from './pull.ts'
import type { AskState } from './status.ts'
import { Questions } from './questions.ts'
import { markOf, RecentIds, type Mark } from './recent-ids.ts'
import { Tally } from './tally.ts'
import { StoredMeanwhile } from './stored-meanwhile.ts'
import type { Timer } from './timers.ts'
import type { Outcome } from './type.ts'

/** Items stored lately that are remembered, a power of two: a few batches of each of many peers. */
const MAX_RECENT = 8_192

/** Items that a peer has which are remembered, a power of two: 64 KiB for each peer that has offered something lately. */
const MAX_HAD = 8_192

/** Somebody here asks for one item by its id. */
export interface Fetch {
  readonly id: Uint8Array
  /** Whom to ask, in order; taken from the front. */
  readonly candidates: PeerState[]
  readonly hops: number
  settled: boolean
}

/** Most items are wanted by streams alone: they share these. */
const NO_FETCHES: readonly Fetch[] = []
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
  /** What was stored lately, by space. */
  readonly #recent = new Map<string, RecentIds>()
  /** Items asked of anybody. */
  #asks = 0
  /** Counts the asks that there ever were. */
  #order = 0
  /** Fetches that are open. */
  #fetches = 0

  constructor (context: Context, events: ItemEvents) {
    this.#context = context
    this.#events = events
  }

  /** How many items are wanted. */
  get size (): number {
    return this.#items.size
  }

  /** How many are asked of peers, all together. */
  get asks (): number {
    return this.#asks
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
    const recent = this.#recent.get(space)
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
    for (const i of wanted) this.#ask(this.#items.get(batch.key(i))!, batch.pull.peer, batch.half)
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
    this.#ask(item, peer, undefined)
  }

  /** Begins a fetch. */
  fetch (fetch: Fetch): void {
    const item = this.#enter(fetch.id, keyOf(fetch.id))
    item.begin(fetch)
    this.#fetches++
    if (item.checking) this.#context.emit({ type: 'hasten', item })
    else this.#hurry(item, true)
    if (item.underWay) this.#armHedge(item)
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
      this.#forget(peer, item.key)
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
    this.#answered(peer, ask)
    const { item } = ask
    // What was hurried passed the others over; and it comes twice if it was on its way.
    if (ask.hurried) peer.takeBack(item.key, this.#context.now, limits.drain)
    else if (ask.half !== undefined) ask.half.delivered = Math.max(ask.half.delivered, ask.order)
    this.#forget(peer, item.key)
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
      item.refs.forEach((refs, space) => { for (const { batch } of refs) this.#has(batch.pull.peer, space, mark) })
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
    this.#lacks(peer, id)
    this.#answered(peer, ask)
    this.#drop(peer, ask, 'missing')
    this.#events.room(peer)
  }

  /** The peer answers that it has not got the item. One that it was to hurry is left in its batch, of which it says so itself. */
  notFound (peer: PeerState, id: Uint8Array): void {
    const ask = peer.asks.get(keyOf(id))
    if (ask === undefined || ask.half !== undefined) return
    if (ask.hops >= hopsOf(ask.item)) return this.missing(peer, id)
    // Somebody who came later lets it look farther.
    this.#answered(peer, ask)
    this.#ask(ask.item, peer, undefined)
  }

  /** Nothing more will come from the peer. Its batches were abandoned before. */
  left (peer: PeerState): void {
    this.#context.timers.cancel(peer.watch)
    peer.watch = undefined
    for (const ask of [...peer.asks.values()]) this.#drop(peer, ask, 'gone')
  }

  /** A batch has waited long: whoever else has its items is asked. */
  hurry (batch: BatchState): void {
    for (let i = 0; i < batch.count; i++) {
      if (batch.outcomes[i] !== undefined) continue
      const key = batch.key(i)
      const item = this.#items.get(key)
      if (item === undefined) continue
      for (const [peer, state] of item.asked) if (state === 'pending') this.#late(peer, peer.asks.get(key))
      this.#next(item)
    }
  }

  #hold (batch: BatchState, i: number, mark: Mark = batch.mark(i)): void {
    batch.settle(i, 'held')
    this.#has(batch.pull.peer, batch.pull.space, mark)
  }

  /** Notes that a peer has what it offered and what is here now: it need not be offered back. */
  #has (peer: PeerState, space: string, mark: Mark): void {
    let has = peer.has.get(space)
    if (has === undefined) peer.has.set(space, has = new RecentIds(MAX_HAD))
    has.add(mark)
  }

  #noteStored (space: string, { id, key }: Item): void {
    this.#stored.note(space, key)
    let recent = this.#recent.get(space)
    if (recent === undefined) this.#recent.set(space, recent = new RecentIds(MAX_RECENT))
    recent.add(markOf(id))
  }

  #enter (id: Uint8Array, key: string): Item {
    let item = this.#items.get(key)
    if (item === undefined) this.#items.set(key, item = new Item(id, key))
    return item
  }

  #ask (item: Item, peer: PeerState, half: Half | undefined): void {
    const context = this.#context
    if (!peer.asks.has(item.key)) this.#asks++
    // Put at the end, so that the oldest come first.
    peer.asks.delete(item.key)
    peer.asks.set(item.key, { item, at: context.now, half, hops: hopsOf(item), order: ++this.#order, late: false, hurried: false })
    item.asked.set(peer, 'pending')
    if (half === undefined) this.#request(item, peer)
    if (item.fetches.size > 0) this.#armHedge(item)
    if (peer.watch === undefined) this.#watch(peer)
  }

  #request (item: Item, peer: PeerState): void {
    if (!peer.native) {
      this.#context.emit({ type: 'send', peer, native: false, name: 'RetrieveRequestMsg', value: { Addr: item.id, SkipCheck: true }, priority: 3 })
      return
    }
    this.#context.emit({ type: 'send', peer, native: true, name: 'RetrieveMsg', value: { Addr: item.id, Hops: hopsOf(item) }, priority: 3 })
  }

  /**
   * Has the item sent before all else by who is to send it with a batch, late or not: that may be a
   * long way off, and somebody waits for the item now. An old peer sends it twice then, and is only
   * asked so when nobody else is left.
   */
  #hurry (item: Item, native: boolean): void {
    for (const [peer, state] of item.asked) {
      const ask = peer.asks.get(item.key)
      if ((state !== 'pending' && state !== 'late') || peer.native !== native || ask?.half === undefined || ask.hurried) continue
      ask.hurried = true
      this.#request(item, peer)
    }
  }

  /** Asks the next who may have the item, unless somebody is at it. Gives up when there is nobody left. */
  #next (item: Item): void {
    if (item.over || item.underWay) return
    for (const fetch of item.fetches) {
      for (let peer = fetch.candidates.shift(); peer !== undefined; peer = fetch.candidates.shift()) {
        if (!peer.connected || item.asked.has(peer)) continue
        this.#ask(item, peer, undefined)
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
          this.#ask(item, peer, undefined)
          return
        }
      }
    }
    if (item.hopeful) {
      if (item.fetches.size > 0) this.#hurry(item, false)
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
    if (refs.length === 1) return this.#events.settled(refs[0]!.batch)
    for (const batch of new Set(refs.map(({ batch }) => batch))) this.#events.settled(batch)
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
    this.#lacks(peer, item.id)
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

  #late (peer: PeerState, ask: Ask | undefined): void {
    if (ask === undefined || ask.late) return
    ask.late = true
    if (ask.item.asked.get(peer) === 'pending') ask.item.asked.set(peer, 'late')
  }

  /** Notes the peer's pace. The first answer tells it, so that the watch need not wait for the longest any more. */
  #answered (peer: PeerState, ask: Ask): void {
    const { now, timers, limits } = this.#context
    const first = peer.pace.unknown
    peer.pace.note(now - Math.max(ask.at, peer.lastDelivery))
    peer.lastDelivery = now
    if (!first || peer.watch === undefined) return
    timers.cancel(peer.watch)
    peer.watch = timers.set(now + limits.minLate, () => { this.#look(peer) })
  }

  /** The peer offered what it has not got, and may be offered it. */
  #lacks (peer: PeerState, id: Uint8Array): void {
    const mark = markOf(id)
    for (const has of peer.has.values()) has.delete(mark)
  }

  #forget (peer: PeerState, key: string): void {
    if (peer.asks.delete(key)) this.#asks--
  }

  #drop (peer: PeerState, ask: Ask, how: AskState): void {
    this.#forget(peer, ask.item.key)
    ask.item.asked.set(peer, how)
    this.#next(ask.item)
  }

  #armHedge (item: Item): void {
    const { timers, now, limits } = this.#context
    timers.cancel(item.hedge)
    let wait = limits.maxHedge
    for (const [peer, state] of item.asked) {
      if (state === 'pending') wait = Math.min(wait, peer.pace.patience(limits.minHedge, limits.maxHedge))
    }
    item.hedge = timers.set(now + wait, () => {
      if (item.over || item.fetches.size === 0) return
      for (const [peer, state] of item.asked) if (state === 'pending') this.#late(peer, peer.asks.get(item.key))
      this.#next(item)
    })
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
        this.#drop(peer, ask, 'expired')
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
    for (const item of late) this.#next(item)
    if (wake < Infinity && peer.watch === undefined && peer.connected) peer.watch = timers.set(wake, () => { this.#look(peer) })
  }
}

/** How far a request for an item may be passed on: as far as the one who lets it go farthest says. */
function hopsOf ({ fetches }: Item): number {
  let hops = 0
  for (const fetch of fetches) hops = Math.max(hops, fetch.hops)
  return hops
}
