import { IntervalsStore } from '@skep/intervals-store'
import { decodeMessage, encodeMessage } from '@skep/wire'
import { streamSpec } from '../messages.ts'
import { Streamer } from '../streamer.ts'
import type { StreamPeer, StreamType } from '../type.ts'
import { conns, LawClock, lawRandom, lawStore, type Tamper } from './bench.ts'
import { content, openSink } from './sink-laws.ts'
import { holds, type StreamTypeSubject, type StreamTypeSuite } from './suite.ts'

/** How many turns of the event loop pass before time goes on. */
const TURNS = 4
/** How long anything may take, in milliseconds of the law's own time. */
const LIMIT = 600_000

/** A streamer that serves the subject and one that follows it, connected as often as a law likes. */
export class World {
  readonly clock = new LawClock()
  readonly subject: StreamTypeSubject
  readonly server: Streamer
  client: Streamer
  /** The asking half that is in use. */
  following: StreamType
  /** Bodies stored by clients that have ended. */
  stored = 0
  readonly #suite: StreamTypeSuite
  readonly #disk = lawStore()
  #connections = 0

  constructor (suite: StreamTypeSuite, subject: StreamTypeSubject) {
    this.#suite = suite
    this.subject = subject
    this.server = this.streamer(subject.server)
    this.following = subject.client
    this.client = this.streamer(subject.client, this.#disk)
  }

  streamer (type: StreamType, disk = lawStore()): Streamer {
    const streamer = new Streamer({ clock: this.clock, random: lawRandom, intervals: new IntervalsStore(disk) })
    streamer.register(type)
    return streamer
  }

  /** Connects the two and subscribes. Resolves when it runs; `over` when it has ended at both ends. */
  connect (tamper?: Tamper, server: Streamer = this.server, overlay: number = 1): { readonly over: Promise<unknown>, readonly peer: StreamPeer } {
    const n = this.#connections++
    const [stream, streamThere] = conns(tamper)
    const [native, nativeThere] = conns()
    const peer = { key: `server ${n}`, overlay: new Uint8Array(32).fill(overlay), light: false }
    const over = Promise.allSettled([
      this.client.run(peer, { stream, native }),
      server.run({ key: `client ${n}`, overlay: new Uint8Array(32).fill(2), light: false }, { stream: streamThere, native: nativeThere })
    ])
    this.client.subscribe(peer, this.subject.server.name, this.subject.key ?? '')
    return { over, peer }
  }

  /** Ends the following process, and starts it again with what was durable. */
  async restart (): Promise<void> {
    this.stored += this.client.counters.bodiesStored
    await this.during(this.client.stop())
    this.following = await this.subject.reopen()
    this.client = this.streamer(this.following, this.#disk)
  }

  async stop (): Promise<void> {
    await this.during(Promise.all([this.client.stop(), this.server.stop()]))
    for (const [who, streamer] of [['asking', this.client], ['serving', this.server]] as const) {
      for (const [what, count] of Object.entries(streamer.handles)) holds(count === 0, `${count} ${what} are left at the ${who} side after the end`)
    }
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
    const sink = openSink(this.following, this.subject)
    const needed = await sink.need(ids, { signal: new AbortController().signal })
    sink.close()
    return needed.every(need => !need)
  }

  /** Waits until all is there, and settled. */
  async converge (what: string): Promise<void> {
    holds(await this.until(async () => await this.complete()), `${what}: not every item arrives`)
    holds(await this.until(() => this.client.status().every(({ synced }) => synced)), `${what}: the stream never says that it is synced`)
  }
}

/** Changes the bodies of deliveries on their way. */
export function lies (change: (body: Uint8Array, n: number) => Uint8Array): Tamper {
  let n = 0
  return message => {
    const { name, value } = decodeMessage(streamSpec, message)
    return name === 'ChunkDeliveryMsg' ? encodeMessage(streamSpec, name, { ...value, SData: change(value.SData, n++) }) : message
  }
}
