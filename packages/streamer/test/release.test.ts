import type { Clock, Conn } from '@skep/interface'
import { pair } from '@skep/conn-memory'
import { IntervalsStore } from '@skep/intervals-store'
import { Points, SeededRandom, VirtualClock } from '@skep/sim'
import { memoryStore } from '@skep/store-memory'
import { Streamer, type StreamPeer, type StreamType, type Subscription } from '@skep/streamer'
import { expect, test } from 'vitest'
import { body, id, Shelf, text } from './harness.ts'

/** Who is asked for it answers only when that is called off. */
const UNANSWERED = id(97)

/** Halves of streams that are open. */
interface Open { sources: number, sinks: number }

function counted (type: StreamType, points: Points, name: string, open: Open): StreamType {
  return {
    ...type,
    source: (peer, key) => {
      const source = type.source!(peer, key)!
      open.sources++
      return {
        cursor: async () => points.call(`cursor at ${name}`, () => source.cursor()),
        batch: async (...all) => points.call(`batch of ${name}`, () => source.batch(...all)),
        read: async (...all) => points.call(`read at ${name}`, () => source.read(...all)),
        close () {
          open.sources--
          points.pass(`source closed at ${name}`)
        }
      }
    },
    sink: (peer, key) => {
      const sink = type.sink!(peer, key)!
      open.sinks++
      return {
        need: async (...all) => points.call(`need at ${name}`, () => sink.need(...all)),
        put: async (...all) => { await points.call(`put at ${name}`, () => sink.put(...all)) },
        done: async () => { await points.call(`done at ${name}`, async () => {}) },
        close () {
          open.sinks--
          points.pass(`sink closed at ${name}`)
        }
      }
    }
  }
}

class Side {
  readonly shelf = new Shelf()
  readonly open: Open = { sources: 0, sinks: 0 }
  readonly streamer: Streamer
  readonly stop = new AbortController()

  constructor (clock: Clock, points: Points, name: string, n: number) {
    this.shelf.epoch = `epoch of ${name}`
    // A few batches each way, the second of them in flight.
    this.streamer = new Streamer({ clock, random: new SeededRandom(n), intervals: new IntervalsStore(points.store(memoryStore(), name)) }, { limits: { maxOffer: 2 } })
    this.streamer.register(counted(this.shelf.type(), points, name, this.open))
    this.streamer.onRequest(async (_, address, { signal }) => points.call(`request at ${name}`, async () => {
      if (text(address) === text(UNANSWERED)) await new Promise<void>(resolve => { signal.addEventListener('abort', () => resolve()) })
      return this.shelf.items.get(text(address))
    }))
  }
}

/** One session with everything in it: both follow each other, history and live, and each fetches single items. */
async function session (native: boolean, at: number, how: string): Promise<boolean> {
  const clock = new VirtualClock()
  const points = new Points()
  const a = new Side(clock, points, 'a', 1)
  const b = new Side(clock, points, 'b', 2)
  a.shelf.fill(1, 4)
  b.shelf.fill(11, 13)
  // Only for requests.
  b.shelf.items.set(text(id(99)), body(id(99)))
  const conns = [pair({ clock }), pair({ clock })] as const
  const [streamA, streamB] = conns[0].map((conn, i) => points.conn(conn, `${'ab'[i]!}, stream`)) as [Conn, Conn]
  const [nativeA, nativeB] = conns[1].map((conn, i) => points.conn(conn, `${'ab'[i]!}, native`)) as [Conn, Conn]
  const toB: StreamPeer = { key: 'b', overlay: id(2, 9), light: false }
  const toA: StreamPeer = { key: 'a', overlay: id(1, 9), light: false }
  const stops: Promise<void>[] = []
  const act: Record<string, () => void> = {
    'stream cut': () => { conns[0][0].abort(new Error('cut')) },
    'native cut': () => { conns[1][1].abort(new Error('cut')) },
    'run aborted': () => { a.stop.abort(new Error('enough')) },
    'a stops': () => { stops.push(a.streamer.stop()) },
    'b stops': () => { stops.push(b.streamer.stop()) }
  }
  points.at(at, act[how]!)
  const wait: Promise<unknown>[] = []
  const settled = (...promises: Promise<unknown>[]): void => { for (const promise of promises) wait.push(promise.catch(() => {})) }
  settled(
    a.streamer.run(toB, native ? { stream: streamA, native: nativeA } : { stream: streamA }, { signal: a.stop.signal }),
    b.streamer.run(toA, native ? { stream: streamB, native: nativeB } : { stream: streamB })
  )
  const subscriptions: Subscription[] = []
  const during = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      // After it was stopped.
      expect(error).toMatchObject({ code: 'STREAMER_CLOSED' })
    }
  }
  const fetch = (side: Side, peer: StreamPeer, of: Uint8Array): void => {
    settled(side.streamer.fetch(of, { candidates: [peer], accept: async () => points.call('accept', async () => true) }))
  }
  during(() => { subscriptions.push(a.streamer.subscribe(toB, 'SHELF', 'x')) })
  during(() => { subscriptions.push(b.streamer.subscribe(toA, 'SHELF', 'x')) })
  during(() => { fetch(a, toB, id(99)) })
  during(() => { fetch(b, toA, id(2)) })
  during(() => { fetch(a, toB, id(98)) })
  during(() => { fetch(a, toB, UNANSWERED) })
  await clock.advance(60)
  a.shelf.fill(5, 5)
  await clock.advance(60)
  during(() => { a.streamer.unsubscribe(toB, 'SHELF', 'x') })
  during(() => { a.streamer.announceSynced(true) })
  await clock.advance(20)
  // One that has gone would be waited for.
  if (points.reached === undefined) during(() => { subscriptions.push(a.streamer.subscribe(toB, 'SHELF', 'x')) })
  await clock.advance(native ? 40 : 1_100)
  if (points.reached === undefined) return false

  // Nothing of a peer waits for any time to pass, but for one who takes no farewell.
  await Promise.allSettled(stops)
  await clock.settle()
  const here = `${how} at ${at}: ${points.reached}`
  const none = { peers: 0, subscriptions: 0, items: 0, asks: 0, timers: 0, sources: 0, answers: 0 }
  for (const { streamer, open, shelf } of [a, b]) {
    expect(streamer.handles, here).toEqual(none)
    expect(open, here).toEqual({ sources: 0, sinks: 0 })
    expect(shelf.waiting, here).toBe(0)
    expect(streamer.load, here).toEqual({ wants: 0, asks: 0, queued: [0, 0, 0, 0] })
    expect(streamer.status(), here).toEqual([])
  }
  expect(clock.pending, here).toBe(0)
  expect(subscriptions.every(({ active }) => !active), here).toBe(true)
  // What somebody waits for is over.
  let over = false
  void Promise.all([...wait, ...subscriptions.map(({ ended }) => ended)]).then(() => { over = true })
  await clock.settle()
  expect(over, here).toBe(true)
  await Promise.all([a.streamer.stop(), b.streamer.stop()])
  return true
}

const ways: [native: boolean, how: string][] = [
  ...['stream cut', 'native cut', 'run aborted', 'a stops', 'b stops'].map((how): [boolean, string] => [true, how]),
  [false, 'stream cut'],
  [false, 'b stops']
]

test.each(ways)('at every message and every call nothing is left after it (native: %s): %s', async (native, how) => {
  let at = 1
  while (await session(native, at, how)) at++
  expect(at).toBeGreaterThan(100)
})
