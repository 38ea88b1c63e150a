import { dialRlpx, type RlpxListenOptions } from '@skep/conn-rlpx'
import type { Conn, Session } from '@skep/interface'
import { VirtualClock } from '@skep/sim'
import { afterEach, describe, expect, test } from 'vitest'
import { makeAuth } from '../src/handshake.ts'
import { after, cleanUp, ids, keys, listen, options } from './pair.ts'
import { freshKeys, rawListener, rawSocket, RawPeer } from './raw-peer.ts'

const clock = new VirtualClock()

// A test that left a timer behind fails.
afterEach(async () => {
  await cleanUp()
  for (let turn = 0; turn < 100 && clock.pending > 0; turn++) await new Promise(resolve => setImmediate(resolve))
  expect(clock.pending).toBe(0)
})

const stream = { name: 'stream', version: 5 }
/** The first code of stream. */
const STREAM = 19

/** A raw peer that has proven its key to a listener, and said nothing yet. */
async function proven (more: Partial<RlpxListenOptions> = {}, key?: Uint8Array): Promise<{ raw: RawPeer, session: Promise<Session>, failure: Promise<unknown> }> {
  const { listener, session, failure } = await listen({ clock, ...more })
  return { raw: await RawPeer.dial(listener.port, key), session, failure }
}

/** A raw peer in a session. */
async function greeted (more: Partial<RlpxListenOptions> = {}): Promise<{ raw: RawPeer, session: Session, conn: Conn }> {
  const { raw, session: coming } = await proven(more)
  raw.hello()
  await raw.next()
  const session = await coming
  after(async () => { await session.close() })
  return { raw, session, conn: session.open(stream) }
}

/** What a source gives: the lengths of messages, then how it ended. */
async function outcome (conn: Conn): Promise<string> {
  const lengths: number[] = []
  try {
    for await (const message of conn.source) lengths.push(message.length)
    return [...lengths, 'end'].join()
  } catch (error) {
    return [...lengths, (error as { code?: string }).code].join()
  }
}

/** Whether something happened by now; what is on its way on the loopback may take some turns. */
async function happened (promise: Promise<unknown>): Promise<boolean> {
  let done = false
  void promise.then(() => { done = true }, () => { done = true })
  for (let turn = 0; turn < 50 && !done; turn++) await new Promise(resolve => setImmediate(resolve))
  return done
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

describe('who has proven a key, and then breaks the rules of the hello, is told why and hung up on', () => {
  test.each<[name: string, say: (raw: RawPeer) => void, code: string, reason: number | undefined]>([
    ['a frame with a wrong MAC', raw => { const frame = raw.frame(bytes(2, 0xc0)); frame[50]! ^= 1; raw.socket.write(frame) }, 'RLPX_PROTOCOL', 2],
    ['a hello that is too long', raw => raw.say(0, new Uint8Array(2049)), 'RLPX_PROTOCOL', 2],
    ['a frame that claims sixteen mebibytes', raw => raw.socket.write(raw.frame(bytes(0x80), 2 ** 24 - 1)), 'RLPX_PROTOCOL', 2],
    ['an empty frame', raw => raw.socket.write(raw.frame(bytes(), 0)), 'RLPX_PROTOCOL', 2],
    ['no RLP', raw => raw.say(0, bytes(0xf8, 1, 2, 3)), 'RLPX_PROTOCOL', 2],
    ['a message of a sub-protocol', raw => raw.say(STREAM, bytes(0xc0)), 'RLPX_PROTOCOL', 2],
    ['a ping', raw => raw.say(2, bytes(0xc0)), 'RLPX_PROTOCOL', 2],
    ['another id than the proven', raw => raw.hello({ id: ids[2]! }), 'RLPX_IDENTITY', 9],
    ['an id that is too short', raw => raw.say(0, bytes(0xc6, 5, 0x80, 0xc0, 0x80, 0x81, 0x99)), 'RLPX_PROTOCOL', 7],
    ['no sub-protocol of ours', raw => raw.hello({ capabilities: [{ name: 'eth', version: 63 }, { name: 'stream', version: 4 }] }), 'RLPX_REFUSED', 3],
    ['a goodbye', raw => raw.say(1, bytes(0xc1, 4)), 'RLPX_REFUSED', undefined],
    ['nothing, and leaves', raw => raw.socket.end(), 'RLPX_BROKEN', undefined]
  ])('%s', async (_, say, code, reason) => {
    const { raw, failure } = await proven()
    await raw.next()
    say(raw)
    // Ours go compressed as soon as a hello of version 5 came; a goodbye is read either way.
    expect(await raw.goodbye()).toBe(reason)
    expect(await failure).toMatchObject({ name: 'RlpxError', code })
  })

  test('ourselves', async () => {
    const { raw, failure } = await proven({}, keys[1]!)
    raw.hello({ id: ids[1]! })
    expect(await raw.goodbye()).toBe(10)
    expect(await failure).toMatchObject({ code: 'RLPX_REFUSED', closeCode: 'SELF' })
  })

  test('a dialler is as strict', async () => {
    const { port, peer } = await RawPeer.listen()
    const dialling = dialRlpx({ ...options(0, { clock }), host: '127.0.0.1', port, remoteId: ids[1]! })
    const raw = await peer
    raw.hello({ id: ids[2]! })
    await expect(dialling).rejects.toMatchObject({ code: 'RLPX_IDENTITY' })
    expect(await raw.goodbye()).toBe(9)
  })

  test('before version 5 nothing is compressed, either way', async () => {
    const { raw, session } = await proven()
    raw.hello({ version: 4 })
    await raw.next()
    const conn = (await session).open(stream)
    raw.say(STREAM + 3, bytes(1, 2, 3))
    expect((await conn.source[Symbol.asyncIterator]().next()).value).toEqual(bytes(3, 1, 2, 3))
    await conn.sink([bytes(4, 9)])
    expect(await raw.next()).toEqual({ code: STREAM + 4, payload: bytes(9) })
    await (await session).close()
  })
})

describe('in a session, a remote that breaks the rules is told and hung up on, and what came before is kept', () => {
  /** Tags of copies that give 64 bytes each. */
  const copies = (count: number): number[] => Array.from({ length: count }, () => [0xfe, 1, 0]).flat()

  test.each<[name: string, say: (raw: RawPeer) => void]>([
    ['a frame with a wrong MAC in its header', raw => { const frame = raw.frame(bytes(2, 1, 0, 0xc0)); frame[20]! ^= 1; raw.socket.write(frame) }],
    ['a frame with a wrong MAC', raw => { const frame = raw.frame(bytes(2, 1, 0, 0xc0)); frame[33]! ^= 1; raw.socket.write(frame) }],
    ['a frame sent twice', raw => { const frame = raw.frame(raw.body(STREAM, bytes(1))); raw.socket.write(frame); raw.socket.write(frame) }],
    ['plain bytes', raw => raw.socket.write(new Uint8Array(64))],
    ['an empty frame', raw => raw.socket.write(raw.frame(bytes(), 0))],
    ['a frame over the limit', raw => raw.socket.write(raw.frame(bytes(STREAM), 100_013))],
    ['a message one over the limit', raw => raw.say(STREAM, new Uint8Array(100_001))],
    ['compression that claims a gibibyte', raw => raw.socket.write(raw.frame(bytes(STREAM, 0x80, 0x80, 0x80, 0x80, 0x04, 0, 7)))],
    ['compression that claims more than there is', raw => raw.socket.write(raw.frame(bytes(STREAM, 0xe8, 0x07, 0, 7)))],
    ['compression that grows over the limit', raw => raw.socket.write(raw.frame(bytes(STREAM, 0xa1, 0x8d, 0x06, 0, 7, ...copies(1563))))],
    ['compression that gives more than it claims', raw => raw.socket.write(raw.frame(bytes(STREAM, 2, 8, 1, 2, 3)))],
    ['no compression', raw => raw.socket.write(raw.frame(bytes(STREAM)))],
    ['a second hello', raw => raw.say(0, bytes(0xc0))],
    ['a code of the base protocol that means nothing', raw => raw.say(4, bytes(0xc0))],
    ['the last code of the base protocol', raw => raw.say(15, bytes(0xc0))],
    ['the first code behind the last sub-protocol', raw => raw.say(29, bytes(0xc0))],
    ['a code over a byte', raw => raw.socket.write(raw.frame(bytes(0x82, 0x01, 0x13, 1, 0, 0xc0)))],
    ['a code with a zero before it', raw => raw.socket.write(raw.frame(bytes(0x81, 0x13, 1, 0, 0xc0)))],
    ['a code of zero as a byte', raw => raw.socket.write(raw.frame(bytes(0, 1, 0, 0xc0)))],
    ['a list for a code', raw => raw.socket.write(raw.frame(bytes(0xc0, 1, 0, 0xc0)))],
    ['half a code', raw => raw.socket.write(raw.frame(bytes(0x81)))]
  ])('%s', async (name, say) => {
    const { raw, session, conn } = await greeted({ limits: { maxMessageSize: 100_000 } })
    raw.say(STREAM + 9, bytes(1, 2))
    say(raw)
    expect(await raw.goodbye()).toBe(2)
    expect(await session.closed).toBe('PROTOCOL')
    expect(await outcome(conn)).toBe(name === 'a frame sent twice' ? '3,2,RLPX_PROTOCOL' : '3,RLPX_PROTOCOL')
  })

  test('messages at the limit are taken, however they are compressed', async () => {
    const { raw, conn, session } = await greeted({ limits: { maxMessageSize: 100_000 } })
    raw.say(STREAM, new Uint8Array(99_999))
    raw.say(STREAM, new Uint8Array(100_000))
    // A byte, then copies of it: 1 + 1562 * 64 + 31 = 100,000.
    raw.socket.write(raw.frame(bytes(STREAM, 0xa0, 0x8d, 0x06, 0, 7, ...copies(1562), (30 << 2) | 2, 1, 0)))
    raw.say(1, bytes(0xc1, 8))
    expect(await outcome(conn)).toBe('100000,100001,100001,end')
    expect(await session.closed).toBe('QUITTING')
  })

  test.each<[name: string, body: (raw: RawPeer) => Uint8Array, code: string, ended: string]>([
    ['as a list, compressed', raw => raw.body(1, bytes(0xc1, 4)), 'TOO_MANY_PEERS', 'end'],
    ['as a list, not compressed', () => bytes(1, 0xc1, 4), 'TOO_MANY_PEERS', 'end'],
    ['as a number, compressed', raw => raw.body(1, bytes(16)), 'SUBPROTOCOL', 'RLPX_BROKEN'],
    ['as a number, not compressed', () => bytes(1, 8), 'QUITTING', 'end'],
    ['as zero, not compressed', () => bytes(1, 0x80), 'REQUESTED', 'end'],
    ['as an empty list', raw => raw.body(1, bytes(0xc0)), 'REQUESTED', 'end'],
    ['as nothing at all', () => bytes(1), 'REQUESTED', 'end'],
    ['as a number that nobody knows', raw => raw.body(1, bytes(0xc1, 99)), 'REQUESTED', 'end'],
    ['as garbage', raw => raw.body(1, bytes(0xf9, 1)), 'REQUESTED', 'end']
  ])('a goodbye is read %s', async (_, body, code, ended) => {
    const { raw, session, conn } = await greeted()
    raw.socket.write(raw.frame(body(raw)))
    expect(await session.closed).toBe(code)
    expect(await outcome(conn)).toBe(ended)
  })

  test('our goodbye is a list, compressed after the hellos and plain before', async () => {
    const { raw, session } = await greeted()
    void session.close('QUITTING')
    expect(await raw.next()).toEqual({ code: 1, payload: bytes(0xc1, 8) })
    const { raw: early } = await proven()
    await early.next()
    early.say(2, bytes(0xc0))
    expect(await early.next()).toEqual({ code: 1, payload: bytes(0xc1, 2) })
  })

  test('a flood of pings is not answered beyond what is read', async () => {
    const { raw, session } = await greeted({ limits: { highWater: 0 } })
    const pings = Array.from({ length: 500 }, () => raw.frame(raw.body(2, bytes(0xc0))))
    raw.socket.write(Buffer.concat(pings))
    expect((await raw.next())?.code).toBe(3)
    void session.close()
    let pongs = 1
    for (let next = await raw.next(); next !== undefined; next = await raw.next()) pongs += next.code === 3 ? 1 : 0
    expect(pongs).toBeLessThan(100)
  })
})

describe('whoever takes too long is given up, not before its time', () => {
  async function lasts (ms: number, over: Promise<unknown>): Promise<void> {
    await clock.advance(ms - 1)
    expect(await happened(over)).toBe(false)
    await clock.advance(1)
    expect(await happened(over)).toBe(true)
  }

  /** Until the other side has a socket, and a timer for it. */
  async function timed (): Promise<void> {
    while (clock.pending === 0) await new Promise(resolve => setImmediate(resolve))
  }

  test('who connects and is silent: handshakeTimeout', async () => {
    const { listener, failure } = await listen({ clock, limits: { handshakeTimeout: 700 } })
    await rawSocket(listener.port)
    await timed()
    await lasts(700, failure)
    expect(await failure).toMatchObject({ code: 'RLPX_TIMEOUT' })
  })

  test('who proves a key and says no hello: handshakeTimeout', async () => {
    const { raw, failure } = await proven({ limits: { handshakeTimeout: 700 } })
    await lasts(700, failure)
    expect(await failure).toMatchObject({ code: 'RLPX_TIMEOUT' })
    expect(await raw.goodbye()).toBe(undefined)
  })

  test('who accepts and is silent: handshakeTimeout of the dialler', async () => {
    let connected = (): void => {}
    const connecting = new Promise<void>(resolve => { connected = resolve })
    const port = await rawListener(socket => { socket.once('data', connected) })
    const dialling = dialRlpx({ ...options(0, { clock, limits: { handshakeTimeout: 700, dialTimeout: 300 } }), host: '127.0.0.1', port, remoteId: ids[1]! })
    dialling.catch(() => {})
    await connecting
    await lasts(700, dialling)
    await expect(dialling).rejects.toMatchObject({ code: 'RLPX_TIMEOUT' })
  })

  test('who does not complete a frame: frameTimeout, however it trickles and whatever came before', async () => {
    const { raw, session, conn } = await greeted({ limits: { frameTimeout: 700 } })
    const source = conn.source[Symbol.asyncIterator]()
    // Frames that overlap the pieces they come in: each piece ends inside the next frame.
    let rest = Buffer.from(raw.frame(raw.body(STREAM, new Uint8Array(64))))
    raw.socket.write(rest.subarray(0, 20))
    for (let i = 0; i < 5; i++) {
      await timed()
      await clock.advance(500)
      const next = Buffer.from(raw.frame(raw.body(STREAM, new Uint8Array(64))))
      raw.socket.write(Buffer.concat([rest.subarray(20), next.subarray(0, 20)]))
      rest = next
      expect((await source.next()).value).toHaveLength(65)
    }
    await clock.advance(650)
    raw.socket.write(rest.subarray(20, 40))
    expect(await happened(session.closed)).toBe(false)
    await clock.advance(50)
    expect(await happened(session.closed)).toBe(true)
    expect(await session.closed).toBe('TIMEOUT')
    expect(await raw.goodbye()).toBe(11)
  })

  test('a frame that begins late in the time of another has its own time', async () => {
    const { raw, session, conn } = await greeted({ limits: { frameTimeout: 700 } })
    const source = conn.source[Symbol.asyncIterator]()
    const [one, two] = [1, 2].map(() => Buffer.from(raw.frame(raw.body(STREAM, new Uint8Array(64)))))
    const before = clock.pending
    raw.socket.write(one!.subarray(0, 20))
    while (clock.pending === before) await new Promise(resolve => setImmediate(resolve))
    raw.socket.write(one!.subarray(20))
    expect((await source.next()).value).toHaveLength(65)
    await clock.advance(600)
    raw.socket.write(two!.subarray(0, 20))
    expect(await happened(session.closed)).toBe(false)
    await lasts(700, session.closed)
    expect(await raw.goodbye()).toBe(11)
  })

  test('who is silent: keepAlive asks, dead ends it', async () => {
    const { raw, session } = await greeted({ limits: { keepAlive: 100, dead: 300 } })
    await clock.advance(100)
    expect(await raw.next()).toEqual({ code: 2, payload: bytes(0xc0) })
    // Heard, or there would be no pong.
    raw.say(2, bytes(0xc0))
    expect((await raw.next())?.code).toBe(3)
    await lasts(300, session.closed)
    expect(await session.closed).toBe('TIMEOUT')
    expect(await raw.goodbye()).toBe(11)
  })

  test('who does not hang up after our goodbye: goodbye', async () => {
    const { port, peer } = await RawPeer.listen(false)
    const dialling = dialRlpx({ ...options(0, { clock, limits: { goodbye: 700 } }), host: '127.0.0.1', port, remoteId: ids[1]! })
    const raw = await peer
    raw.hello({ id: ids[1]! })
    const session = await dialling
    const closed = session.close()
    expect(await session.closed).toBe('REQUESTED')
    await lasts(700, closed)
  })

  test('a close with unread data here waits for the remote only', async () => {
    const { raw, session } = await greeted({ limits: { window: 1 } })
    for (let i = 0; i < 50; i++) raw.say(STREAM, new Uint8Array(60_000))
    expect(await happened(session.closed)).toBe(false)
    // No time passes, so nothing is torn down.
    await session.close('QUITTING')
    expect(await raw.goodbye()).toBe(8)
  })

  test('a reader of ours that takes its time is no reason to give up the remote', async () => {
    const { raw, session, conn } = await greeted({ limits: { window: 1, frameTimeout: 700, keepAlive: 100, dead: 300 } })
    const ping = raw.frame(raw.body(2, bytes(0xc0)))
    const frames = Buffer.concat(Array.from({ length: 3 }, () => raw.frame(raw.body(STREAM, new Uint8Array(1000)))))
    raw.socket.write(Buffer.concat([ping, frames.subarray(0, 3100)]))
    // What came with the ping is there too.
    expect((await raw.next())?.code).toBe(3)
    raw.socket.write(frames.subarray(3100))
    // Not heard for long, but we did not listen; the pings go on.
    await clock.advance(5000)
    expect(await happened(session.closed)).toBe(false)
    expect((await raw.next())?.code).toBe(2)
    raw.say(1, bytes(0xc1, 8))
    expect(await outcome(conn)).toBe('1001,1001,1001,end')
  })
})

describe('the packets of the handshake', () => {
  test.each([[2_048, 'RLPX_TIMEOUT'], [2_049, 'RLPX_HANDSHAKE']] as const)('one of %i bytes in all: %s', async (length, code) => {
    const { listener, failure } = await listen({ clock })
    const socket = await rawSocket(listener.port)
    const head = Buffer.alloc(400)
    head.writeUInt16BE(length - 2)
    socket.write(head)
    if (code === 'RLPX_TIMEOUT') {
      while (clock.pending === 0) await new Promise(resolve => setImmediate(resolve))
      expect(await happened(failure)).toBe(false)
      await clock.advance(5000)
    }
    expect(await failure).toMatchObject({ code })
  })

  test('one that trickles is taken, one that was made for another node is not', async () => {
    const { listener, failure } = await listen({ clock })
    const other = makeAuth(freshKeys(keys[0]!), ids[2]!)
    ;(await rawSocket(listener.port)).write(other)
    expect(await failure).toMatchObject({ code: 'RLPX_HANDSHAKE' })
    const socket = await rawSocket(listener.port)
    const auth = makeAuth(freshKeys(keys[0]!), ids[1]!)
    const answer = new Promise(resolve => socket.once('data', resolve))
    for (const byte of auth) {
      socket.write(Uint8Array.of(byte))
      await new Promise(resolve => setImmediate(resolve))
    }
    await answer
    socket.destroy()
  })

  test('no more than `pending` are under way, and the next has a place when one is done', async () => {
    const failures: unknown[] = []
    const { listener } = await listen({ clock, limits: { pending: 2 }, admit: () => { failures.push('asked'); return true } })
    const sockets = [await rawSocket(listener.port), await rawSocket(listener.port), await rawSocket(listener.port)]
    await new Promise(resolve => sockets[2]!.once('close', resolve))
    expect(failures).toHaveLength(2)
    sockets[0]!.destroy()
    while (clock.pending > 1) await new Promise(resolve => setImmediate(resolve))
    const raw = await RawPeer.dial(listener.port)
    raw.hello()
    expect((await raw.next())?.code).toBe(0)
    raw.socket.destroy()
  })
})

test('a sub-protocol may leave its window unread, and not a byte more: then nothing is read, and after it all of it', async () => {
  for (const more of [0, 1]) {
    // Each message counts 128 more than its bytes.
    const { raw, conn } = await greeted({ limits: { window: 2 * (1001 + 128) } })
    raw.say(STREAM, new Uint8Array(1000))
    raw.say(STREAM, new Uint8Array(1000 + more))
    raw.say(2, bytes(0xc0))
    const pong = raw.next()
    if (more === 0) await pong
    else expect(await happened(pong)).toBe(false)
    const source = conn.source[Symbol.asyncIterator]()
    await source.next()
    await source.next()
    expect((await pong)?.code).toBe(3)
  }
})

test('what no frame can carry is refused at once', async () => {
  const refused = (more: Partial<RlpxListenOptions>) => dialRlpx({ ...options(0, more), host: '127.0.0.1', port: 1, remoteId: ids[1]! })
  await expect(refused({ limits: { maxMessageSize: 2 ** 24 } })).rejects.toThrow(RangeError)
  await expect(refused({ capabilities: [{ name: 'x', version: 1, length: 257 }] })).rejects.toThrow(RangeError)
  await expect(refused({ capabilities: [{ name: 'x', version: 1, length: 0 }] })).rejects.toThrow(RangeError)
})

describe('a message of ours that cannot be sent breaks the conn, and nothing of it goes out', () => {
  test.each([['empty', bytes()], ['too long', new Uint8Array(1002)], ['with a code of nobody', bytes(10, 1)]])('%s', async (_, message) => {
    const { raw, session, conn } = await greeted({ limits: { maxMessageSize: 1000 } })
    await expect(conn.sink([message])).rejects.toMatchObject({ code: 'RLPX_MESSAGE' })
    expect(await session.closed).toBe('SUBPROTOCOL')
    expect(await raw.next()).toEqual({ code: 1, payload: bytes(0xc1, 16) })
  })
})
