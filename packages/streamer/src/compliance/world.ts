import type { Store } from '@skep/interface'
import { IntervalsStore } from '@skep/intervals-store'
import type { StreamerLimits } from '../options.ts'
import { Streamer } from '../streamer.ts'
import type { StreamPeer, StreamType } from '../type.ts'
import { conns, LawClock, lawRandom, lawStore, type Tamper } from './bench.ts'
import { Life } from './life.ts'
import { content, openSink } from './sink-laws.ts'
import { nobody } from './source-laws.ts'
import { eventually, holds, type StreamTypeSubject, type StreamTypeSuite } from './suite.ts'
import { singly } from './tampers.ts'

/** How many turns of the event loop pass before time goes on. */
const TURNS = 4
/** How long anything may take, in milliseconds of the law's own time. */
const LIMIT = 600_000

/** How a connection is made. */
export interface Link {
  /** What happens to messages of `stream/5`. */
  readonly stream?: Tamper
  /** What happens to messages of `skep-stream/1`, of which each delivers one item. */
  readonly native?: Tamper
  /** Another one who serves, with an overlay address filled with this byte. */
  readonly server?: Streamer
  readonly overlay?: number
}

/** A streamer that serves the subject and one that follows it, connected as often as a law likes. */
export class World {
  readonly clock = new LawClock()
  readonly subject: StreamTypeSubject
  readonly server: Streamer
  client: Streamer
  /** The asking half that is in use. */
  following: StreamType
  /** How often each item was put, by id. */
  readonly puts = new Map<string, number>()
  readonly #suite: StreamTypeSuite
  readonly #limits: Partial<StreamerLimits>
  readonly #disk = lawStore()
  #life: Life
  #connections = 0

  /** @param maxOffer - items in a batch, where a law wants several of them and few items. */
  constructor (suite: StreamTypeSuite, subject: StreamTypeSubject, maxOffer?: number) {
    this.#suite = suite
    this.subject = subject
    this.#limits = maxOffer === undefined ? {} : { maxOffer }
    this.server = this.serve()
    this.following = subject.client
    this.#life = new Life(this.puts)
    this.client = this.#follow()
  }

  /** Somebody who serves the stream, and single items of it. */
  serve (): Streamer {
    const { server, key = '' } = this.subject
    const streamer = this.#streamer(server, lawStore())
    streamer.onRequest(async (_, id, options) => {
      const source = server.source?.(nobody, key)
      try {
        return (await source?.read([id], options))?.[0]
      } finally {
        source?.close()
      }
    })
    return streamer
  }

  /** Connects the two and subscribes. Resolves when it runs; `over` when it has ended at both ends. */
  connect ({ stream: streamTamper, native: nativeTamper, server = this.server, overlay = 1 }: Link = {}): { readonly over: Promise<unknown>, readonly peer: StreamPeer } {
    const n = this.#connections++
    const [stream, streamThere] = conns(streamTamper)
    const [native, nativeThere] = conns(singly(nativeTamper))
    const peer = { key: `server ${n}`, overlay: new Uint8Array(32).fill(overlay), light: false }
    const over = Promise.allSettled([
      this.client.run(peer, { stream, native }),
      server.run({ key: `client ${n}`, overlay: new Uint8Array(32).fill(2), light: false }, { stream: streamThere, native: nativeThere })
    ])
    this.client.subscribe(peer, this.subject.server.name, this.subject.key ?? '')
    return { over, peer }
  }

  /** Kills the following process: it does nothing from now on. */
  kill (): void {
    this.#life.over = true
  }

  /** Starts the following process again with what was durable, after it was killed. */
  async restart (): Promise<void> {
    this.kill()
    await this.during(this.client.stop())
    // The subject's disk ends what it was at.
    const { running } = this.#life
    await eventually(this.#suite, () => this.#life.running === 0, `${running} calls of the asking half never end`)
    this.following = await this.subject.reopen()
    this.#life = new Life(this.puts)
    this.client = this.#follow()
  }

  /** Fails if anything is left of a connection that is over, without waiting for any timer. */
  async nothingLeft (what: string): Promise<void> {
    for (const [who, streamer] of [['asking', this.client], ['serving', this.server]] as const) {
      const left = (): string[] => Object.entries(streamer.handles).flatMap(([name, count]) => count === 0 ? [] : [`${count} ${name}`])
      await eventually(this.#suite, () => left().length === 0, '').catch(() => { throw new Error(`${what}: ${left().join(', ')} are left at the ${who} side`) })
    }
  }

  async stop (): Promise<void> {
    await this.during(Promise.all([this.client.stop(), this.server.stop()]))
    await this.nothingLeft('after the end')
    holds(await this.until(() => this.clock.pending === 0), `${this.clock.pending} timers are left after the end`)
  }

  /** Lets time go on until `done`, or `false` when it never comes. */
  async until (done: () => boolean | Promise<boolean>): Promise<boolean> {
    const limit = this.clock.now() + LIMIT
    let still = 0
    while (true) {
      for (let turn = 0; turn < TURNS; turn++) await this.#suite.settle()
      if (await done()) return true
      // A disk may take longer than a few turns.
      if (this.clock.goOn(limit)) still = 0
      else if (++still > TURNS * 10) return false
    }
  }

  /** Waits for a promise while time goes on. */
  async during (promise: Promise<unknown>): Promise<void> {
    let over = false
    void promise.finally(() => { over = true }).catch(() => {})
    holds(await this.until(() => over), 'it does not end')
    await promise
  }

  /** Whether nothing of the stream is needed any more. */
  async complete (): Promise<boolean> {
    const { ids } = await content(this.subject, 0)
    return (await this.needs(ids)).every(need => !need)
  }

  /** What the asking half says of ids. */
  async needs (ids: Uint8Array[]): Promise<(boolean | string)[]> {
    const sink = openSink(this.following, this.subject)
    const needed = await sink.need(ids, { signal: new AbortController().signal })
    sink.close()
    return needed
  }

  /** Whether all is there, and known to be. */
  async settled (): Promise<boolean> {
    return await this.complete() && this.client.status().every(({ synced }) => synced)
  }

  /** Waits until all is there, and settled. */
  async converge (what: string): Promise<void> {
    holds(await this.until(async () => await this.complete()), `${what}: not every item arrives`)
    holds(await this.until(() => this.client.status().every(({ synced }) => synced)), `${what}: the stream never says that it is synced`)
  }

  /** Fails unless each of so many items was put once. */
  once (items: number): void {
    holds(this.puts.size === items, `${this.puts.size} items were put of ${items}`)
    const most = Math.max(...this.puts.values())
    holds(most === 1, `an item was put ${most} times`)
  }

  #follow (): Streamer {
    return this.#streamer(this.#life.follow(this.following), this.#life.disk(this.#disk))
  }

  #streamer (type: StreamType, disk: Store): Streamer {
    const streamer = new Streamer({ clock: this.clock, random: lawRandom, intervals: new IntervalsStore(disk) }, { limits: this.#limits })
    streamer.register(type)
    return streamer
  }
}
