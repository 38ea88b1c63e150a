import { pair, type PairOptions } from '@skep/conn-memory'
import type { Conn, Session } from '@skep/interface'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { createSession, defineProtocol, runProtocol, struct, text, type SessionOptions } from '@skep/wire'
import { describe, expect, test } from 'vitest'

const clock = new VirtualClock()
const capabilities = [{ name: 'stream', version: 5 }, { name: 'bzz', version: 6 }, { name: 'hive', version: 5 }]

function options (seed: number, more: Partial<SessionOptions> = {}): SessionOptions {
  const random = new SeededRandom(seed)
  return { clock, random, id: random.bytes(64), client: 'test', capabilities, initiator: seed === 1, ...more }
}

async function sessions (link: PairOptions = {}, a: Partial<SessionOptions> = {}, b: Partial<SessionOptions> = {}): Promise<[Session, Session]> {
  const [left, right] = pair(link)
  return Promise.all([createSession(left, options(1, a)), createSession(right, options(2, b))])
}

async function read (conn: Conn, count: number): Promise<number[]> {
  const got: number[] = []
  for await (const message of conn.source) {
    got.push(message.length)
    if (got.length === count) break
  }
  return got
}

test('both sides know each other and what they share, in order of name', async () => {
  const [a, b] = await sessions({}, { capabilities: [...capabilities, { name: 'pss', version: 2 }, { name: 'hive', version: 6 }] }, { address: 'somewhere' })
  const names = ['bzz/6', 'hive/5', 'stream/5']
  expect(a.protocols.map(p => `${p.name}/${p.version}`)).toEqual(names)
  expect(b.protocols).toEqual(a.protocols)
  expect(a.remote.id).toEqual(options(2).id)
  expect(b.remote).toEqual({ id: options(1).id, authenticated: false, address: 'somewhere' })
  expect([a.initiator, b.initiator]).toEqual([true, false])
})

test('sub-protocols carry messages side by side, in order', async () => {
  const [a, b] = await sessions()
  const sent = a.protocols.map(async (protocol, i) => a.open(protocol).sink(Array.from({ length: 100 }, (_, n) => new Uint8Array(n + i))))
  const got = await Promise.all(b.protocols.map(async protocol => read(b.open(protocol), 100)))
  await Promise.all(sent)
  for (const [i, lengths] of got.entries()) expect(lengths).toEqual(Array.from({ length: 100 }, (_, n) => n + i))
})

test('a slow reader of one stalls neither another nor keep-alive', async () => {
  const [a, b] = await sessions()
  const flood = Array.from({ length: 1000 }, () => new Uint8Array(4096))
  let flooded = false
  const stuck = a.open(a.protocols[0]!).sink(flood).then(() => { flooded = true }, () => {})
  const slow = b.open(b.protocols[0]!)
  const other = a.open(a.protocols[1]!).sink(flood)
  expect(await read(b.open(b.protocols[1]!), 1000)).toHaveLength(1000)
  await other
  await clock.advance(200_000)
  expect(flooded).toBe(false)
  expect(await read(slow, 1000)).toHaveLength(1000)
  await stuck
  expect(flooded).toBe(true)
  await a.close()
  expect(await b.closed).toBe('REQUESTED')
})

test('a sub-protocol is opened once, and only if shared', async () => {
  const [a] = await sessions()
  a.open({ name: 'bzz', version: 6 })
  expect(() => a.open({ name: 'bzz', version: 6 })).toThrow(RangeError)
  expect(() => a.open({ name: 'bzz', version: 5 })).toThrow(RangeError)
})

test('the remote is told why', async () => {
  const [a, b] = await sessions()
  const source = b.open(b.protocols[0]!).source[Symbol.asyncIterator]()
  await a.close('TOO_MANY_PEERS')
  expect([await a.closed, await b.closed]).toEqual(['TOO_MANY_PEERS', 'TOO_MANY_PEERS'])
  expect((await source.next()).done).toBe(true)
})

test('a remote that falls silent is dead after 45 seconds, and not before', async () => {
  const [left, right] = pair()
  const raw = right.source[Symbol.asyncIterator]()
  const creating = createSession(left, options(1))
  const hello = (await raw.next()).value as Uint8Array
  // The remote says hello as somebody else, and then nothing any more.
  const theirs = hello.slice()
  theirs[theirs.length - 12]! ^= 1
  await right.sink([theirs])
  const a = await creating
  let over = false
  void a.closed.then(() => { over = true })
  await clock.advance(44_999)
  expect(over).toBe(false)
  // The goodbye that nobody takes has a second.
  await clock.advance(1001)
  expect(over).toBe(true)
  expect(await a.closed).toBe('TIMEOUT')
})

test('a conn that breaks ends the session and its conns', async () => {
  const [left, right] = pair()
  const [a, b] = await Promise.all([createSession(left, options(1)), createSession(right, options(2))])
  const source = a.open(a.protocols[0]!).source[Symbol.asyncIterator]()
  left.abort(new Error('cable'))
  expect([await a.closed, await b.closed]).toEqual(['NETWORK', 'NETWORK'])
  await expect(source.next()).rejects.toMatchObject({ code: 'WIRE_CLOSED' })
})

describe('no session comes about', () => {
  const attempt = async (a: Partial<SessionOptions>, b: Partial<SessionOptions>): Promise<PromiseSettledResult<Session>[]> => {
    const [left, right] = pair()
    return Promise.allSettled([createSession(left, options(1, a)), createSession(right, options(2, b))])
  }

  test('with oneself', async () => {
    const [a] = await attempt({ id: options(2).id }, {})
    expect(a).toMatchObject({ status: 'rejected', reason: { closeCode: 'SELF' } })
  })

  test('without a shared sub-protocol', async () => {
    const [a] = await attempt({ capabilities: [{ name: 'bzz', version: 5 }] }, {})
    expect(a).toMatchObject({ status: 'rejected', reason: { closeCode: 'USELESS' } })
  })

  test('when no hello comes', async () => {
    const [left] = pair()
    const creating = expect(createSession(left, options(1))).rejects.toMatchObject({ code: 'WIRE_TIMEOUT', closeCode: 'TIMEOUT' })
    await clock.advance(3000)
    await creating
  })

  test('when something else comes', async () => {
    for (const bytes of [new Uint8Array(), Uint8Array.of(1, 2), Uint8Array.of(0, 0, 1), new Uint8Array(5000)]) {
      const [left, right] = pair()
      const creating = expect(createSession(left, options(1))).rejects.toMatchObject({ name: 'WireError', closeCode: 'PROTOCOL' })
      await right.sink([bytes])
      await clock.settle()
      await creating
    }
  })

  test('when the remote hangs up', async () => {
    const [left, right] = pair()
    const creating = expect(createSession(left, options(1))).rejects.toMatchObject({ code: 'WIRE_CLOSED', closeCode: 'NETWORK' })
    await right.close()
    await creating
  })
})

test('runProtocol runs a sub-protocol once it may, and its end ends the session', async () => {
  const chat = defineProtocol({ name: 'chat', version: 1, maxMessageSize: 1024, messages: { Say: struct({ Text: text() }) } })
  const [a, b] = await sessions({}, { capabilities: [chat] }, { capabilities: [chat] })
  let allow = (): void => {}
  const ready = new Promise<void>(resolve => { allow = resolve })
  const heard: string[] = []
  const bob = runProtocol(b, chat, Promise.resolve(), async peer => {
    expect(peer.id).toEqual(options(1).id)
    await peer.run({ Say: ({ Text }) => heard.push(Text) })
  })
  const ann = runProtocol(a, chat, ready, async peer => {
    await peer.send('Say', { Text: 'hello' })
  })
  await clock.settle()
  expect(heard).toEqual([])
  allow()
  await Promise.all([ann, bob])
  expect(heard).toEqual(['hello'])
  expect(await a.closed).toBe('QUITTING')
})

test('runProtocol tells an error as the sub-protocol’s', async () => {
  const chat = defineProtocol({ name: 'chat', version: 1, maxMessageSize: 1024, messages: { Say: struct({ Text: text() }) } })
  const [a, b] = await sessions({}, { capabilities: [chat] }, { capabilities: [chat] })
  await expect(runProtocol(a, chat, Promise.resolve(), async () => { throw new Error('no') })).rejects.toThrow('no')
  expect(await b.closed).toBe('SUBPROTOCOL')
})

test('a sub-protocol that aborts takes no other with it', async () => {
  const [a, b] = await sessions()
  const [first, second] = a.protocols
  const source = b.open(first!).source[Symbol.asyncIterator]()
  a.open(first!).abort(new Error('no more'))
  await expect(source.next()).rejects.toMatchObject({ code: 'WIRE_CLOSED' })
  const sent = a.open(second!).sink([Uint8Array.of(1)])
  expect(await read(b.open(second!), 1)).toEqual([1])
  await sent
  await a.close()
})

test('what a sub-protocol said before it closed goes out before the goodbye', async () => {
  const [a, b] = await sessions({ window: 1 })
  const conn = a.open(a.protocols[0]!)
  const messages = Array.from({ length: 50 }, () => new Uint8Array(1000))
  const sent = conn.sink(messages)
  await sent
  void conn.close()
  const closed = a.close('UNEXPECTED_IDENTITY')
  expect(await read(b.open(b.protocols[0]!), 51)).toHaveLength(50)
  await closed
  expect(await b.closed).toBe('UNEXPECTED_IDENTITY')
})

test('messages of any size up to the largest never get stuck', async () => {
  const random = new SeededRandom(5)
  const [a, b] = await sessions({}, { limits: { window: 2048 } }, { limits: { window: 2048 } })
  const conn = a.open(a.protocols[0]!)
  expect(conn.maxMessageSize).toBe(1024)
  const messages = Array.from({ length: 500 }, () => new Uint8Array(random.pick([0, 1, 31, 32, 500, 991, 992, 1023, 1024, random.integer(1025)])))
  const sent = conn.sink(messages)
  expect(await read(b.open(b.protocols[0]!), 500)).toEqual(messages.map(({ length }) => length))
  await sent
})
