import { keyOf } from '@skep/pot'
import { Answers } from './answers.ts'
import type { Context, Effect, Input, NativeMessage, StreamMessage } from './effects.ts'
import { Endings } from './endings.ts'
import { Fences } from './fences.ts'
import { Items } from './items.ts'
import type { StreamerLimits } from './options.ts'
import type { PeerState } from './peer-state.ts'
import type { Pull } from './pull.ts'
import { Pulls } from './pulls.ts'
import { Serves, type Served } from './serves.ts'
import { RETRIEVE_REQUEST, wireStream } from './stream-name.ts'
import { Timers } from './timers.ts'

/**
 * The streamer with the network, the disk and the clock taken out.
 *
 * What happens comes in through `step`, with the time; what is to be done goes out as
 * effects, in order. Nothing here waits, and nothing a peer does makes it throw.
 */
export class Core {
  readonly peers = new Set<PeerState>()
  readonly items: Items
  readonly #timers = new Timers()
  readonly #context: Context
  readonly #endings: Endings
  readonly #pulls: Pulls
  readonly #serves: Serves
  readonly #answers: Answers
  #effects: Effect[] = []
  #synced = false

  constructor (limits: StreamerLimits, random: () => number, served: Served) {
    this.#context = { limits, timers: this.#timers, now: 0, random, emit: effect => { this.#effects.push(effect) } }
    const room = (peer: PeerState): void => this.#pulls.room(peer)
    this.items = new Items(this.#context, { settled: batch => this.#pulls.settled(batch), room })
    const fences = new Fences(this.#context)
    this.#endings = new Endings(this.#context, this.items, fences, room)
    this.#pulls = new Pulls(this.#context, this.items, this.#endings, fences)
    this.#serves = new Serves(this.#context, served)
    this.#answers = new Answers(this.#context)
  }

  /** When a `time` input is due; `undefined` when none is. */
  get next (): number | undefined {
    return this.#timers.next
  }

  /** How many timers are set. */
  get timers (): number {
    return this.#timers.size
  }

  /** Takes in what happened at `now`, in milliseconds of a clock that never goes back. */
  step (input: Input, now: number): Effect[] {
    this.#context.now = now
    this.#apply(input)
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  #apply (input: Input): void {
    switch (input.type) {
      case 'time': return this.#timers.run(this.#context.now)
      case 'joined': return this.#joined(input.peer)
      case 'left': return this.#left(input.peer)
      case 'stream': return input.peer.connected ? this.#stream(input.peer, input.message) : undefined
      case 'native': return input.peer.connected ? this.#native(input.peer, input.message) : undefined
      case 'bodies': return this.items.delivered(input.peer, input.bodies)
      case 'loaded': return this.#pulls.loaded(input.pull, input.covered, input.mark, input.declined)
      case 'needed': return this.#pulls.needed(input)
      case 'checked':
        for (const checked of input.checks) this.items.checked(checked)
        return
      case 'sealed': return this.#pulls.sealed(input)
      case 'cursor': return this.#serves.cursor(input.feed, input.cursor)
      case 'recalled': return this.#serves.recalled(input.feed, input.covered)
      case 'peeked': return this.#serves.peeked(input.serve, input.stretch, input.batch)
      case 'collected': return this.#serves.collected(input.serve, input.stretch, input.batch)
      case 'delivered': return this.#serves.delivered(input.serve, input.missing)
      case 'answered': return this.#answers.answered(input.peer, input.id, input.data)
      case 'subscribe': return this.#pulls.subscribe(input.pull)
      case 'reopen': return this.#pulls.reopen(input.pull, input.reasons)
      case 'pause': return this.#pulls.pause(input.pull, input.paused)
      case 'unsubscribe': return this.#endings.unsubscribe(input.pull)
      case 'abort': return this.#abort(input.pull)
      case 'request': return this.#serves.request(input.peer, input.name, input.key)
      case 'quit': return this.#serves.quit(input.peer, input.name, input.key)
      case 'fetch': return this.items.fetch(input.fetch)
      case 'cancel': return this.items.cancel(input.fetch)
      case 'synced': return this.#tellSynced(input.synced)
    }
  }

  #joined (peer: PeerState): void {
    peer.connected = true
    peer.lastDelivery = this.#context.now
    this.peers.add(peer)
    // An old peer answers retrieve requests only after this (streamer.md §6).
    this.#context.emit({
      type: 'send',
      peer,
      native: false,
      name: 'SubscribeMsg',
      value: { Stream: wireStream(RETRIEVE_REQUEST, '', false), History: undefined, Priority: 3 },
      priority: 3
    })
    if (peer.native && this.#synced) this.#context.emit({ type: 'send', peer, native: true, name: 'SyncedMsg', value: { Synced: true }, priority: 3 })
  }

  #left (peer: PeerState): void {
    peer.connected = false
    if (!this.peers.delete(peer)) return
    this.#endings.left(peer)
    this.#pulls.left(peer)
    this.items.left(peer)
    this.#serves.left(peer)
    this.#answers.left(peer)
    // The room that its items took is for others.
    for (const other of this.peers) this.#pulls.room(other)
  }

  #abort (pull: Pull): void {
    this.#endings.cancel(pull)
    // The room that its items took is for others.
    for (const peer of this.peers) this.#pulls.room(peer)
  }

  #stream (peer: PeerState, { name, value }: StreamMessage): void {
    switch (name) {
      case 'SubscribeMsg': return this.#serves.subscribe(peer, value)
      case 'UnsubscribeMsg': return this.#serves.unsubscribe(peer, value.Stream)
      case 'WantedHashesMsg': return value.Stream.Name === RETRIEVE_REQUEST ? this.#answers.wanted(peer, value.Want) : this.#serves.wanted(peer, value)
      case 'OfferedHashesMsg': return this.#pulls.offered(peer, value)
      case 'QuitMsg': return this.#endings.quit(peer, value.Stream)
      case 'ChunkDeliveryMsg': return this.items.delivered(peer, [value])
      case 'RetrieveRequestMsg': return this.#answers.requested(peer, value.Addr, undefined, !value.SkipCheck)
      case 'RequestSubscriptionMsg':
        // History is always asked for along with live, of which only that can be asked of us.
        if (value.Stream.Live) this.#context.emit({ type: 'asked', peer, name: value.Stream.Name, key: value.Stream.Key })
        return
      // Neither is a reason to hang up: the first says that the peer does, the second that it proves nothing yet.
      case 'SubscribeErrorMsg':
      case 'TakeoverProofMsg':
    }
  }

  #native (peer: PeerState, { name, value }: NativeMessage): void {
    switch (name) {
      case 'CursorRequestMsg': return this.#serves.cursorRequest(peer, value.Name, value.Key)
      case 'CursorMsg': return this.#pulls.cursor(peer, value)
      case 'RefusedMsg': return this.#endings.refused(peer, value.Name, value.Key)
      case 'CannotDeliverMsg':
        for (const id of value.Ids) this.items.missing(peer, id)
        return
      case 'RetrieveMsg': return this.#answers.requested(peer, value.Addr, value.Hops, false)
      case 'NotFoundMsg': return this.items.notFound(peer, value.Addr)
      case 'CancelMsg': return this.#answers.cancelled(peer, keyOf(value.Addr), value.Addr)
      case 'CancelStreamMsg': return this.#serves.cancelled(peer, value.Name, value.Key)
      case 'SyncedMsg':
        peer.synced = value.Synced
        this.#context.emit({ type: 'changed' })
    }
  }

  #tellSynced (synced: boolean): void {
    if (synced === this.#synced) return
    this.#synced = synced
    for (const peer of this.peers) {
      if (peer.native) this.#context.emit({ type: 'send', peer, native: true, name: 'SyncedMsg', value: { Synced: synced }, priority: 3 })
    }
  }
}
