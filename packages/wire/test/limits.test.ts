import { pair } from '@skep/conn-memory'
import type { Conn, Session } from '@skep/interface'
import { SeededRandom, VirtualClock } from '@skep/sim'
import {
  bytes, createSession, decode, decodeMessage, defineProtocol, encode, encodeMessage, fixed, list, Peer, struct, text, u16, u32, u64, u8,
  type Codec, type SessionLimits
} from '@skep/wire'
import { describe, expect, test } from 'vitest'

// Each limit at one less, at itself, and at one more.

const note = defineProtocol({ name: 'note', version: 1, maxMessageSize: 1000, messages: { Note: struct({ Body: bytes() }) } })
/** Bytes of a note beside its body, when that has more than 255. */
const AROUND = encodeMessage(note, 'Note', { Body: new Uint8Array(900) }).length - 1 - 900

describe('codecs', () => {
  const refused = { code: 'WIRE_DECODE' }

  test.each<[string, Codec<any>, any, any]>([
    ['a u8', u8, 255, 256],
    ['a u16', u16, 65_535, 65_536],
    ['a u32', u32, 2 ** 32 - 1, 2 ** 32],
    ['a u64', u64, 2n ** 64n - 1n, 2n ** 64n]
  ])('%s holds its width', (_, codec, most, over) => {
    const wide: Codec<any> = typeof most === 'bigint' ? bytes() : u64
    for (const value of [typeof most === 'bigint' ? most - 1n : most - 1, most]) expect(decode(codec, encode(codec, value))).toBe(value)
    expect(() => encode(codec, over)).toThrow(RangeError)
    const bits = typeof most === 'bigint' ? Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0) : BigInt(over)
    expect(() => decode(codec, encode(wide, bits))).toThrow(expect.objectContaining(refused))
  })

  test('byte strings, texts and lists hold as many as they say', () => {
    const cases: [Codec<any>, Codec<any>, (n: number) => any][] = [
      [bytes(10), bytes(), n => new Uint8Array(n)],
      [text(10), text(), n => 'x'.repeat(n)],
      [list(u8, 10), list(u8), n => Array.from({ length: n }, () => 1)]
    ]
    for (const [codec, wide, make] of cases) {
      for (const n of [0, 9, 10]) expect(decode(codec, encode(codec, make(n)))).toEqual(make(n))
      expect(() => encode(codec, make(11))).toThrow(RangeError)
      expect(() => decode(codec, encode(wide, make(11)))).toThrow(expect.objectContaining(refused))
    }
    expect(decode(fixed(10), encode(bytes(), new Uint8Array(10)))).toHaveLength(10)
    for (const n of [9, 11]) {
      expect(() => encode(fixed(10), new Uint8Array(n))).toThrow(RangeError)
      expect(() => decode(fixed(10), encode(bytes(), new Uint8Array(n)))).toThrow(expect.objectContaining(refused))
    }
  })

  test('a text is bounded by bytes, not by characters', () => {
    expect(() => encode(text(10), 'é'.repeat(6))).toThrow(RangeError)
    expect(decode(text(10), encode(text(10), 'é'.repeat(5)))).toBe('ééééé')
  })
})

test('a message holds as many bytes as its protocol says, the code not counted', () => {
  const wide = defineProtocol({ ...note, maxMessageSize: 2000 })
  for (const size of [999, 1000]) {
    const message = encodeMessage(note, 'Note', { Body: new Uint8Array(size - AROUND) })
    expect(message.length - 1).toBe(size)
    decodeMessage(note, message)
  }
  const over = { Body: new Uint8Array(1001 - AROUND) }
  expect(() => encodeMessage(note, 'Note', over)).toThrow(expect.objectContaining({ code: 'WIRE_MESSAGE_TOO_LONG' }))
  expect(() => decodeMessage(note, encodeMessage(wide, 'Note', over))).toThrow(expect.objectContaining({ code: 'WIRE_MESSAGE_TOO_LONG' }))
})

describe('a peer', () => {
  test('refuses what the conn does not take, and goes on', async () => {
    const [a] = pair({ maxMessageSize: 501 })
    const ann = new Peer(a, note)
    for (const size of [400, 499, 500]) await ann.send('Note', { Body: new Uint8Array(size - AROUND) })
    await expect(ann.send('Note', { Body: new Uint8Array(501 - AROUND) })).rejects.toMatchObject({ code: 'WIRE_MESSAGE_TOO_LONG' })
    await ann.send('Note', { Body: new Uint8Array() })
  })

  test('holds so many messages of a priority', async () => {
    const [a] = pair({ window: 1 })
    const ann = new Peer(a, note, { limits: { queuedMessages: 3 } })
    const Body = new Uint8Array()
    await ann.send('Note', { Body })
    const waiting = [1, 2, 3].map(async () => ann.send('Note', { Body }).catch(() => {}))
    await expect(ann.send('Note', { Body })).rejects.toMatchObject({ code: 'WIRE_QUEUE_FULL' })
    const other = ann.send('Note', { Body }, { priority: 3 }).catch(() => {})
    ann.drop()
    await Promise.all([...waiting, other])
  })

  test.each([['sendTimeout', 'send'], ['handshakeTimeout', 'handshake']] as const)('waits as long as %s says', async (limit, what) => {
    const clock = new VirtualClock()
    const [a] = pair({ window: 1 })
    const ann = new Peer(a, note, { clock, initiator: false, limits: { [limit]: 1000 } })
    const Body = new Uint8Array()
    if (what === 'send') await ann.send('Note', { Body })
    let failed = false
    const doing = (what === 'send' ? ann.send('Note', { Body }) : ann.handshake('Note', { Body })).catch(() => { failed = true })
    await clock.advance(999)
    expect(failed).toBe(false)
    await clock.advance(1)
    expect(failed).toBe(true)
    await doing
  })
})

describe('a session', () => {
  const capabilities = [{ name: 'note', version: 1 }]

  async function sessions (clock: VirtualClock, left: SessionLimits = {}, right: SessionLimits = {}): Promise<[Session, Session]> {
    const [a, b] = pair()
    return Promise.all([open(a, clock, 1, left), open(b, clock, 2, right)])
  }

  async function open (conn: Conn, clock: VirtualClock, seed: number, limits: SessionLimits = {}): Promise<Session> {
    const random = new SeededRandom(seed)
    return createSession(conn, { clock, random, id: random.bytes(64), client: 'test', capabilities, initiator: seed === 1, limits })
  }

  test('waits for a hello as long as it says', async () => {
    const clock = new VirtualClock()
    const [a] = pair()
    let failed: unknown
    open(a, clock, 1, { helloTimeout: 500 }).catch((error: unknown) => { failed = error })
    await clock.advance(499)
    expect(failed).toBeUndefined()
    await clock.advance(1001)
    expect(failed).toMatchObject({ code: 'WIRE_TIMEOUT' })
  })

  test.each([[2049, true], [2050, true], [2051, false]])('takes a hello of 2048 bytes and the two before it: %i bytes', async (length, taken) => {
    const clock = new VirtualClock()
    const [a, b] = pair()
    const random = new SeededRandom(2)
    const client = (n: number): string => 'x'.repeat(n)
    const size = async (n: number): Promise<number> => {
      const [one, other] = pair()
      createSession(one, { clock, random, id: new Uint8Array(64), client: client(n), capabilities, initiator: true }).catch(() => {})
      return ((await other.source[Symbol.asyncIterator]().next()).value as Uint8Array).length
    }
    const around = await size(1500) - 1500
    const creating = open(a, clock, 1)
    createSession(b, { clock, random, id: random.bytes(64), client: client(length - around), capabilities, initiator: false }).catch(() => {})
    if (taken) await creating
    else await expect(creating).rejects.toMatchObject({ closeCode: 'PROTOCOL' })
  })

  test('carries messages up to the smaller of both limits', async () => {
    const [a, b] = await sessions(new VirtualClock(), { maxMessageSize: 5000 }, { maxMessageSize: 4000 })
    const [left, right] = [a.open(capabilities[0]!), b.open(capabilities[0]!)]
    expect([left.maxMessageSize, right.maxMessageSize]).toEqual([4000, 4000])
    const source = right.source[Symbol.asyncIterator]()
    const sent = left.sink([new Uint8Array(3999), new Uint8Array(4000), new Uint8Array(4001)])
    await expect(sent).rejects.toMatchObject({ code: 'WIRE_MESSAGE_TOO_LONG' })
    await expect((async () => { while ((await source.next()).done !== true) continue })()).rejects.toMatchObject({ code: 'WIRE_CLOSED' })
  })

  test.each([[131_071, true], [131_072, true], [131_073, false]])('a message of %i bytes between nodes: carried is %s', async (length, carried) => {
    const clock = new VirtualClock()
    // The conn below takes more.
    const [a, b] = pair({ maxMessageSize: 1 << 20 })
    const [left, right] = await Promise.all([open(a, clock, 1), open(b, clock, 2)])
    const [from, to] = [left.open(capabilities[0]!), right.open(capabilities[0]!)]
    expect(from.maxMessageSize).toBe(131_072)
    const sent = from.sink([new Uint8Array(length)])
    if (carried) {
      expect((await to.source[Symbol.asyncIterator]().next()).value.length).toBe(length)
      await sent
    } else {
      await expect(sent).rejects.toMatchObject({ code: 'WIRE_MESSAGE_TOO_LONG' })
    }
    await Promise.all([left.close(), right.close()])
  })

  test.each([[131_071, undefined], [131_072, undefined], [131_073, 'PROTOCOL']])('a message of %i bytes that comes: the session ends with %s', async (length, code) => {
    const clock = new VirtualClock()
    const { session, send } = await raw(clock, {}, 1 << 20)
    await send(framed(length))
    await expectEnd(clock, session, code)
  })

  test.each([[3999, undefined], [4000, undefined], [4001, 'PROTOCOL']])('ends when a message of %i bytes comes and 4000 are allowed', async (length, code) => {
    const clock = new VirtualClock()
    const { session, send } = await raw(clock, { maxMessageSize: 4000 })
    await send(framed(length))
    await expectEnd(clock, session, code)
  })

  // A message of 968 bytes counts 1000: 32 are for what holds it.
  test.each([[8, undefined], [9, 'PROTOCOL']])('ends when %i thousand bytes come and a window of eight thousand is not read', async (count, code) => {
    const clock = new VirtualClock()
    const { session, send } = await raw(clock, { window: 8000 })
    for (let i = 0; i < count; i++) await send(framed(968))
    await expectEnd(clock, session, code)
  })

  test('a sender stops at the window to the byte', async () => {
    const clock = new VirtualClock()
    const [a, b] = await sessions(clock, {}, { window: 8000 })
    let asked = 0
    const sent = a.open(capabilities[0]!).sink((async function * () {
      for (; asked < 200; asked++) yield new Uint8Array(968)
    })())
    sent.catch(() => {})
    await clock.settle()
    // Eight are there, and some wait to be framed: 64 KiB and the one that passes it.
    expect(asked).toBe(8 + Math.ceil(65_536 / 969) - 1)
    await b.close()
  })

  test('pings after as long as it says, at most a tenth early', async () => {
    const clock = new VirtualClock()
    const { frames } = await raw(clock, { keepAlive: 1000 })
    await clock.advance(899)
    expect(frames).toEqual([])
    await clock.advance(101)
    expect(frames.map(frame => frame[1])).toEqual([2])
  })

  test.each([[19_999, false], [20_000, true]])('after %i of 20 000 ms of silence it is dead: %s', async (ms, dead) => {
    const clock = new VirtualClock()
    const { session } = await raw(clock, { dead: 20_000 })
    await clock.advance(ms)
    await expectEnd(clock, session, dead ? 'TIMEOUT' : undefined)
  })

  test('a machine that slept does not take it for the remote’s silence', async () => {
    const clock = new VirtualClock()
    let slept = 0
    const sleepy = { now: () => clock.now() + slept, wall: () => clock.wall() + slept, after: clock.after.bind(clock) }
    const [a, b] = pair()
    const session = async (conn: Conn, seed: number): Promise<Session> => open(conn, sleepy as VirtualClock, seed)
    const [ann] = await Promise.all([session(a, 1), session(b, 2)])
    await clock.advance(10_000)
    slept = 3_600_000
    await clock.advance(100_000)
    await expectEnd(clock, ann, undefined)
  })

  test.each([[1999, false], [2000, true]])('a sub-protocol’s close has %i of 2000 ms: over %s', async (ms, over) => {
    const clock = new VirtualClock()
    const [a, b] = await sessions(clock, { closeTimeout: 2000 }, { window: 4000 })
    const conn = a.open(capabilities[0]!)
    await conn.sink(Array.from({ length: 8 }, () => new Uint8Array(1000)))
    let closed = false
    void conn.close().then(() => { closed = true })
    await clock.advance(ms)
    expect(closed).toBe(over)
    const source = b.open(capabilities[0]!).source[Symbol.asyncIterator]()
    if (over) await expect((async () => { while ((await source.next()).done !== true) continue })()).rejects.toMatchObject({ code: 'WIRE_CLOSED' })
    else for (let i = 0; i < 9; i++) expect((await source.next()).done ?? false).toBe(i === 8)
    await a.close()
  })

  test.each([[999, false], [1000, true]])('a goodbye has %i of 1000 ms: over %s', async (ms, over) => {
    const clock = new VirtualClock()
    const [a, b] = pair({ window: 1 })
    const remote = b.source[Symbol.asyncIterator]()
    const creating = open(a, clock, 1)
    const theirs = ((await remote.next()).value as Uint8Array).slice()
    theirs[theirs.length - 12]! ^= 1
    await Promise.all([b.sink([theirs]), creating])
    const session = await creating
    // Two frames fill the conn, the goodbye waits behind them.
    session.open(capabilities[0]!).sink([Uint8Array.of(1), Uint8Array.of(2)]).catch(() => {})
    await clock.settle()
    let closed = false
    void session.close().then(() => { closed = true })
    await clock.advance(ms)
    expect(closed).toBe(over)
    await clock.advance(1)
    expect(closed).toBe(true)
  })

  function framed (length: number): Uint8Array {
    const frame = new Uint8Array(length + 1)
    frame[0] = 1
    return frame
  }

  /** A session, and the frames it sends after its hello to a remote that says what it is told to. */
  async function raw (clock: VirtualClock, limits: SessionLimits, maxMessageSize?: number): Promise<{ session: Session, frames: Uint8Array[], send (frame: Uint8Array): Promise<void> }> {
    const [a, b] = pair({ window: 1 << 20, ...(maxMessageSize !== undefined && { maxMessageSize }) })
    const creating = open(a, clock, 1, limits)
    const source = b.source[Symbol.asyncIterator]()
    const hello = ((await source.next()).value as Uint8Array).slice()
    hello[hello.length - 12]! ^= 1
    const frames: Uint8Array[] = []
    void (async () => {
      for (let next = await source.next(); next.done !== true; next = await source.next()) frames.push(next.value)
    })().catch(() => {})
    const queue: Uint8Array[] = [hello]
    let wake = (): void => {}
    b.sink((async function * () {
      while (true) {
        yield * queue.splice(0)
        await new Promise<void>(resolve => { wake = resolve })
      }
    })()).catch(() => {})
    const send = async (frame: Uint8Array): Promise<void> => {
      queue.push(frame)
      wake()
      await clock.settle()
    }
    return { session: await creating, frames, send }
  }

  /** The session ends with `code`, or goes on if there is none. */
  async function expectEnd (clock: VirtualClock, session: Session, code: string | undefined): Promise<void> {
    let ended: string | undefined
    void session.closed.then(end => { ended = end })
    await clock.settle()
    // A goodbye that nobody takes has a second.
    if (code !== undefined) await clock.advance(1000)
    expect(ended).toBe(code)
  }
})
