import type { Conn, EagerIterator } from '../conn.ts'
import { holds, rejects, sameBytes, type Suite } from './suite.ts'

/** What an adopter of {@link testConn} hands in. `make` connects two conns and gives both ends. */
export interface ConnSuite extends Suite<[Conn, Conn]> {
  /**
   * The most bytes that may be on their way while nobody reads. Defaults to 16 MiB.
   */
  readonly buffered?: number
}

/** What a system's buffers for a TCP connection come to at most. */
const BUFFERED = 16 * 1024 * 1024

/** Rounds without progress after which a sender counts as held back. */
const STILL = 50

/**
 * Registers the laws of a `Conn`, each as a test of its own, and each in both directions.
 *
 * @example
 * ```ts
 * import { testConn } from '@skep/interface/compliance'
 * import { pair } from '@skep/conn-memory'
 *
 * const laws: string[] = []
 * testConn({ test: name => laws.push(name), make: () => pair() })
 * ```
 */
export function testConn (suite: ConnSuite): void {
  const law: Law = (name, body) => {
    suite.test(`conn: ${name}`, async () => {
      for (const turned of [false, true]) {
        const [left, right] = await suite.make()
        try {
          await (turned ? body(right, left) : body(left, right))
        } finally {
          await Promise.all([left.close(), right.close()])
        }
      }
    })
  }
  carrying(law)
  holdingBack(law, suite)
  closing(law, suite)
  aborting(law, suite)
  refusing(law)
}

type Law = (name: string, body: (a: Conn, b: Conn) => Promise<void>) => void

function carrying (law: Law): void {
  law('messages come in order, both ways at once', async (a, b) => {
    const count = 500
    const numbers = (from: number): Uint8Array[] => Array.from({ length: count }, (_, i) => Uint8Array.of(from, i >> 8, i & 255))
    const sent = watched(Promise.all([sink(a, numbers(1)), sink(b, numbers(2))]))
    const [atB, atA] = await Promise.all([take(b, count), take(a, count)])
    await sent
    holds(sameAll(atB, numbers(1)) && sameAll(atA, numbers(2)), 'messages came in another order, or changed')
  })

  law('messages keep their boundaries, the empty one and the largest too', async (a, b) => {
    const sizes = [0, 1, 2, 55, 56, 127, 128, 255, 256, 0, 1000, 4096, 16_383, 16_384, 65_535, 65_536, a.maxMessageSize - 1, a.maxMessageSize, 0, 3]
    const messages = sizes.filter(size => size <= a.maxMessageSize).map((size, n) => pattern(size, n))
    const sent = sink(a, messages)
    const got = await take(b, messages.length)
    await sent
    for (const [i, message] of messages.entries()) {
      holds(got[i]!.length === message.length, `a message of ${message.length} bytes came as one of ${got[i]!.length}`)
      holds(sameBytes(got[i], message), `a message of ${message.length} bytes came changed`)
    }
  })

  law('a message goes out before the next is there', async (a, b) => {
    const source = b.source[Symbol.asyncIterator]()
    let go = (): void => {}
    const sent = sink(a, (async function * () {
      yield Uint8Array.of(1)
      await new Promise<void>(resolve => { go = resolve })
      yield Uint8Array.of(2)
    })())
    holds(sameBytes(await next(source), Uint8Array.of(1)), 'the first message came changed')
    go()
    holds(sameBytes(await next(source), Uint8Array.of(2)), 'the second message came changed')
    await sent
  })

  law('the sender may reuse its buffer once the next message is asked for', async (a, b) => {
    const sent = sink(a, (async function * () {
      const buffer = new Uint8Array(1000)
      for (let i = 0; i < 100; i++) yield buffer.fill(i)
    })())
    const got = await take(b, 100)
    await sent
    for (const [i, message] of got.entries()) holds(sameBytes(message, new Uint8Array(1000).fill(i)), 'a message changed after it was sent')
  })

  law('the receiver owns what it gets: plain Uint8Arrays, each alone', async (a, b) => {
    const sent = sink(a, Array.from({ length: 50 }, (_, i) => new Uint8Array(100).fill(i)))
    const got = await take(b, 50)
    await sent
    for (const [i, message] of got.entries()) {
      holds(Object.getPrototypeOf(message) === Uint8Array.prototype, 'a subclass of Uint8Array came')
      holds(sameBytes(message, new Uint8Array(100).fill(i)), 'writing to one message changed another')
      message.fill(255)
    }
  })

  law('what is taken at once and what is waited for are one sequence, on both sides', async (a, b) => {
    const count = 300
    const buffer = new Uint8Array(1000)
    let at = 0
    const take = (): Uint8Array | undefined => at < count ? buffer.fill(at++) : undefined
    const eager: EagerIterator<Uint8Array> = {
      // Every seventh must be waited for.
      take: () => at % 7 === 0 ? undefined : take(),
      next: async () => {
        const value = take()
        return value === undefined ? { done: true, value } : { done: false, value }
      }
    }
    const sent = sink(a, { [Symbol.asyncIterator]: () => eager })
    const source: EagerIterator<Uint8Array> = b.source[Symbol.asyncIterator]()
    for (let i = 0; i < count; i++) {
      const message = (i % 5 === 0 ? undefined : source.take?.()) ?? await next(source)
      holds(sameBytes(message, new Uint8Array(1000).fill(i)), `message ${i} was lost, changed, or came out of turn`)
    }
    await sent
    const closed = watched(a.close())
    holds((await source.next()).done === true && source.take?.() === undefined, 'something came after the end')
    await closed
  })

  law('a sink that is done leaves the conn open', async (a, b) => {
    const sent = sink(a, [Uint8Array.of(1)])
    await take(b, 1)
    await sent
    const back = sink(b, [Uint8Array.of(2)])
    holds(sameAll(await take(a, 1), [Uint8Array.of(2)]), 'a message came changed')
    await back
  })
}

function holdingBack (law: Law, suite: ConnSuite): void {
  law('who does not read holds the sender back, and loses nothing', async (a, b) => {
    const message = new Uint8Array(Math.min(a.maxMessageSize, 16_384))
    const total = Math.ceil((suite.buffered ?? BUFFERED) / message.length) + 1
    let asked = 0
    const sent = sink(a, (async function * () {
      for (; asked < total; asked++) {
        new DataView(message.buffer).setUint32(0, asked)
        yield message
      }
    })())
    await stillness(suite, () => asked)
    holds(asked < total, `${total} messages of ${message.length} bytes were taken though nobody reads`)
    let at = 0
    for await (const got of b.source) {
      holds(got.length === message.length && new DataView(got.buffer, got.byteOffset).getUint32(0) === at, `message ${at} was lost or changed`)
      if (++at === total) break
    }
    await sent
  })

  law('a stream that is held back holds nothing else back', async (a, b) => {
    const stuck = sink(a, flood(a, suite)).catch(() => {})
    const sent = sink(b, Array.from({ length: 100 }, (_, i) => Uint8Array.of(i)))
    holds((await take(a, 100)).every((got, i) => sameBytes(got, Uint8Array.of(i))), 'messages of the other direction came changed')
    await sent
    a.abort(new Error('enough'))
    await stuck
  })
}

function closing (law: Law, suite: ConnSuite): void {
  law('closing delivers what was sent, then the end', async (a, b) => {
    const messages = Array.from({ length: 40 }, (_, i) => new Uint8Array(1000).fill(i))
    const sent = sink(a, messages)
    // Where the transport takes them unread they are all on their way when the end closes.
    await Promise.race([sent, stillness(suite)])
    const closed = watched(sent.then(async () => a.close()))
    const got: Uint8Array[] = []
    for await (const message of b.source) got.push(message)
    await closed
    holds(sameAll(got, messages), `${got.length} of ${messages.length} messages came before the end`)
  })

  law('closing delivers what was sent though the other end is sending too', async (a, b) => {
    const flooding = sink(b, flood(b, suite)).catch(() => {})
    const messages = Array.from({ length: 40 }, (_, i) => new Uint8Array(1000).fill(i))
    const sent = sink(a, messages)
    await Promise.race([sent, stillness(suite)])
    const closed = watched(sent.then(async () => a.close()))
    const got: Uint8Array[] = []
    for await (const message of b.source) got.push(message)
    holds(sameAll(got, messages), `${got.length} of ${messages.length} messages came before the end`)
    await Promise.all([closed, flooding, b.close()])
  })

  law('closing twice, and after the other end, is no error', async (a, b) => {
    await Promise.all([a.close(), a.close(), b.close()])
    await a.close()
    await b.close()
  })

  law('who closed reads no more', async (a, b) => {
    const source = a.source[Symbol.asyncIterator]()
    const pending = source.next()
    await a.close()
    holds((await pending).done === true, 'a pending read did not end')
    holds((await source.next()).done === true, 'a later read did not end')
    await b.close()
  })

  law('who closed sends no more', async (a) => {
    const waiting = sink(a, silence())
    const refused = watched(rejects(waiting, 'a waiting sink did not reject'))
    await a.close()
    await refused
  })

  law('when one end closes both directions end: nothing stays half-open', async (a, b) => {
    const waiting = watched(rejects(sink(b, silence()), 'a waiting sink did not reject'))
    const source = b.source[Symbol.asyncIterator]()
    const closed = a.close()
    holds((await source.next()).done === true, 'the source did not end')
    await waiting
    await closed
  })

  law('sending to an end that closed rejects', async (a, b) => {
    const source = b.source[Symbol.asyncIterator]()
    const closed = a.close()
    await source.next()
    await closed
    await rejects(sink(b, flood(b, suite)), 'messages were taken though nobody is there')
  })
}

function aborting (law: Law, suite: ConnSuite): void {
  law('an abort rejects the own reads and writes with its reason', async (a, b) => {
    const reason = new Error('the reason')
    const reading = failure(a.source[Symbol.asyncIterator]().next())
    const writing = failure(sink(a, silence()))
    a.abort(reason)
    holds(await reading === reason, 'a pending read did not reject with the reason')
    holds(await writing === reason, 'a waiting sink did not reject with the reason')
    holds(await failure(a.source[Symbol.asyncIterator]().next()) === reason, 'a later read did not reject with the reason')
    await b.close()
  })

  law('an abort lets go of a write that is held back', async (a) => {
    const reason = new Error('the reason')
    const writing = failure(sink(a, flood(a, suite)))
    await stillness(suite)
    a.abort(reason)
    holds(await writing === reason, 'a write did not reject with the reason')
  })

  law('an abort breaks the other end too', async (a, b) => {
    const reading = failure(b.source[Symbol.asyncIterator]().next())
    const writing = failure(sink(b, silence()))
    a.abort(new Error('enough'))
    holds(await reading !== undefined, 'the remote’s read ended as if nothing had happened')
    holds(await writing !== undefined, 'the remote’s sink did not reject')
  })

  law('aborting twice, and closing after it, is no error', async (a, b) => {
    a.abort(new Error('first'))
    a.abort(new Error('second'))
    await Promise.all([a.close(), b.close()])
    a.abort(new Error('third'))
    b.abort(new Error('fourth'))
    await Promise.all([a.close(), b.close()])
  })

  law('closing does not wait for ever on an abort that comes later', async (a, b) => {
    const closed = b.close()
    a.abort(new Error('enough'))
    await closed
  })
}

function refusing (law: Law): void {
  law('a message over the limit rejects, aborts, and does not arrive', async (a, b) => {
    const sent = failure(sink(a, [Uint8Array.of(1), new Uint8Array(a.maxMessageSize + 1), Uint8Array.of(2)]))
    const got: Uint8Array[] = []
    const read = failure((async () => {
      for await (const message of b.source) got.push(message)
    })())
    holds(await sent instanceof Error, 'a message over the limit was taken')
    holds(await read !== undefined, 'the conn was not aborted')
    holds(got.length === 0 || (got.length === 1 && sameBytes(got[0], Uint8Array.of(1))), 'something after the limit arrived')
    holds(await failure(a.source[Symbol.asyncIterator]().next()) !== undefined, 'the own source goes on')
  })

  law('messages that throw reject the sink, and leave the conn open', async (a, b) => {
    const reason = new Error('no more')
    const toB = b.source[Symbol.asyncIterator]()
    const sent = failure(sink(a, (async function * () {
      yield Uint8Array.of(1)
      throw reason
    })()))
    holds(sameBytes(await next(toB), Uint8Array.of(1)), 'what came before the error was lost')
    holds(await sent === reason, 'the sink did not reject with what the messages threw')
    const back = sink(b, [Uint8Array.of(2)])
    holds(sameAll(await take(a, 1), [Uint8Array.of(2)]), 'the other direction broke')
    await back
  })

  law('there is one sink', async (a) => {
    await sink(a, [])
    await rejects((async () => sink(a, []))(), 'a second sink was taken')
  })
}

function sink (conn: Conn, messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  return watched((async () => conn.sink(messages))())
}

/** A law that fails before it looks at an outcome leaves nothing unhandled. */
function watched<T> (promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** Reads so many messages and goes away. */
async function take (conn: Conn, count: number): Promise<Uint8Array[]> {
  const got: Uint8Array[] = []
  const source = conn.source[Symbol.asyncIterator]()
  while (got.length < count) got.push(await next(source))
  return got
}

async function next (source: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const { done, value } = await source.next()
  holds(done !== true, 'the source ended')
  return value as Uint8Array
}

/** More messages than a conn may hold, as large as they come. */
async function * flood (conn: Conn, suite: ConnSuite): AsyncGenerator<Uint8Array> {
  const message = new Uint8Array(Math.min(conn.maxMessageSize, 16_384))
  for (let left = suite.buffered ?? BUFFERED; left >= 0; left -= message.length) yield message
}

/** Messages that never come. */
async function * silence (): AsyncGenerator<Uint8Array> {
  await new Promise<void>(() => {})
}

/** What a promise rejects with; `undefined` if it resolves. */
async function failure (promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => undefined, (error: unknown) => error ?? new Error('a reason of nothing'))
}

/**
 * Waits until `count` no longer grows. There is no clock here, so messages that go to and fro
 * on a conn of the same kind tell the time.
 */
async function stillness (suite: ConnSuite, count: () => number = () => 0): Promise<void> {
  const [left, right] = await suite.make()
  let still = 0
  let last = -1
  const tick = left.sink((async function * () {
    const back = left.source[Symbol.asyncIterator]()
    while (still < STILL) {
      yield Uint8Array.of(1)
      await back.next()
      const now = count()
      still = now === last ? still + 1 : 0
      last = now
    }
  })())
  const echo = right.sink(right.source).catch(() => {})
  await tick
  await left.close()
  await Promise.all([echo, right.close()])
}

function pattern (length: number, seed: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + seed * 17) & 255)
}

function sameAll (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((bytes, i) => sameBytes(bytes, b[i]))
}
