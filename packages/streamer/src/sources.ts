import type { Address, Clock } from '@skep/interface'
import { keyOf } from '@skep/pot'
import type { Conversation } from './conversation.ts'
import type { Body, Effect, Input } from './effects.ts'
import { Lobby } from './lobby.ts'
import { ID_SIZE, proofSize } from './messages.ts'
import type { StreamerLimits } from './options.ts'
import type { PeerState } from './peer-state.ts'
import type { Feed, Serve, Stretch } from './serve.ts'
import { MAX_INDEX } from './stream-name.ts'
import type { Batch, Source, StreamPeer, StreamType } from './type.ts'

/** How many items are read at once: two such parts fit in what may be queued, so that one is read while another goes out. */
const READ_AHEAD = 56

type Handler = (peer: StreamPeer, address: Address, options: { signal: AbortSignal, hops?: number }) => Promise<Uint8Array | undefined>

/** Something that runs for a half. */
interface Run {
  /** Each has its own, so that listeners do not pile up on one. */
  readonly controller: AbortController
  /** What the peer wanted of a batch and is not read yet, in order. */
  readonly left: Uint8Array[]
}

/** The serving halves that are open, and what runs for them. */
export class Sources {
  readonly #types: ReadonlyMap<string, StreamType>
  readonly #clock: Clock
  readonly #limits: StreamerLimits
  readonly #step: (input: Input) => void
  #size = 0
  /** The cursor that was told last of a source, once for all peers who share it. */
  readonly #told = new WeakMap<Source, { readonly epoch: string, readonly last: number }>()
  readonly #running = new Map<Serve, Set<Run>>()
  readonly #lobby = new Lobby()
  readonly #delivering = new WeakMap<Serve, Promise<void>>()
  readonly #answers = new Map<PeerState, Map<string, AbortController>>()

  constructor (types: ReadonlyMap<string, StreamType>, clock: Clock, limits: StreamerLimits, step: (input: Input) => void) {
    this.#types = types
    this.#clock = clock
    this.#limits = limits
    this.#step = step
  }

  /** How many sources are open. */
  get size (): number {
    return this.#size
  }

  /** How many requests are being answered. */
  get answers (): number {
    let count = 0
    for (const running of this.#answers.values()) count += running.size
    return count
  }

  cursor (feed: Feed): void {
    const ask = async (): Promise<{ epoch: string, last: number } | undefined> => {
      try {
        let { source } = feed
        if (source === undefined) {
          source = this.#types.get(feed.name)?.source?.(feed.peer.ref, feed.key)
          if (source === undefined) return undefined
          feed.source = source
          this.#size++
        }
        const { epoch, last } = await source.cursor()
        if (!Number.isSafeInteger(last) || last < 0 || epoch === '' || epoch.length > this.#limits.maxName) return undefined
        const told = this.#told.get(source)
        if (told?.epoch === epoch && told.last === last) return told
        const cursor = { epoch, last }
        this.#told.set(source, cursor)
        return cursor
      } catch {
        // A source that cannot say where it stands is not served.
        return undefined
      }
    }
    void ask().then(cursor => { this.#step({ type: 'cursor', feed, cursor }) })
  }

  collect (effect: Extract<Effect, { type: 'collect' }>): void {
    const { serve, stretch } = effect
    const { source } = serve.feed
    if (!serve.live || source?.onMore === undefined) return this.gather(effect)
    try {
      if (!this.#lobby.wait(serve, source, Math.max(1, stretch.from), this.#more)) this.gather(effect)
    } catch {
      this.#step({ type: 'collected', serve, stretch, batch: undefined })
    }
  }

  /** As {@link Sources.collect}, without waiting for something to be there. */
  gather ({ serve, stretch }: { readonly serve: Serve, readonly stretch: Stretch }): void {
    const { from, to } = stretch
    const run = this.#begin(serve)
    const { signal } = run.controller
    const collect = async (): Promise<Batch | undefined> => {
      const { source } = serve.feed
      if (source === undefined) return undefined
      const options = { limit: this.#limits.maxOffer, signal }
      try {
        const start = Math.max(1, from)
        if (serve.live && this.#limits.collect > 0) {
          const { last } = await source.cursor()
          // Who waits for an abort that has been need not hear of it.
          signal.throwIfAborted()
          if (last < start) await source.batch(start, to, { limit: 1, signal })
          signal.throwIfAborted()
          // More may come at once: a short wait saves a round trip for each.
          if (last - start + 1 < options.limit) await this.#sleep(this.#limits.collect, signal)
        }
        signal.throwIfAborted()
        return this.#check(await source.batch(start, to, options), from, to)
      } catch {
        return undefined
      }
    }
    void collect().then(batch => {
      this.#end(serve, run)
      if (!signal.aborted) this.#step({ type: 'collected', serve, stretch, batch })
    })
  }

  /** Reads and sends what a peer wanted, a part at a time as it takes them. */
  deliver ({ serve, ids, priority }: Extract<Effect, { type: 'deliver' }>, to: Conversation | undefined, sent: (bytes: number) => void): void {
    const run = this.#begin(serve, [...ids])
    const { left, controller: { signal } } = run
    const { maxItem, maxQueued } = this.#limits
    const missing: Uint8Array[] = []
    const room = to?.room(priority)
    const most = Math.max(1, Math.min(READ_AHEAD, Math.floor(maxQueued / maxItem)))
    const send = async (part: readonly Uint8Array[]): Promise<void> => {
      const bodies = await serve.feed.source?.read([...part], { signal })
      if (signal.aborted) return
      const here: Body[] = []
      for (let i = 0; i < part.length; i++) {
        const Addr = part[i]!
        const SData = bodies?.[i]
        if (SData === undefined || SData.length > maxItem) missing.push(Addr)
        else here.push({ Addr, SData })
      }
      await to?.deliver(here, priority)
      for (const { SData } of here) sent(SData.length)
    }
    const deliver = async (): Promise<void> => {
      while (left.length > 0 && !signal.aborted) {
        const part = left.splice(0, most)
        const bytes = part.length * maxItem
        if (room?.try(bytes) === false && !await room.take(bytes, signal)) return
        try {
          await send(part)
        } finally {
          room?.give(bytes)
        }
      }
    }
    // One batch after the other, so that what is read ahead stays bounded.
    const turn = (this.#delivering.get(serve) ?? Promise.resolve()).then(deliver)
    this.#delivering.set(serve, turn.catch(() => {}))
    void turn
      .catch(() => { for (const id of ids) if (!missing.includes(id)) missing.push(id) })
      .then(() => {
        this.#end(serve, run)
        this.#step({ type: 'delivered', serve, missing: signal.aborted ? [] : missing })
      })
  }

  /** An item goes out to a peer by itself, and need not do so again with a batch. An old peer is not followed that closely. */
  takeOut (peer: PeerState, id: Uint8Array): void {
    if (!peer.native) return
    for (const { live, history } of peer.feeds) {
      for (const serve of [live, history]) {
        if (serve === undefined) continue
        for (const { left } of this.#running.get(serve) ?? []) {
          const at = left.findIndex(other => other.every((byte, i) => byte === id[i]))
          if (at >= 0) left.splice(at, 1)
        }
      }
    }
  }

  /** Stops what runs for a half. */
  halt (serve: Serve): void {
    this.#lobby.leave(serve)
    const running = this.#running.get(serve)
    this.#running.delete(serve)
    for (const { controller } of running ?? []) controller.abort()
  }

  close (feed: Feed): void {
    const { source } = feed
    if (source === undefined) return
    feed.source = undefined
    this.#size--
    try {
      source.close()
    } catch {
      // It is closed as far as the streamer is concerned.
    }
  }

  /** Whatever is still being made for a peer that has gone is closed as soon as it is there. */
  left (peer: PeerState): void {
    for (const feed of [...peer.feeds]) if (feed.asking === undefined) this.close(feed)
  }

  answer ({ peer, id, hops }: Extract<Effect, { type: 'answer' }>, handle: Handler): void {
    const controller = new AbortController()
    let running = this.#answers.get(peer)
    if (running === undefined) this.#answers.set(peer, running = new Map())
    running.set(keyOf(id), controller)
    const ask = async (): Promise<Uint8Array | undefined> => {
      try {
        return await handle(peer.ref, id, { signal: controller.signal, ...(hops === undefined ? {} : { hops }) })
      } catch {
        // Who asks is told the same as when it is not here.
        return undefined
      }
    }
    void ask().then(data => {
      if (controller.signal.aborted) return
      this.#forgetAnswer(peer, id)
      this.#step({ type: 'answered', peer, id, data })
    })
  }

  unanswer (peer: PeerState, id: Uint8Array): void {
    this.#answers.get(peer)?.get(keyOf(id))?.abort()
    this.#forgetAnswer(peer, id)
  }

  /** The same for all, so that a half that waits needs none of its own. */
  readonly #more = (serve: Serve): void => {
    const { collecting: stretch } = serve
    if (stretch === undefined) return
    const batch = this.#peek(serve, stretch)
    if (batch === undefined) this.gather({ serve, stretch })
    else this.#step({ type: 'peeked', serve, stretch, batch })
  }

  #peek ({ feed }: Serve, { from }: Stretch): Batch | undefined {
    try {
      const batch = feed.source?.peek?.(Math.max(1, from))
      return batch === undefined ? undefined : this.#check(batch, from, undefined)
    } catch {
      return undefined
    }
  }

  #forgetAnswer (peer: PeerState, id: Uint8Array): void {
    const running = this.#answers.get(peer)
    running?.delete(keyOf(id))
    if (running?.size === 0) this.#answers.delete(peer)
  }

  #begin (serve: Serve, left: Uint8Array[] = []): Run {
    const run = { controller: new AbortController(), left }
    const running = this.#running.get(serve)
    if (running === undefined) this.#running.set(serve, new Set([run]))
    else running.add(run)
    return run
  }

  #end (serve: Serve, run: Run): void {
    const running = this.#running.get(serve)
    running?.delete(run)
    if (running?.size === 0) this.#running.delete(serve)
  }

  /** What of a source's answer is offered; `undefined` if it is none. */
  #check ({ to: last, ids, proof }: Batch, from: number, to: number | undefined): Batch | undefined {
    if (!Number.isSafeInteger(last) || last < from || last > (to ?? MAX_INDEX)) return undefined
    if (ids.length > this.#limits.maxOffer || ids.some(id => id.length !== ID_SIZE)) return undefined
    if (proof === undefined) return { from, to: last, ids }
    return proofSize(proof) > this.#limits.maxProof ? undefined : { from, to: last, ids, proof }
  }

  async #sleep (ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>(resolve => {
      const done = (): void => {
        cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const cancel = this.#clock.after(ms, done)
      signal.addEventListener('abort', done)
    })
  }
}
