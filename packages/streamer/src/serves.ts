import type { Intervals } from '@skep/intervals-store'
import { BitVector } from '@skep/wire'
import type { Context } from './effects.ts'
import { ID_SIZE, NO_PROOF, type WireStream } from './messages.ts'
import type { PeerState } from './peer-state.ts'
import { Feed, FROM_NOW, NO_OFFERS, Serve, type Ready, type Stretch } from './serve.ts'
import { markOf, type RecentIds } from './recent-ids.ts'
import { namesOf, NOTHING_MORE, OPEN_END, pairName, RETRIEVE_REQUEST, toIndex } from './stream-name.ts'
import { Taken } from './taken.ts'
import type { Timer } from './timers.ts'
import { Turns } from './turns.ts'
import type { Batch, Priority } from './type.ts'

/** How many batches of one half may wait to be delivered; the next offer waits for them. */
const MAX_DELIVERING = 4

/** How many stretches without an end are kept to be shared. */
const MAX_OPEN = 256

/** Whether a name is served, and how urgent its live half is. */
export interface Served {
  priority (name: string): Priority | undefined
  /** The space that the items of a name belong to. */
  space (name: string): string
}

/** Live items behind the latest offer that the peer has itself, and when it is told so at the latest. */
interface Passed {
  readonly from: number
  to: number
  readonly timer: Timer
}

/** The serving side: cursors, offers, and deliveries of what was wanted. */
export class Serves {
  readonly #context: Context
  readonly #served: Served
  readonly #taken: Taken
  readonly #turns: Turns
  /** Stretches without an end, by where they begin. */
  readonly #open = new Map<number, Stretch>()
  readonly #passed = new Map<Serve, Passed>()

  constructor (context: Context, served: Served) {
    this.#context = context
    this.#served = served
    this.#taken = new Taken(context)
    this.#turns = new Turns(context.limits.maxOffersPerPeer, serve => { this.#offerReady(serve) })
  }

  /** A native peer asks where a stream stands. */
  cursorRequest (peer: PeerState, name: string, key: string): void {
    const feed = this.#feed(peer, name, key)
    if (feed === undefined) return this.#refuse(peer, name, key)
    this.#ask(feed, 1)
  }

  subscribe (peer: PeerState, { Stream: { Name, Key, Live }, History }: { Stream: WireStream, History: { From: bigint, To: bigint } | undefined }): void {
    if (Name === RETRIEVE_REQUEST) {
      peer.retrieves = true
      return
    }
    const range = History === undefined ? { from: 0, to: undefined } : fromRange(History)
    if (range === undefined) return peer.fault(this.#context, 'STREAMER_BAD_MESSAGE', 'a history outside of the index values')
    const feed = this.#feed(peer, Name, Key)
    if (feed === undefined) return this.#refuse(peer, Name, Key)
    // What an old peer asks for again later may have come since it subscribed.
    const unknown = feed.told === undefined || (!peer.native && !Live && feed.history === undefined)
    this.#awaitNothing(feed)
    const halves = [
      ...(Live ? [new Serve(feed, true, FROM_NOW)] : []),
      ...(!Live || History !== undefined ? [new Serve(feed, false, range)] : [])
    ]
    for (const half of halves) {
      // The original hangs up on a second subscription; nothing is lost by keeping the first.
      if (feed.half(half.live) !== undefined) continue
      // An old peer that begins where it was asked to.
      if (!half.live && feed.old?.proof?.from === range.from && range.to === undefined) feed.old.proving = half
      if (half.live) feed.live = half
      else feed.history = half
      if (!unknown && feed.asking === undefined) this.#start(half)
    }
    if (unknown) this.#ask(feed, 0)
  }

  unsubscribe (peer: PeerState, { Name, Key, Live }: WireStream): void {
    if (Name === RETRIEVE_REQUEST) {
      peer.retrieves = false
      return
    }
    const serve = peer.feeds.get(pairName(Name, Key))?.half(Live)
    if (serve === undefined) return
    // After every offer of it, so that the peer knows what belongs to which subscription.
    if (peer.native) this.#context.emit({ type: 'send', peer, native: false, name: 'QuitMsg', value: { Stream: serve.stream }, priority: 3 })
    this.#end(serve)
  }

  /** A native peer takes a subscription back, however far it has come. The halves that there are end as if each was unsubscribed. */
  cancelled (peer: PeerState, name: string, key: string): void {
    const feed = peer.feeds.get(pairName(name, key))
    if (feed === undefined) return
    if (feed.asking !== undefined) feed.asking = 0
    this.#awaitNothing(feed)
    this.#quit(feed)
  }

  wanted (peer: PeerState, { Stream, Want, From, To }: { Stream: WireStream, Want: Uint8Array, From: bigint, To: bigint }): void {
    const serve = peer.feeds.get(pairName(Stream.Name, Stream.Key))?.half(Stream.Live)
    // It may be one that we have just quit.
    if (serve === undefined) return
    const offer = serve.offers[0]
    if (offer === undefined) return peer.fault(this.#context, 'STREAMER_UNSOLICITED', 'a Wanted without an offer')
    const count = offer.ids.length
    if (Want.length * 8 < count) return peer.fault(this.#context, 'STREAMER_BAD_MESSAGE', `${Want.length} bytes for ${count} items`)
    const range = From >= NOTHING_MORE ? undefined : fromRange({ From, To })
    if (range === undefined && From < NOTHING_MORE) return peer.fault(this.#context, 'STREAMER_BAD_MESSAGE', 'a range outside of the index values')
    serve.offers = serve.offers.length === 1 ? NO_OFFERS : serve.offers.slice(1)
    peer.offering--
    const ids = count === 0 ? [] : [...BitVector.from(Want, count).ones()].map(i => offer.ids[i]!)
    const next = peer.native ? undefined : this.#taken.judge(serve, offer, ids.length)
    this.#goOn(serve, range === undefined ? undefined : next ?? range)
    if (!peer.native && ids.length === 0) this.#taken.took(serve.feed, offer)
    if (ids.length === 0) return
    serve.delivering++
    if (!peer.native) this.#taken.sending(serve, offer)
    this.#context.emit({ type: 'deliver', serve, ids, priority: this.#priority(serve) })
  }

  /** Asks an old peer to subscribe, unless it has; what it was quit of goes on. */
  request (peer: PeerState, name: string, key: string): void {
    const pair = pairName(name, key)
    const feed = peer.feeds.get(pair)
    if (feed !== undefined) this.#pause(feed, false)
    // The original hangs up when it is asked twice, even after it has unsubscribed.
    if (feed?.live !== undefined || peer.requested?.has(pair) === true) return
    if ((peer.requested?.size ?? 0) >= this.#context.limits.maxServed) return
    const asked = feed ?? this.#feed(peer, name, key)
    if (asked === undefined) return
    peer.requested ??= new Set()
    peer.requested.add(pair)
    asked.ofOld().awaited = true
    this.#ask(asked, 0)
  }

  /** What an old peer has taken of a stream is known: it is asked to subscribe to the rest. */
  recalled (feed: Feed, covered: Intervals | undefined): void {
    const { peer, name, key } = feed
    // It may have subscribed by itself.
    if (feed.old?.awaited !== true || peer.feeds.get(feed.pair) !== feed) return
    this.#context.emit({
      type: 'send',
      peer,
      native: false,
      name: 'RequestSubscriptionMsg',
      value: { Stream: { Name: name, Key: key, Live: true }, History: { From: BigInt(this.#taken.resume(feed, covered)), To: 0n }, Priority: this.#served.priority(name) ?? 2 },
      priority: 3
    })
  }

  /**
   * Serves a stream no more, and tells the peer, who then knows it. An old peer is not told:
   * it hangs up over a Quit of a half that has had no offer, and can never subscribe again.
   * It just hears nothing more, until it is asked to subscribe again.
   */
  quit (peer: PeerState, name: string, key: string): void {
    const feed = peer.feeds.get(pairName(name, key))
    if (feed === undefined) return
    if (peer.native) this.#quit(feed)
    else this.#pause(feed, true)
  }

  #pause (feed: Feed, paused: boolean): void {
    feed.ofOld().paused = paused
    for (const serve of [feed.live, feed.history]) if (serve?.state === 'active') this.#advance(serve)
  }

  #quit (feed: Feed): void {
    const { peer } = feed
    for (const serve of [feed.live, feed.history]) {
      if (serve === undefined) continue
      if (peer.native) this.#context.emit({ type: 'send', peer, native: false, name: 'QuitMsg', value: { Stream: serve.stream }, priority: 3 })
      this.#end(serve)
    }
    this.#release(feed)
  }

  left (peer: PeerState): void {
    for (const feed of [...peer.feeds]) {
      for (const serve of [feed.live, feed.history]) if (serve !== undefined) this.#end(serve)
      this.#awaitNothing(feed)
      this.#release(feed)
    }
  }

  cursor (feed: Feed, cursor: { epoch: string, last: number } | undefined): void {
    const { peer, asking: replies = 0 } = feed
    feed.asking = undefined
    if (peer.feeds.get(feed.pair) !== feed) return
    if (cursor === undefined) {
      this.#refuse(peer, feed.name, feed.key)
      for (const serve of [feed.live, feed.history]) if (serve !== undefined) this.#end(serve)
      this.#awaitNothing(feed)
      return this.#release(feed)
    }
    feed.told = cursor
    if (feed.old?.awaited === true) this.#context.emit({ type: 'recall', feed })
    if (replies > 0) this.#told(feed)
    for (let i = 0; i < replies; i++) {
      this.#context.emit({ type: 'send', peer, native: true, name: 'CursorMsg', value: { Name: feed.name, Key: feed.key, Epoch: cursor.epoch, Last: BigInt(cursor.last) }, priority: 3 })
    }
    for (const serve of [feed.live, feed.history]) if (serve?.state === 'waiting') this.#start(serve)
    this.#release(feed)
  }

  /**
   * What a live half waits for is there. If the peer has all of it nothing need be collected, or waited
   * for; anything else is, with what comes a moment later.
   */
  peeked (serve: Serve, stretch: Stretch, batch: Batch): void {
    if (serve.state === 'over' || serve.collecting !== stretch) return
    const known = serve.feed.peer.native ? this.#known(serve) : undefined
    if (known === undefined || batch.ids.length === 0 || !batch.ids.every(id => known.has(markOf(id)))) {
      return this.#context.emit({ type: 'gather', serve, stretch })
    }
    serve.collecting = undefined
    this.#passOver(serve, batch, stretch)
  }

  /** What the peer has, as it offered it itself; nothing is, to one that proves what it has. */
  #known ({ feed, proving }: Serve): RecentIds | undefined {
    return proving ? undefined : feed.peer.has.get(this.#served.space(feed.name))
  }

  collected (serve: Serve, stretch: Stretch, batch: Batch | undefined): void {
    if (serve.state === 'over' || serve.collecting !== stretch) return
    serve.collecting = undefined
    const { peer } = serve.feed
    if (batch === undefined) return this.#quit(serve.feed)
    const known = batch.proof === undefined ? this.#known(serve) : undefined
    const ids = known === undefined ? batch.ids : batch.ids.filter(id => !known.has(markOf(id)))
    if (ids.length === 0 && batch.ids.length > 0 && peer.native && serve.live) return this.#passOver(serve, batch, stretch)
    const passed = this.#takePassed(serve)
    const from = passed?.from ?? batch.from
    if (passed !== undefined && batch.proof !== undefined) {
      // A proof is of what it was made for and nothing more.
      serve.ready = this.#nothing(passed)
      this.#plan(serve, { from: batch.from, to: stretch.to })
    } else if (ids.length > 0) {
      serve.ready = { ...batch, ids, from, until: stretch.to }
    } else if (peer.native) {
      const to = Math.min(batch.to, from + this.#context.limits.maxEmptySkip - 1)
      serve.ready = { ids, from, to, proof: to === batch.to ? batch.proof : undefined, until: stretch.to }
    } else {
      // An old peer takes an empty offer for a fault; for it the stretch is passed over.
      this.#taken.took(serve.feed, batch)
      this.#plan(serve, serve.proving ? this.#taken.again(serve) : { from: batch.to + 1, to: stretch.to })
    }
    this.#advance(serve)
  }

  /**
   * Goes on behind live items that the peer has: most of what is taken of one peer comes up to be
   * offered back to it. It is told with the next offer, or in a while, as it records what it was offered.
   */
  #passOver (serve: Serve, { from, to }: Batch, stretch: Stretch): void {
    const { timers, now, limits } = this.#context
    const passed = this.#passed.get(serve) ?? { from, to, timer: timers.set(now + limits.passOver, () => { this.#tellPassed(serve) }) }
    this.#passed.set(serve, passed)
    passed.to = to
    this.#plan(serve, { from: to + 1, to: stretch.to })
    if (to - passed.from + 1 > limits.maxEmptySkip - limits.maxOffer) this.#tellPassed(serve)
    else this.#advance(serve)
  }

  #tellPassed (serve: Serve): void {
    const passed = this.#takePassed(serve)
    if (passed === undefined) return
    serve.ready = this.#nothing(passed)
    this.#advance(serve)
  }

  /** An offer of nothing, no longer than a peer takes: what is behind it is asked for again. */
  #nothing ({ from, to }: Passed): Ready {
    // Only live halves pass over, and they plan nothing ahead.
    return { ids: [], from, to: Math.min(to, from + this.#context.limits.maxEmptySkip - 1), until: undefined }
  }

  #takePassed (serve: Serve): Passed | undefined {
    const passed = this.#passed.get(serve)
    this.#passed.delete(serve)
    this.#context.timers.cancel(passed?.timer)
    return passed
  }

  delivered (serve: Serve, missing: readonly Uint8Array[]): void {
    serve.delivering--
    const { peer } = serve.feed
    if (!peer.native) this.#taken.sent(serve, missing.length === 0)
    if (missing.length > 0 && peer.native && peer.connected) {
      this.#context.emit({ type: 'send', peer, native: true, name: 'CannotDeliverMsg', value: { Ids: [...missing] }, priority: 3 })
    }
    this.#advance(serve)
  }

  #feed (peer: PeerState, name: string, key: string): Feed | undefined {
    const names = namesOf(name, key)
    const known = peer.feeds.get(names.pair)
    if (known !== undefined) return known
    const { maxServed, maxName } = this.#context.limits
    // Each may have two halves.
    if (name.length > maxName || key.length > maxName || name.includes('|') || this.#served.priority(name) === undefined) return undefined
    if (2 * peer.feeds.size >= maxServed) return undefined
    const feed = new Feed(peer, names)
    peer.feeds.add(feed)
    return feed
  }

  /** The peer will subscribe soon, or has changed its mind and says nothing. */
  #told (feed: Feed): void {
    const { timers, now, limits } = this.#context
    this.#awaitNothing(feed)
    feed.fresh = timers.set(now + limits.cursorTimeout, () => {
      feed.fresh = undefined
      this.#release(feed)
    })
  }

  /** The peer has subscribed, or will not. */
  #awaitNothing (feed: Feed): void {
    this.#context.timers.cancel(feed.fresh)
    // A peer has dozens of feeds: none keeps what is over.
    feed.fresh = undefined
    if (feed.old !== undefined) feed.old.awaited = false
  }

  /** Asks the source for its cursor, which the peer is to be told so many times more. */
  #ask (feed: Feed, replies: number): void {
    const asked = feed.asking !== undefined
    feed.asking = (feed.asking ?? 0) + replies
    if (!asked) this.#context.emit({ type: 'cursor', feed })
  }

  #refuse (peer: PeerState, name: string, key: string): void {
    // An old peer would hang up at a SubscribeErrorMsg; it just gets no offers.
    if (!peer.native || name.length > this.#context.limits.maxName || key.length > this.#context.limits.maxName) return
    this.#context.emit({ type: 'send', peer, native: true, name: 'RefusedMsg', value: { Name: name, Key: key }, priority: 3 })
  }

  #start (serve: Serve): void {
    serve.state = 'active'
    this.#plan(serve, serve.live ? { from: serve.feed.told!.last + 1, to: undefined } : serve.proving ? serve.feed.old!.proof! : serve.next!)
    this.#advance(serve)
  }

  /** The peer says what it wants to be offered after the offer it has answered. */
  #goOn (serve: Serve, range: Stretch | undefined): void {
    const following = serve.offers[0] ?? serve.ready ?? serve.collecting ?? serve.next
    if (range === undefined || following === undefined || following.from !== range.from) {
      this.#withdraw(serve)
      serve.collecting = undefined
      serve.next = undefined
      if (range !== undefined) this.#plan(serve, range)
    }
    this.#advance(serve)
    this.#turns.next(serve.feed.peer)
  }

  /** Notes what to collect next; nothing if it lies beyond the end. */
  #plan (serve: Serve, { from, to }: Stretch): void {
    // History ends at the cursor, unless another end was named; what comes later is live.
    const end = serve.live ? to : to ?? serve.feed.told!.last
    if (end === undefined) serve.next = this.#openFrom(from)
    else serve.next = from > end ? undefined : { from, to: end }
  }

  /**
   * A stretch without an end, as only live halves have: those of all peers wait at the same few
   * places. Where a half comes back to one that it has left, an earlier answer is as good as a later.
   */
  #openFrom (from: number): Stretch {
    const known = this.#open.get(from)
    if (known !== undefined) return known
    if (this.#open.size === MAX_OPEN) this.#open.clear()
    const stretch = { from, to: undefined }
    this.#open.set(from, stretch)
    return stretch
  }

  /** Sends what is ready and collects what is next, as far as there is room for offers. */
  #advance (serve: Serve): void {
    if (serve.state === 'over' || serve.feed.old?.paused === true) return
    if (serve.ready !== undefined && serve.offers.length < this.#room(serve) && serve.delivering < MAX_DELIVERING) this.#turns.ask(serve)
    this.#collect(serve)
  }

  /** How urgent the items of a half are: history is less so than what is new. */
  #priority ({ feed, live }: Serve): Priority {
    const priority = this.#served.priority(feed.name) ?? 2
    return live ? priority : Math.max(0, priority - 1) as Priority
  }

  /** How many offers of a half may be open. An old peer takes one at a time, and so does a live half: its next end is not known. */
  #room ({ feed, live }: Serve): number {
    return feed.peer.native && !live ? this.#context.limits.maxOffersPerStream : 1
  }

  #collect (serve: Serve): void {
    if (serve.next === undefined || serve.ready !== undefined || serve.collecting !== undefined || serve.offers.length >= this.#room(serve)) return
    serve.collecting = serve.next
    serve.next = undefined
    this.#context.emit({ type: 'collect', serve, stretch: serve.collecting })
  }

  #offerReady (serve: Serve): void {
    const batch = serve.ready
    if (batch === undefined || serve.state === 'over' || serve.feed.old?.paused === true) return
    serve.ready = undefined
    this.#offer(serve, batch)
    if (serve.next === undefined && this.#room(serve) > 1) this.#plan(serve, { from: batch.to + 1, to: batch.until })
    this.#collect(serve)
  }

  /** Takes back what a half has offered and would offer next. */
  #withdraw (serve: Serve): void {
    serve.feed.peer.offering -= serve.offers.length
    serve.offers = NO_OFFERS
    serve.ready = undefined
    this.#takePassed(serve)
    this.#turns.leave(serve)
  }

  #offer (serve: Serve, batch: Batch): void {
    serve.offers = [...serve.offers, batch]
    serve.feed.peer.offering++
    const Hashes = new Uint8Array(batch.ids.length * ID_SIZE)
    for (let i = 0; i < batch.ids.length; i++) Hashes.set(batch.ids[i]!, i * ID_SIZE)
    this.#context.emit({
      type: 'send',
      peer: serve.feed.peer,
      native: false,
      name: 'OfferedHashesMsg',
      value: { Stream: serve.stream, From: BigInt(batch.from), To: BigInt(batch.to), Hashes, HandoverProof: batch.proof ?? NO_PROOF },
      priority: 3
    })
  }

  #end (serve: Serve): void {
    serve.state = 'over'
    this.#withdraw(serve)
    const { feed } = serve
    if (serve.live) feed.live = undefined
    else feed.history = undefined
    this.#context.emit({ type: 'halt', serve })
    this.#release(feed)
    this.#turns.next(feed.peer)
  }

  /** Lets a source go that nobody asks. */
  #release (feed: Feed): void {
    if (feed.live !== undefined || feed.history !== undefined || feed.fresh !== undefined || feed.asking !== undefined || feed.old?.awaited === true) return
    if (feed.peer.feeds.get(feed.pair) !== feed) return
    this.#taken.release(feed)
    feed.peer.feeds.delete(feed)
    this.#context.emit({ type: 'unfeed', feed })
  }
}

/** Reads a range from the wire; `undefined` if its ends are outside of the index values. 0 and 2^64-1 are the open end. */
function fromRange ({ From, To }: { From: bigint, To: bigint }): { from: number, to: number | undefined } | undefined {
  const from = toIndex(From)
  const to = To === 0n || To === OPEN_END ? undefined : toIndex(To)
  if (from === undefined || (to === undefined && To !== 0n && To !== OPEN_END)) return undefined
  return { from, to: to === undefined || to < from ? undefined : to }
}
