import type { Address, Clock, Conn, Random } from '@skep/interface'
import type { Intervals, IntervalsStore } from '@skep/intervals-store'
import { toHex } from '@skep/pot'
import { Checks } from './checks.ts'
import { Core } from './core.ts'
import { StreamerError } from './errors.ts'
import { Conversation } from './conversation.ts'
import type { Effect, Input } from './effects.ts'
import { Fetching, type FetchOptions } from './fetching.ts'
import { defaultLimits, type StreamerLimits, type StreamerOptions, type StreamerTrouble } from './options.ts'
import { PeerState } from './peer-state.ts'
import { Pull, type PullMark, type Terms } from './pull.ts'
import type { Feed } from './serve.ts'
import { Sinks } from './sinks.ts'
import { Sources } from './sources.ts'
import { MAX_INDEX, namesOf, pairName, RETRIEVE_REQUEST } from './stream-name.ts'
import { streamStatus } from './stream-status.ts'
import type { Counters, LoadStatus, StreamStatus, WantStatus } from './status.ts'
import { Asked, type Owner, type Subscription } from './subscription.ts'
import type { Priority, StreamPeer, StreamType } from './type.ts'
import { wantStatus } from './want-status.ts'

export interface SubscribeOptions {
  /** Items from now on. Defaults to true, but with a {@link SubscribeOptions.range} that has an end, which has no live half. */
  readonly live?: boolean
  /** Items up to now, but those that are recorded as covered. Defaults to true. */
  readonly history?: boolean
  /**
   * What of the history is asked for, both ends inclusive; all of it by default. With an end, the
   * subscription is `done` when all of it is here. It goes no further than the peer's last index
   * when it begins; an old peer, who tells none, is waited for, and may send some items more.
   */
  readonly range?: { readonly from: number, readonly to?: number }
  /** Of the live half, as a wish for old peers; natively the serving side decides. Defaults to the type's. */
  readonly priority?: Priority
  /**
   * Ends the subscription at once when it aborts: the peer is told, natively it sends nothing
   * more, and what was asked of it is asked of others who offer it. To take what is under way, close it instead.
   */
  readonly signal?: AbortSignal
}

/** How long changes are gathered before listeners hear of them, in milliseconds. */
const TELL_AFTER = 20

/** Answers a peer's retrieve request; `undefined` when the item cannot be had. `hops` is how far a native request may still go. */
export type RequestHandler = (peer: StreamPeer, address: Address, options: { readonly signal: AbortSignal, readonly hops?: number }) => Promise<Uint8Array | undefined>

/**
 * Streams of items between peers: subscribe, offer, want, deliver, and single requests.
 *
 * It owns the conversations of `stream/5` and `skep-stream/1`; which streams there are
 * and what their bytes mean is the stream types' business.
 *
 * @example
 * ```ts
 * import { SeededRandom, VirtualClock } from '@skep/sim'
 * import { IntervalsStore } from '@skep/intervals-store'
 * import { memoryStore } from '@skep/store-memory'
 * import { Streamer } from '@skep/streamer'
 *
 * const streamer = new Streamer({
 *   clock: new VirtualClock(),
 *   random: new SeededRandom(1),
 *   intervals: new IntervalsStore(memoryStore())
 * })
 * streamer.register({ name: 'LOG' })
 * streamer.status() // []
 * ```
 */
export class Streamer {
  readonly #clock: Clock
  readonly #intervals: IntervalsStore
  readonly #limits: StreamerLimits
  readonly #onTrouble: (trouble: StreamerTrouble) => void
  readonly #types = new Map<string, StreamType>()
  readonly #core: Core
  readonly #sinks: Sinks
  readonly #checks: Checks
  readonly #sources: Sources
  readonly #fetching: Fetching
  readonly #conversations = new Map<string, Conversation>()
  /** Subscriptions to peers that do not run yet. */
  readonly #early = new WeakMap<StreamPeer, Map<string, () => void>>()
  #subscriptions = 0
  readonly #terms = new Map<string, Terms>()
  readonly #owner: Owner = {
    leave: asked => { this.#leave(asked, 'unsubscribe') },
    cancel: asked => { this.#leave(asked, 'abort') },
    review: ({ pull }) => { if (pull !== undefined) this.#review(pull) },
    hold: (pull, paused) => { this.#step({ type: 'pause', pull, paused }) }
  }

  readonly #listeners = new Set<() => void>()
  #decide: (peer: StreamPeer, name: string, key: string) => boolean = () => false
  #handle: RequestHandler = async () => undefined
  #timer: { at: number, cancel: () => void } | undefined
  #telling: (() => void) | undefined
  #stopped = false
  /** Aborts what of ours runs for streams, when the streamer stops. */
  readonly #stopping = new AbortController()

  constructor (needs: { clock: Clock, random: Random, intervals: IntervalsStore }, options: StreamerOptions = {}) {
    this.#clock = needs.clock
    this.#intervals = needs.intervals
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#onTrouble = options.onTrouble ?? (() => {})
    const step = (input: Input): void => { this.#step(input) }
    this.#core = new Core(this.#limits, () => needs.random.float(), {
      priority: name => {
        const type = this.#types.get(name)
        return type?.source === undefined ? undefined : type.priority ?? 2
      },
      space: name => this.#types.get(name)?.space ?? name
    })
    this.#sinks = new Sinks(this.#intervals, this.#stopping.signal, step, (pull, cause) => { this.#trouble(pull, 'unrecorded', cause) })
    this.#sources = new Sources(this.#types, this.#clock, this.#limits, step)
    this.#fetching = new Fetching(this.#limits, step)
    this.#checks = new Checks(this.#sinks, this.#fetching, this.#clock, () => this.#core.items.isFetching || this.#sources.answers > 0, step)
  }

  /**
   * Makes a stream type known. Types are registered before peers run.
   *
   * @throws TypeError - if the name is taken, too long, or the streamer's own.
   */
  register (type: StreamType): void {
    const { name } = type
    if (this.#types.has(name) || name === RETRIEVE_REQUEST) throw new TypeError(`${name} is registered already`)
    if (name === '' || name.includes('|') || new TextEncoder().encode(name).length > this.#limits.maxName) throw new TypeError(`${name} is no name of a stream`)
    this.#types.set(name, type)
  }

  /**
   * Holds the conversation with a peer until one of its conns ends.
   *
   * Without `native` the peer is an original one: it tells no cursors and no epochs.
   *
   * @throws StreamerError - on the peer's fault; the conns are aborted then. `STREAMER_CLOSED` after {@link Streamer.stop}.
   * @throws TypeError - if a peer of the same key runs already.
   */
  async run (peer: StreamPeer, conns: { readonly stream: Conn, readonly native?: Conn }, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#stopped) throw new StreamerError('STREAMER_CLOSED', 'the streamer was stopped')
    if (this.#conversations.has(peer.key)) throw new TypeError('a peer of this key runs already')
    options.signal?.throwIfAborted()
    const state = new PeerState(peer, toHex(peer.overlay), conns.native !== undefined)
    const conversation = new Conversation(state, conns, this.#clock, this.#limits.maxQueued, (input: Input) => { this.#step(input) })
    this.#conversations.set(peer.key, conversation)
    try {
      this.#step({ type: 'joined', peer: state })
      const early = this.#early.get(peer)
      this.#early.delete(peer)
      for (const subscribe of early?.values() ?? []) subscribe()
      await conversation.run(options.signal)
    } finally {
      this.#conversations.delete(peer.key)
      this.#step({ type: 'left', peer: state })
      this.#sources.left(state)
    }
  }

  /**
   * Asks a peer for a stream: what is not covered of its history, and what comes.
   *
   * Idempotent while it goes on: the same subscription is returned. It may be called
   * shortly before the peer runs, and begins when it does.
   *
   * @throws RangeError | TypeError - if `range` is none, or does not go with the other options.
   * @throws StreamerError - `STREAMER_UNKNOWN_STREAM` if the type has no sink for it, `STREAMER_LIMIT` over the bound for one peer, `STREAMER_CLOSED` after {@link Streamer.stop}.
   */
  subscribe (peer: StreamPeer, name: string, key: string, options: SubscribeOptions = {}): Subscription {
    if (this.#stopped) throw new StreamerError('STREAMER_CLOSED', 'the streamer was stopped')
    options.signal?.throwIfAborted()
    const pair = pairName(name, key)
    const state = this.#conversations.get(peer.key)?.peer
    const running = state?.pulls.get(pair)
    if (running !== undefined) return running.subscription!
    return this.#open(peer, state, name, key, options)
  }

  /** Ends a subscription; does nothing if there is none. */
  unsubscribe (peer: StreamPeer, name: string, key: string): void {
    const pair = pairName(name, key)
    this.#early.get(peer)?.delete(pair)
    const pull = this.#conversations.get(peer.key)?.peer.pulls.get(pair)
    if (pull !== undefined) this.#step({ type: 'unsubscribe', pull })
  }

  /** Asks an old peer to subscribe to a stream of ours, unless it has. */
  requestSubscription (peer: StreamPeer, name: string, key: string): void {
    const state = this.#conversations.get(peer.key)?.peer
    if (state !== undefined) this.#step({ type: 'request', peer: state, name, key })
  }

  /** Serves a stream to a peer no more, or to an old one not until it is requested again; does nothing if it is not served. */
  quit (peer: StreamPeer, name: string, key: string): void {
    const state = this.#conversations.get(peer.key)?.peer
    if (state !== undefined) this.#step({ type: 'quit', peer: state, name, key })
  }

  /** Decides whether to subscribe when an old peer asks for it. Without it none of them is heeded. */
  onSubscriptionRequest (decide: (peer: StreamPeer, name: string, key: string) => boolean): void {
    this.#decide = decide
  }

  /**
   * Asks peers for one item, in the order of the candidates: the next one when the one
   * before says no, goes, lies, or takes longer than usual. An offer that names the item
   * meanwhile makes its peer a candidate at once.
   *
   * @throws StreamerError - `STREAMER_NOT_FOUND` when nobody has it, `STREAMER_LIMIT` when too many fetches are open, `STREAMER_CLOSED` after {@link Streamer.stop}.
   */
  async fetch (address: Address, options: FetchOptions): Promise<Uint8Array> {
    if (this.#stopped) throw new StreamerError('STREAMER_CLOSED', 'the streamer was stopped')
    return await this.#fetching.fetch(address, options, peer => this.#conversations.get(peer.key)?.peer)
  }

  /** Answers retrieve requests of peers. Without it none is answered. */
  onRequest (handler: RequestHandler): void {
    this.#handle = handler
  }

  /** Every half of every subscription, or of those to one peer. */
  status (peer?: StreamPeer): StreamStatus[] {
    const now = this.#clock.now()
    const state = peer === undefined ? undefined : this.#conversations.get(peer.key)?.peer
    const peers = peer === undefined ? [...this.#core.peers] : state === undefined ? [] : [state]
    return peers.flatMap(peer => [...peer.pulls].flatMap(pull => streamStatus(pull, now)))
  }

  /** Items that are wanted and not here, and who was asked for them: at most `limit`, those first that somebody failed to give. */
  wants (limit: number): WantStatus[] {
    return wantStatus(this.#core.items.wanted, limit)
  }

  /** What waits at the moment. */
  get load (): LoadStatus {
    const queued: [number, number, number, number] = [0, 0, 0, 0]
    for (const conversation of this.#conversations.values()) for (const [priority, bytes] of conversation.queued.entries()) queued[priority]! += bytes
    return { wants: this.#core.items.size, asks: this.#core.items.asks, queued }
  }

  /** What has gone over the wire and to the store since the start. */
  get counters (): Counters {
    return this.#core.items.tally.snapshot()
  }

  /** Whether a peer says that it has all that its peers have; `undefined` if it says nothing. */
  peerSynced (peer: StreamPeer): boolean | undefined {
    const state = this.#conversations.get(peer.key)?.peer
    return state?.native === true ? state.synced : undefined
  }

  /** Tells native peers whether this node has all that its peers have. */
  announceSynced (synced: boolean): void {
    this.#step({ type: 'synced', synced })
  }

  /** Calls `listener` after something that {@link Streamer.status} shows has changed, coalesced. Returns the unsubscribe function. */
  onChange (listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** What is kept at the moment; all of it is zero when no peer runs and nothing is fetched. For tests of leaks. */
  get handles (): { peers: number, subscriptions: number, items: number, asks: number, timers: number, sources: number, answers: number } {
    return {
      peers: this.#conversations.size,
      subscriptions: this.#subscriptions,
      items: this.#core.items.size,
      asks: this.#core.items.asks,
      timers: this.#core.timers + (this.#telling === undefined ? 0 : 1),
      sources: this.#sources.size,
      answers: this.#sources.answers
    }
  }

  /** Ends every conversation and fetch. Resolves when nothing of it is left; idempotent. */
  async stop (): Promise<void> {
    this.#stopped = true
    const error = new StreamerError('STREAMER_CLOSED', 'the streamer was stopped')
    this.#fetching.stop(error)
    await Promise.all([...this.#conversations.values()].map(async conversation => { await conversation.stop(error) }))
    this.#stopping.abort(error)
    this.#timer?.cancel()
    this.#timer = undefined
    this.#telling?.()
    this.#telling = undefined
    this.#listeners.clear()
  }

  #open (peer: StreamPeer, state: PeerState | undefined, name: string, key: string, options: SubscribeOptions): Subscription {
    const names = namesOf(name, key)
    const type = this.#types.get(name)
    if (type?.sink === undefined) throw new StreamerError('STREAMER_UNKNOWN_STREAM', `no type has a sink for ${name}`)
    const { maxName, maxSubscribed } = this.#limits
    if (key.includes('|') || new TextEncoder().encode(key).length > maxName) throw new TypeError(`${key} is no key of a stream`)
    if (state !== undefined && 2 * (state.pulls.size + 1) > maxSubscribed) throw new StreamerError('STREAMER_LIMIT', `more than ${maxSubscribed} halves of streams asked of one peer`)
    const live = liveOf(options)
    const subscription = new Asked(peer, names, this.#owner, options.signal)
    const begin = (to: PeerState): void => {
      const sink = type.sink!(peer, key)
      if (sink === undefined) throw new StreamerError('STREAMER_UNKNOWN_STREAM', `${name} has no sink for ${key}`)
      const pull = new Pull(to, names, this.#termsOf(type, { ...options, live }))
      subscription.begin(pull)
      pull.sink = sink
      pull.subscription = subscription
      this.#subscriptions++
      this.#step({ type: 'subscribe', pull })
    }
    try {
      if (state !== undefined) begin(state)
      else this.#whenRunning(peer, names.pair, subscription, begin)
    } catch (error) {
      // Nobody will hear of it: it takes its listener off.
      subscription.finish('refused')
      throw error
    }
    return subscription
  }

  #termsOf (type: StreamType, { live = true, history = true, priority = type.priority ?? 2, range }: SubscribeOptions): Terms {
    if (range !== undefined) return { space: type.space ?? type.name, live, history, range: { ...range }, priority }
    const which = `${type.name}|${live}|${history}|${priority}`
    const terms = this.#terms.get(which) ?? { space: type.space ?? type.name, live, history, priority }
    this.#terms.set(which, terms)
    return terms
  }

  #whenRunning (peer: StreamPeer, pair: string, subscription: Asked, begin: (to: PeerState) => void): void {
    let early = this.#early.get(peer)
    if (early === undefined) this.#early.set(peer, early = new Map())
    early.set(pair, () => {
      const running = this.#conversations.get(peer.key)
      if (running === undefined || !subscription.active) return
      try {
        begin(running.peer)
      } catch {
        subscription.finish('refused')
      }
    })
  }

  #leave (subscription: Asked, type: 'unsubscribe' | 'abort'): void {
    const { pull, peer, name, key } = subscription
    if (pull !== undefined) return this.#step({ type, pull })
    this.#early.get(peer)?.delete(pairName(name, key))
    subscription.finish('closed')
  }

  #step (input: Input): void {
    for (const effect of this.#core.step(input, this.#clock.now())) this.#perform(effect)
    this.#arm()
  }

  #perform (effect: Effect): void {
    switch (effect.type) {
      case 'send':
        if (this.#conversations.get(effect.peer.ref.key)?.send(effect) !== true || effect.name !== 'ChunkDeliveryMsg') return
        this.#sent(effect.value.SData.length)
        return this.#sources.takeOut(effect.peer, effect.value.Addr)
      case 'drop': return this.#conversations.get(effect.peer.ref.key)?.drop(effect.error)
      case 'load': return void this.#load(effect.pull)
      case 'reset':
        this.#trouble(effect.pull, effect.why)
        return this.#tellFailure(this.#intervals.reset(intervalsId(effect.pull)), effect.pull, 'unrecorded')
      case 'need': return this.#sinks.need(effect)
      case 'check': return this.#checks.push(effect)
      case 'hasten': return this.#checks.hasten(effect.item)
      case 'seal': return this.#sinks.seal(effect)
      case 'reopen':
        for (const reason of effect.reasons) this.#reopen(effect.pull, reason)
        return
      case 'review': return this.#review(effect.pull)
      case 'over':
        this.#sinks.close(effect.pull)
        return this.#over(effect)
      case 'cursor': return this.#sources.cursor(effect.feed)
      case 'recall': return void this.#recall(effect.feed)
      case 'took': return this.#tellFailure(this.#intervals.seal([{ id: takenId(effect.feed), from: effect.from, to: effect.to }]), effect.feed, 'reoffered')
      case 'forget': return this.#tellFailure(this.#intervals.reset(takenId(effect.feed)), effect.feed, 'reoffered')
      case 'collect': return this.#sources.collect(effect)
      case 'gather': return this.#sources.gather(effect)
      case 'deliver': {
        const conversation = this.#conversations.get(effect.serve.feed.peer.ref.key)
        return this.#sources.deliver(effect, conversation, bytes => { this.#sent(bytes) })
      }
      case 'halt': return this.#sources.halt(effect.serve)
      case 'unfeed': return this.#sources.close(effect.feed)
      case 'answer': return this.#sources.answer(effect, this.#handle)
      case 'unanswer': return this.#sources.unanswer(effect.peer, effect.id)
      case 'settle': return this.#fetching.settle(effect.fetch, effect.data)
      case 'asked': return this.#asked(effect)
      case 'changed': return this.#tell()
    }
  }

  #over ({ pull, end }: Extract<Effect, { type: 'over' }>): void {
    const { subscription } = pull
    if (subscription === undefined) return
    pull.subscription = undefined
    this.#subscriptions--
    subscription.finish(end)
  }

  async #load (pull: Pull): Promise<void> {
    const id = intervalsId(pull)
    let covered: Intervals | undefined
    let mark: PullMark | undefined
    let declined = new Map<string, Intervals>()
    try {
      const record = await this.#intervals.record(id)
      covered = record.covered
      declined = new Map(record.declined)
      if (record.mark !== undefined) mark = { index: Number(record.mark.index), id: record.mark.id }
      // A peer whose store is another one now: what was covered of the one before says nothing.
      if (covered.length === 0) {
        for (const other of await this.#intervals.list(id.peer)) {
          if (other.id.stream === id.stream && other.id.epoch !== id.epoch) await this.#intervals.reset(other.id)
        }
      }
    } catch (cause) {
      // Without knowing what is covered all of it is offered again, and nothing is lost.
      this.#trouble(pull, 'unread', cause)
    }
    for (const reason of this.#sinks.outdated(pull, declined.keys())) {
      declined.delete(reason)
      this.#reopen(pull, reason)
    }
    this.#step({ type: 'loaded', pull, covered, mark, declined })
  }

  /** Records that what was declined for a reason is open again. */
  #reopen (pull: Pull, reason: string): void {
    this.#tellFailure(this.#intervals.reopen(intervalsId(pull), reason), pull, 'unrecorded')
  }

  /** Tells of what nobody would hear of otherwise. */
  #trouble ({ peer, pair }: Pull | Feed, what: StreamerTrouble['what'], cause?: unknown): void {
    try {
      this.#onTrouble({ peer: peer.ref, stream: pair, what, ...(cause === undefined ? {} : { cause }) })
    } catch {
      // Who listens does not break a stream.
    }
  }

  /** Nobody waits for what is written, as it only saves work; when that fails, it is told. */
  #tellFailure (written: Promise<unknown>, of: Pull | Feed, what: StreamerTrouble['what']): void {
    written.catch((cause: unknown) => { this.#trouble(of, what, cause) })
  }

  #sent (bytes: number): void {
    const { tally } = this.#core.items
    tally.bodiesSent++
    tally.bytesOut += bytes
  }

  async #recall (feed: Feed): Promise<void> {
    let covered: Intervals | undefined
    try {
      covered = await this.#intervals.get(takenId(feed))
    } catch (cause) {
      // Without knowing what the peer has it is offered everything.
      this.#trouble(feed, 'reoffered', cause)
    }
    this.#step({ type: 'recalled', feed, covered })
  }

  #review (pull: Pull): void {
    const reasons = this.#sinks.outdated(pull, pull.declined.keys())
    if (reasons.length > 0) this.#step({ type: 'reopen', pull, reasons })
  }

  #asked ({ peer, name, key }: Extract<Effect, { type: 'asked' }>): void {
    if (this.#types.get(name)?.sink === undefined || peer.pulls.get(pairName(name, key)) !== undefined) return
    try {
      if (this.#decide(peer.ref, name, key)) this.subscribe(peer.ref, name, key)
    } catch {
      // What the peer asks for is not to be had here: it is not told, as it would hang up.
    }
  }

  #arm (): void {
    const at = this.#stopped && this.#conversations.size === 0 ? undefined : this.#core.next
    if (at === this.#timer?.at) return
    this.#timer?.cancel()
    this.#timer = undefined
    if (at === undefined) return
    const cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#timer = undefined
      this.#step({ type: 'time' })
    })
    this.#timer = { at, cancel }
  }

  #tell (): void {
    if (this.#telling !== undefined || this.#listeners.size === 0 || this.#stopped) return
    this.#telling = this.#clock.after(TELL_AFTER, () => {
      this.#telling = undefined
      for (const listener of [...this.#listeners]) listener()
    })
  }
}

/** Whether there is a live half. @throws RangeError | TypeError - if the range is none, or does not go with what else is asked for. */
function liveOf ({ live, history, range }: SubscribeOptions): boolean {
  if (range === undefined) return live ?? true
  const { from, to = MAX_INDEX } = range
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from) throw new RangeError(`no range of indices: ${from} to ${to}`)
  if (history === false) throw new TypeError('a range without history')
  if (range.to !== undefined && live === true) throw new TypeError('a range that has an end has no live half')
  return live ?? range.to === undefined
}

function intervalsId (pull: Pull): { peer: string, stream: string, epoch: string } {
  return { peer: pull.peer.overlay, stream: pull.pair, epoch: pull.epoch }
}

/** What an old peer has taken of a stream of ours, by the epoch of our store. */
function takenId ({ peer, pair, told }: Feed): { peer: string, stream: string, epoch: string } {
  return { peer: peer.overlay, stream: `${pair}|taken`, epoch: told!.epoch }
}
