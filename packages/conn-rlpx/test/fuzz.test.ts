import { dialRlpx, listenRlpx } from '@skep/conn-rlpx'
import type { Session } from '@skep/interface'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { afterAll, expect, test } from 'vitest'
import { makeAuth } from '../src/handshake.ts'
import { encodeHello } from '../src/hello.ts'
import { cleanUp, ids, keys, options, swarm } from './pair.ts'
import { freshKeys, rawListener, rawSocket, RawPeer } from './raw-peer.ts'

/** How many times as long as usual this runs. */
const FUZZ = Number(process.env.SKEP_FUZZ ?? 1)
/** Where the randomness begins; a failure prints the seed that failed. */
const SEED = Number(process.env.SKEP_FUZZ_SEED ?? 1)

afterAll(cleanUp)

/** All that may come of a remote, whatever it says. */
const CODES = new Set(['RLPX_HANDSHAKE', 'RLPX_TIMEOUT', 'RLPX_PROTOCOL', 'RLPX_IDENTITY', 'RLPX_REFUSED', 'RLPX_CLOSED', 'RLPX_BROKEN'])

function expected (error: unknown): string {
  const { name, code } = error as { name?: string, code?: string }
  if (name !== 'RlpxError' || !CODES.has(code!)) throw new Error('not an error of ours', { cause: error })
  return code!
}

/** Bytes like `bytes`, but for a few. */
function mutated (random: SeededRandom, bytes: Uint8Array): Uint8Array {
  const out = Array.from(bytes)
  for (let times = 1 + random.integer(3); times > 0; times--) {
    const at = random.integer(out.length + 1)
    random.pick([
      () => { if (at < out.length) out[at]! ^= 1 << random.integer(8) },
      () => { out.splice(at, random.integer(20)) },
      () => { out.splice(at, 0, ...random.bytes(random.integer(20))) },
      () => { out[at] = random.pick([0, 1, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xf8, 0xff]) }
    ])()
  }
  return Uint8Array.from(out)
}

/** What a remote in a session may do next. The last ones end it. */
function act (random: SeededRandom, raw: RawPeer): void {
  const payload = (): Uint8Array => random.bytes(random.integer(random.pick([2, 40, 2000])))
  random.pick([
    () => raw.say(16 + random.integer(13), payload()),
    () => raw.say(random.integer(2) + 2, Uint8Array.of(0xc0)),
    () => raw.say(random.pick([0, 1, 4, 15, 16, 28, 29, 127, 128, 255]), payload()),
    () => raw.socket.write(raw.frame(mutated(random, raw.body(16 + random.integer(13), payload())))),
    () => raw.socket.write(raw.frame(payload(), random.pick([0, 1, 15, 17, 2 ** 24 - 1]))),
    () => raw.socket.write(mutated(random, raw.frame(raw.body(20, payload())))),
    () => raw.socket.write(payload()),
    () => raw.socket.write(raw.frame(Uint8Array.of(1, ...payload().subarray(0, 4)))),
    () => raw.socket.end(),
    () => raw.socket.resetAndDestroy()
  ])()
}

/** Reads and writes of ours end too, and with an error of ours if any. */
async function use (session: Session): Promise<void> {
  const parts = session.protocols.flatMap(protocol => {
    const conn = session.open(protocol)
    const forever = (async function * () {
      for (let i = 0; i < 20; i++) yield new Uint8Array(1 + i * 50)
      await session.closed
    })()
    return [(async () => { for await (const message of conn.source) expect(message.length).toBeGreaterThan(0) })(), conn.sink(forever)]
  })
  for (const part of await Promise.allSettled(parts)) if (part.status === 'rejected') expected(part.reason)
  await session.closed
}

async function turns (count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve))
}

const sockets = (): number => process.getActiveResourcesInfo().filter(kind => kind === 'TCPSocketWrap').length

test('random bytes at any stage of a connection to us end in an error of ours, and leave nothing behind', async () => {
  const clock = new VirtualClock()
  const before = sockets()
  const outcomes = new Map<string, number>()
  const note = (what: string): void => { outcomes.set(what, (outcomes.get(what) ?? 0) + 1) }
  for (let i = 0; i < Math.ceil(150 * FUZZ); i++) {
    const seed = SEED * 1_000_003 + i
    const random = new SeededRandom(seed)
    try {
      await once(random, clock, note)
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause })
    }
  }
  await cleanUp()
  for (let i = 0; i < 200 && (clock.pending > 0 || sockets() > before); i++) await turns(1)
  expect(clock.pending).toBe(0)
  expect(sockets()).toBe(before)
  // Every stage was reached.
  for (const what of ['RLPX_HANDSHAKE', 'RLPX_PROTOCOL', 'RLPX_BROKEN', 'PROTOCOL', 'NETWORK']) expect([...outcomes.keys()]).toContain(what)
}, 600_000)

async function once (random: SeededRandom, clock: VirtualClock, note: (what: string) => void): Promise<void> {
  let settle = (): void => {}
  const settled = new Promise<void>(resolve => { settle = resolve })
  let wrong: unknown
  const listener = await listenRlpx({
    ...options(1, { clock, limits: { maxMessageSize: 3000, window: random.pick([1, 262_144]), highWater: random.pick([0, 262_144]) } }),
    onSession: session => {
      use(session).then(async () => { note(await session.closed) }).catch((error: unknown) => { wrong = error }).finally(settle)
    },
    onFailure: error => {
      try {
        note(expected(error))
      } catch (error) {
        wrong = error
      }
      settle()
    }
  })
  const stage = random.integer(5)
  if (stage === 0) {
    const socket = await rawSocket(listener.port)
    socket.write(random.bytes(random.integer(700)))
    socket.end()
  } else if (stage === 1) {
    const socket = await rawSocket(listener.port)
    socket.write(mutated(random, makeAuth(freshKeys(keys[0]!), ids[1]!)))
    await turns(random.integer(20))
    socket.destroy()
  } else {
    const raw = await RawPeer.dial(listener.port)
    const hello = encodeHello({ version: 5, client: 'raw', capabilities: swarm, port: 0, id: ids[0]! })
    if (stage === 2) raw.say(0, mutated(random, hello))
    else raw.say(0, hello)
    raw.snappy = true
    for (let acts = 1 + random.integer(8); acts > 0; acts--) {
      if (!raw.socket.writable) break
      act(random, raw)
      if (random.integer(3) === 0) await turns(random.integer(10))
    }
    await turns(5)
    raw.socket.end()
  }
  // A remote that left half a frame, or half a hello, behind.
  for (let i = 0; i < 100; i++) await turns(1)
  await clock.advance(60_000)
  await settled
  await listener.close()
  if (wrong !== undefined) throw wrong
}

test('random bytes in answer to a dial end in an error of ours, and leave nothing behind', async () => {
  const clock = new VirtualClock()
  const before = sockets()
  const seen = new Set<string>()
  for (let i = 0; i < Math.ceil(60 * FUZZ); i++) {
    const seed = SEED * 1_000_003 + i
    const random = new SeededRandom(seed)
    const port = await rawListener(socket => {
      socket.on('data', () => {
        socket.write(random.bytes(random.integer(900)))
        if (random.integer(2) === 0) socket.end()
      })
      socket.on('end', () => socket.end())
    })
    const dialling = dialRlpx({ ...options(0, { clock }), host: '127.0.0.1', port, remoteId: ids[1]! }).then(() => { throw new Error(`seed ${seed}`) }, (error: unknown) => { seen.add(expected(error)) })
    await turns(50)
    await clock.advance(60_000)
    await dialling
    await cleanUp()
  }
  for (let i = 0; i < 200 && (clock.pending > 0 || sockets() > before); i++) await turns(1)
  expect(clock.pending).toBe(0)
  expect(sockets()).toBe(before)
  expect([...seen].sort()).toEqual(['RLPX_BROKEN', 'RLPX_HANDSHAKE', 'RLPX_TIMEOUT'])
}, 600_000)

