import { Intervals } from '@skep/intervals-store'
import { keyAt, keyOf } from '@skep/pot'
import { BitVector } from '@skep/wire'
import { BatchState, type Declined } from './batch.ts'
import type { Context, Input } from './effects.ts'
import type { Endings } from './endings.ts'
import type { Fences } from './fences.ts'
import { Gaps } from './gaps.ts'
import type { Items } from './items.ts'
import { ID_SIZE, isNoProof, proofSize, type HandoverProof, type WireStream } from './messages.ts'
import type { PeerState } from './peer-state.ts'
import { Half, NO_BATCHES, NOTHING, toRange, type Expected, type Pull, type PullMark } from './pull.ts'
import { halfName, MAX_INDEX, NOTHING_MORE, OPEN_END, pairName, RETRIEVE_REQUEST, toIndex, wireStream } from './stream-name.ts'

/** An offer as it comes. */
interface Offered {
  readonly Stream: WireStream
  readonly From: bigint
  readonly To: bigint
  readonly Hashes: Uint8Array
  readonly HandoverProof: HandoverProof
}

/**
 * The asking side: turns the offers that subscriptions bring into what is covered of them.
 *
 * A subscription waits for the peer's cursor (natively) and for what is covered of that
 * epoch, then asks for live items from the cursor on and for the gaps before it.
 */
export class Pulls {
  readonly #context: Context
  readonly #items: Items
  readonly #endings: Endings
  readonly #fences: Fences
  readonly #gaps: Gaps

  constructor (context: Context, items: Items, endings: Endings, fences: Fences) {
    this.#context = context
    this.#items = items
    this.#endings = endings
    this.#fences = fences
    this.#gaps = new Gaps(context, endings, fences)
  }

  /** Begins a pull, of a peer that is connected. */
  subscribe (pull: Pull): void {
    pull.peer.pulls.add(pull)
    this.#fences.pass(pull, () => this.#ask(pull))
  }

  #ask (pull: Pull): void {
    const { peer } = pull
    if (!peer.native) return this.#withoutCursor(pull)
    this.#context.emit({ type: 'send', peer, native: true, name: 'CursorRequestMsg', value: { Name: pull.name, Key: pull.key }, priority: 3 })
    pull.timer = this.#context.timers.set(this.#context.now + this.#context.limits.cursorTimeout, () => this.#withoutCursor(pull))
  }

  /** Leaves offers unanswered from now on, or answers those that wait. */
  pause (pull: Pull, paused: boolean): void {
    if (pull.state === 'over') return
    pull.paused = paused
    if (!paused) for (const half of [...pull.halves()]) this.#want(half)
  }

  /** The peer has gone, with what it offered. */
  left (peer: PeerState): void {
    this.#context.timers.cancel(peer.offeredTimer)
    peer.has.clear()
  }

  cursor (peer: PeerState, { Name, Key, Epoch, Last }: { Name: string, Key: string, Epoch: string, Last: bigint }): void {
    const pull = peer.pulls.get(pairName(Name, Key))
    // One that was ended meanwhile, or had its cursor.
    if (pull === undefined || pull.state !== 'waiting' || pull.cursor !== undefined) return
    const last = toIndex(Last)
    if (last === undefined || Epoch === '') return peer.fault(this.#context, 'STREAMER_BAD_MESSAGE', 'a cursor outside of the index values, or without an epoch')
    pull.cursor = last
    pull.bound = pull.within(last)
    pull.seen = last
    // One text does for all streams of a peer.
    pull.epoch = peer.epoch = peer.epoch === Epoch ? peer.epoch : Epoch
    this.#load(pull)
  }

  loaded (pull: Pull, covered: Intervals | undefined, mark: PullMark | undefined, declined: ReadonlyMap<string, Intervals> = NOTHING): void {
    if (pull.state !== 'waiting' || !pull.peer.connected) return
    pull.state = 'active'
    if (covered !== undefined) {
      const ahead = pull.cursor !== undefined && covered.last() > BigInt(pull.cursor)
      // The peer's store has fewer items than we had of it, and says that it is the same one.
      if (ahead) this.#context.emit({ type: 'reset', pull, why: 'shrunk' })
      else {
        pull.begin(covered, declined)
      }
    }
    if (pull.cursor === undefined) {
      pull.first = pull.from
      pull.bound = pull.to
      if (mark !== undefined) pull.ofOld().mark = mark
    }
    this.#begin(pull)
  }

  offered (peer: PeerState, message: Offered): void {
    const { Stream, From, To, Hashes, HandoverProof: proof } = message
    if (Hashes.length % ID_SIZE !== 0) return peer.fault(this.#context, 'STREAMER_BAD_MESSAGE', `an offer of ${Hashes.length} bytes`)
    if (Stream.Name === RETRIEVE_REQUEST) return this.#offeredOnRequest(peer, message)
    if (proofSize(proof) > this.#context.limits.maxProof) return peer.fault(this.#context, 'STREAMER_LIMIT', `a proof of ${proofSize(proof)} bytes`)
    const pull = peer.pulls.get(pairName(Stream.Name, Stream.Key))
    const half = pull?.half(Stream.Live)
    const name = halfName(Stream.Name, Stream.Key, Stream.Live)
    if (pull === undefined || half?.expected === undefined) {
      if (half === undefined && peer.wasEnded(name)) return
      return peer.fault(this.#context, 'STREAMER_UNSOLICITED', 'an offer that was not asked for')
    }
    const from = toIndex(From)
    const to = toIndex(To)
    const count = Hashes.length / ID_SIZE
    const problem = this.#problem(half, half.expected, from, to, count)
    if (problem !== undefined) return peer.fault(this.#context, ...problem)
    if (pull.unproven && !half.live) {
      if (pull.mark === undefined || keyAt(Hashes, 0) !== keyOf(pull.mark.id)) return this.#another(pull)
      this.#proven(pull)
    }
    const batch = new BatchState(half, from!, to!, Hashes, isNoProof(proof) ? undefined : proof)
    half.queue = [...half.queue, batch]
    // A native peer offers the next of a history before the Wanted of the last.
    half.expected = peer.native && !half.live ? pull.gapAfter(batch.to) : undefined
    pull.seen = Math.max(pull.seen, batch.to)
    this.#items.tally.idsOffered += count
    if (half.live && !pull.liveBegan) this.#firstLive(pull, batch.from)
    if (this.#items.isFetching) for (let i = 0; i < count; i++) this.#items.offered(peer, batch.key(i))
    peer.offeredAt = this.#context.now
    if (peer.offeredTimer === undefined) this.#forgetOffers(peer)
    peer.offered++
    if (count > 0 && !this.#items.need(batch)) return
    batch.decided = true
    this.#want(half)
  }

  needed (answer: Extract<Input, { type: 'needed' }>): void {
    this.#needed(answer)
    for (const batch of this.#items.followers(answer.ticket)) {
      if (!batch.half.queue.includes(batch) || !this.#items.need(batch)) continue
      batch.decided = true
      this.#want(batch.half)
    }
  }

  /** Items of a batch have got their outcomes. */
  settled (batch: BatchState): void {
    if (batch.answered) this.#complete(batch)
  }

  /** The peer may be asked for more: Wanted that wait go out, live ones first. */
  room (peer: PeerState): void {
    if (peer.held === undefined || peer.held.size === 0) return
    const waiting = [...peer.held]
    for (const half of waiting) if (half.live) this.#want(half)
    for (const half of waiting) if (!half.live) this.#want(half)
  }

  /** The sink declines no more what it declined for these reasons: it is asked for again. */
  reopen (pull: Pull, reasons: readonly string[]): void {
    if (pull.state !== 'active') return
    this.#context.emit({ type: 'reopen', pull, reasons })
    this.#context.emit({ type: 'changed' })
    pull.resettle(new Map([...pull.declined].filter(([reason]) => !reasons.includes(reason))))
    pull.gap = true
    this.#gaps.settle(pull)
  }

  sealed ({ batch, ranges, declined, done }: Extract<Input, { type: 'sealed' }>): void {
    const { half, pull } = batch
    if (!half.open.includes(batch)) return
    half.open = without(half.open, batch)
    pull.peer.batches--
    if (half.state === 'draining' && half.open.length === 0) return this.#endings.arrived(half)
    if (done) {
      for (const [from, to] of ranges) {
        pull.cover(from, to)
      }
      this.#declined(pull, declined)
    }
    this.#gaps.note(batch, done)
    this.#context.emit({ type: 'changed' })
    this.#want(half)
    this.room(pull.peer)
    this.#gaps.settle(pull)
  }

  #needed ({ batch, ticket, flags }: Extract<Input, { type: 'needed' }>): void {
    const { half } = batch
    if (!half.queue.includes(batch)) return this.#items.needless(ticket)
    if (flags === undefined) {
      this.#items.needless(ticket)
      // Our own sink could not say: the range stays open and is tried again.
      for (let i = 0; i < batch.count; i++) batch.settle(i, 'late')
    } else {
      this.#items.needed(batch, ticket, flags)
    }
    batch.decided = true
    this.#want(half)
  }

  #declined (pull: Pull, declined: readonly Declined[]): void {
    if (declined.length === 0) return
    const all = new Map(pull.declined)
    for (const { from, to, reason } of declined) {
      const intervals = all.get(reason) ?? new Intervals()
      intervals.add(from, to)
      all.set(reason, intervals)
      pull.settle(from, to)
    }
    pull.declined = all
    // The sink may have changed its mind meanwhile.
    this.#context.emit({ type: 'review', pull })
  }

  /** Lets go of what a peer has offered once it has been quiet for a while, as most are most of the time. */
  #forgetOffers (peer: PeerState): void {
    const { timers, now, limits } = this.#context
    const due = peer.offeredAt + limits.rememberOffers
    peer.offeredTimer = due > now ? timers.set(due, () => this.#forgetOffers(peer)) : undefined
    if (due <= now) peer.has.clear()
  }

  #load (pull: Pull): void {
    this.#context.timers.cancel(pull.timer)
    pull.timer = undefined
    this.#context.emit({ type: 'load', pull })
  }

  #withoutCursor (pull: Pull): void {
    if (pull.state === 'waiting' && pull.cursor === undefined) this.#load(pull)
  }

  #begin (pull: Pull): void {
    const { peer } = pull
    let gap = pull.wantsHistory ? pull.gapAfter(pull.first - 1) : undefined
    if (gap !== undefined && pull.mark !== undefined) gap = this.#prove(pull, pull.mark)
    if (!pull.wantsHistory) pull.first = (pull.cursor ?? 0) + 1
    if (pull.wantsLive) {
      pull.live = new Half(pull, true)
      pull.live.expected = { from: pull.cursor === undefined ? 0 : pull.cursor + 1, to: undefined }
    }
    if (gap !== undefined) {
      pull.history = new Half(pull, false)
      pull.history.expected = gap
    }
    if (!peer.native) this.#hush(pull)
    if (pull.live !== undefined || gap !== undefined) {
      this.#context.emit({
        type: 'send',
        peer,
        native: false,
        name: 'SubscribeMsg',
        value: { Stream: wireStream(pull.name, pull.key, pull.live !== undefined), History: gap === undefined ? undefined : toRange(peer, gap), Priority: pull.priority },
        priority: 3
      })
    }
    this.#context.emit({ type: 'changed' })
    this.#gaps.settle(pull)
  }

  /** An old peer does not say that it has nothing; who says nothing for a while has nothing. */
  #hush (pull: Pull): void {
    const { timers, now, limits } = this.#context
    pull.ofOld().hush = timers.set(now + limits.proof, () => { this.#context.emit({ type: 'changed' }) })
  }

  /**
   * Asks an old peer for history from its mark on, to see that it is still the same store:
   * the first item of its answer must be the one that was there. Gaps before are filled afterwards.
   */
  #prove (pull: Pull, mark: PullMark): Expected {
    const { timers, now, limits } = this.#context
    pull.ofOld().unproven = true
    pull.gap = pull.covered.gaps(pull.first, mark.index).length > 0
    pull.timer = timers.set(now + limits.proof, () => this.#another(pull))
    return { from: mark.index, to: undefined }
  }

  /** An old peer does not hold what it held: nothing that was covered counts any more. */
  #another (pull: Pull): void {
    if (pull.state !== 'active' || !pull.unproven) return
    this.#proven(pull)
    pull.retries = undefined
    pull.begin(new Intervals(), NOTHING)
    pull.ofOld().mark = undefined
    this.#context.emit({ type: 'reset', pull, why: 'replaced' })
    if (pull.history !== undefined) this.#endings.end(pull.history, true)
    this.#gaps.fill(pull)
  }

  #proven (pull: Pull): void {
    pull.ofOld().unproven = false
    this.#context.timers.cancel(pull.timer)
  }

  /** What is wrong with an offer; `undefined` if it may be what was asked for. */
  #problem (half: Half, expected: Expected, from: number | undefined, to: number | undefined, count: number): ['STREAMER_BAD_MESSAGE' | 'STREAMER_LIMIT' | 'STREAMER_UNSOLICITED', string] | undefined {
    const { limits } = this.#context
    const { peer } = half.pull
    if (count > limits.maxOffer) return ['STREAMER_LIMIT', `an offer of ${count} items`]
    if (half.queue.length >= limits.maxOffersPerStream || peer.offered >= limits.maxOffersPerPeer) return ['STREAMER_LIMIT', 'too many open offers']
    if (from === undefined || to === undefined || to < from) return ['STREAMER_BAD_MESSAGE', 'an offer outside of the index values']
    if (count > to - from + 1) return ['STREAMER_BAD_MESSAGE', `an offer of ${count} items for ${to - from + 1} indices`]
    // An old peer's live offers begin where it likes, and its bounded ranges may end later (streamer.md §8, flaw 3).
    if (half.pull.cursor === undefined) return count === 0 ? ['STREAMER_BAD_MESSAGE', 'an empty offer'] : undefined
    // A live stream begins after the last cursor that was told, which may be a later one than ours.
    const first = half.live && !half.pull.liveBegan
    if (first ? from < expected.from : from !== expected.from) return ['STREAMER_UNSOLICITED', `an offer from ${from} where ${expected.from} was asked for`]
    if (expected.to !== undefined && to > expected.to) return ['STREAMER_UNSOLICITED', `an offer to ${to} where ${expected.to} was asked for`]
    if (count === 0 && to - from + 1 > limits.maxEmptySkip) return ['STREAMER_LIMIT', `an empty offer over ${to - from + 1} indices`]
    return undefined
  }

  /** The first live offer tells where history ends, if nothing did before. */
  #firstLive (pull: Pull, from: number): void {
    pull.liveBegan = true
    if (pull.bound !== undefined && pull.bound >= from - 1) return
    if (pull.bound !== undefined) pull.gap = true
    else if (!pull.wantsHistory) pull.first = from
    pull.bound = from - 1
    this.#gaps.settle(pull)
  }

  /** Sends the Wanted of a half's offers, as far as their items are known and there is room. */
  #want (half: Half): void {
    while (this.#wantNext(half)) { /* The next one may have room too. */ }
  }

  #wantNext (half: Half): boolean {
    const batch = half.queue[0]
    if (batch?.decided !== true || half.pull.paused) return false
    const { pull } = half
    const { peer } = pull
    const { limits, now, timers } = this.#context
    // It goes out when one of those that are open is complete.
    if (half.open.length >= limits.maxBatchesInFlight) return false
    if (peer.batches >= limits.maxOffersPerPeer || !this.#hasRoom(peer, batch.open)) {
      peer.held ??= new Set()
      peer.held.add(half)
      return false
    }
    const wanted = batch.open > 0 ? this.#items.unasked(batch) : []
    peer.held?.delete(half)
    half.queue = without(half.queue, batch)
    half.open = [...half.open, batch]
    batch.answered = true
    peer.offered--
    peer.batches++
    const next = half.live ? { from: batch.to + 1, to: undefined } : pull.gapAfter(batch.to)
    const vector = batch.count > 0 ? new BitVector(batch.count) : undefined
    for (const i of wanted) vector!.set(i)
    this.#items.askedInOffer(batch, wanted)
    if (next === undefined || next.from > MAX_INDEX) half.state = 'finishing'
    else if (half.live || !peer.native) half.expected = next
    this.#context.emit({
      type: 'send',
      peer,
      native: false,
      name: 'WantedHashesMsg',
      value: {
        Stream: half.stream,
        Want: vector?.bytes ?? new Uint8Array(0),
        ...(half.state === 'finishing'
          ? { From: NOTHING_MORE, To: OPEN_END }
          // An open end is told as the original does.
          : { From: BigInt(next!.from), To: half.live ? 0n : next!.to === undefined || !peer.native ? OPEN_END : BigInt(next!.to) })
      },
      priority: 3
    })
    batch.progress = now
    if (batch.open > 0) {
      const look = (): void => {
        const due = batch.progress + limits.batchTimeout
        if (due <= this.#context.now) {
          batch.progress = this.#context.now
          this.#items.hurry(batch)
          if (batch.open === 0) return
        }
        batch.timer = timers.set(batch.progress + limits.batchTimeout, look)
      }
      batch.timer = timers.set(now + limits.batchTimeout, look)
    }
    this.#complete(batch)
    return true
  }

  #hasRoom (peer: PeerState, count: number): boolean {
    const { limits } = this.#context
    if (count === 0) return true
    const fits = (asks: number, bytes: number): boolean => asks === 0 || (asks + count) * limits.maxItem <= bytes
    return fits(peer.asks.size, limits.maxWantedPerPeer) && fits(this.#items.asks, limits.maxWanted)
  }

  #complete (batch: BatchState): void {
    if (batch.open > 0 || batch.closing || !batch.half.open.includes(batch)) return
    batch.closing = true
    this.#context.timers.cancel(batch.timer)
    const { pull } = batch
    const last = batch.outcomes.at(-1)
    // An old peer's range ends at its last item.
    if (pull.cursor === undefined && batch.to > (pull.mark?.index ?? -1) && (last === 'held' || last === 'delivered')) {
      pull.ofOld().mark = { index: batch.to, id: batch.id(batch.count - 1) }
    }
    this.#context.emit({ type: 'seal', batch, ranges: batch.ranges(), declined: batch.declined(), outcomes: batch.outcomes.map(outcome => outcome ?? 'late'), mark: pull.mark })
  }

  /** An old peer offers what it has found for our requests. What we ask for comes without; the rest is not wanted. */
  #offeredOnRequest (peer: PeerState, { Stream, To, Hashes }: Offered): void {
    const count = Hashes.length / ID_SIZE
    if (count === 0 || count > this.#context.limits.maxRetrieveOffer) return peer.fault(this.#context, 'STREAMER_LIMIT', `an offer of ${count} items`)
    for (let i = 0; i < count; i++) this.#items.offered(peer, keyAt(Hashes, i * ID_SIZE))
    this.#context.emit({
      type: 'send',
      peer,
      native: false,
      name: 'WantedHashesMsg',
      value: { Stream, Want: new BitVector(count).bytes, From: To === OPEN_END ? To : To + 1n, To: OPEN_END },
      priority: 3
    })
  }
}

/** The others of a few batches. */
function without (batches: readonly BatchState[], batch: BatchState): readonly BatchState[] {
  return batches.length === 1 ? NO_BATCHES : batches.filter(other => other !== batch)
}
