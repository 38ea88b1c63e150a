import { pair } from '@skep/conn-memory'
import { RLP } from '@ethereumjs/rlp'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { vectors } from '@skep/vectors'
import { createSession, decode, decodeMessage, encode, encodeMessage, openEnvelope, RlpReader, WireError, type Codec } from '@skep/wire'
import { afterEach, expect, test, vi } from 'vitest'
import { CORPUS } from './corpus.ts'
import { fuzz, mutate } from './fuzzing.ts'
import { hex, toHex } from './helpers.ts'
import { protocols, stream } from './protocols.ts'

const recorded: any[] = vectors('rlp-messages')?.cases ?? []
const bodies = [...recorded.map(({ inner }) => hex(inner)), ...CORPUS.map(([, bytes]) => hex(bytes)), hex('c108')]
const wires = [...recorded.map(({ wire }) => hex(wire)), hex('c5800282c108')]
const codecs: Codec<any>[] = Object.values(protocols).flatMap(spec => Object.values(spec.messages))

afterEach(() => { vi.restoreAllMocks() })

/** What `run` throws that is not ours is a finding. */
function ours<T> (run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

/** A body is refused with a code of ours, or it is canonical: it is written as it was read, and others read it so too. */
function judge (codec: Codec<any>, body: Uint8Array): void {
  const value = ours(() => decode(codec, body))
  if (value === undefined) return
  const again = encode(codec, value)
  if (toHex(again) !== toHex(body)) {
    // The one thing that has two forms: no History, as the empty string.
    expect('History' in value && value.History === undefined && toHex(body).includes('80')).toBe(true)
    expect(again.length).toBe(body.length)
  }
  expect(toHex(RLP.encode(RLP.decode(body)))).toBe(toHex(body))
}

test('the corpus is refused with a code or read canonically', () => {
  for (const codec of codecs) for (const [, bytes] of CORPUS) judge(codec, hex(bytes))
})

test('any body is refused with a code or read canonically', async () => {
  await fuzz('bodies', 6000, seed => {
    const random = new SeededRandom(seed)
    judge(random.pick(codecs), mutate(random, random.pick(bodies), bodies))
  })
})

test('any message is refused with a code or read', async () => {
  await fuzz('messages', 3000, seed => {
    const random = new SeededRandom(seed)
    const envelope = mutate(random, random.pick(wires), wires)
    ours(() => openEnvelope(envelope))
    const message = ours(() => decodeMessage(stream, Uint8Array.of(random.integer(12), ...envelope)))
    if (message !== undefined) ours(() => decodeMessage(stream, encodeMessage(stream, message.name as never, message.value as never)))
  })
})

test('any value is written as others write it, and read back', async () => {
  const text = (random: SeededRandom): string => String.fromCodePoint(...Array.from({ length: random.integer(70) }, () => random.pick([65, 0x7f, 0x80, 0xe9, 0x7ff, 0x800, 0xffff, 0x1f600])))
  const u64 = (random: SeededRandom): bigint => random.bytes(8).subarray(random.integer(9)).reduce((sum, byte) => sum << 8n | BigInt(byte), 0n)
  await fuzz('values', 200, seed => {
    const random = new SeededRandom(seed)
    const Stream = { Name: text(random), Key: text(random), Live: random.integer(2) === 1 }
    const Hashes = random.bytes(random.pick([0, 1, 2, 31, 32, 55, 56, 57, 255, 256, 257, 4096]))
    const Handover = { Stream, Start: u64(random), End: u64(random), Root: random.bytes(random.integer(3)) }
    const value = { Stream, From: u64(random), To: u64(random), Hashes, HandoverProof: { Sig: random.bytes(random.integer(66)), Handover } }
    const bytes = encode(stream.messages.OfferedHashesMsg, value)
    const tree = (v: unknown): any => v instanceof Uint8Array || typeof v === 'string' || typeof v === 'bigint' ? v : typeof v === 'boolean' ? Number(v) : Object.values(v as object).map(tree)
    expect(toHex(bytes)).toBe(toHex(RLP.encode(tree(value))))
    expect(decode(stream.messages.OfferedHashesMsg, bytes)).toEqual(value)
  })
})

test('decoding takes steps and memory by what came, not by what it claims', async () => {
  let steps = 0
  for (const name of ['enter', 'leave', 'string', 'view', 'integer', 'bigint', 'skipEmpty', 'skip'] as const) {
    const method = RlpReader.prototype[name] as (...args: any[]) => any
    vi.spyOn(RlpReader.prototype, name).mockImplementation(function (this: RlpReader, ...args: any[]) {
      steps++
      const result = method.apply(this, args)
      if (result instanceof Uint8Array) taken += result.length
      return result
    } as never)
  }
  let taken = 0
  await fuzz('steps', 5000, seed => {
    const random = new SeededRandom(seed)
    const codec = random.pick(codecs)
    const body = mutate(random, random.pick(bodies), bodies)
    steps = taken = 0
    ours(() => decode(codec, body))
    // A list has an element in at least one byte; every field is one step, every list two.
    expect(steps).toBeLessThanOrEqual(3 * body.length + 3)
    expect(taken).toBeLessThanOrEqual(body.length)
  })
  // The longest message there is, all of the shortest records.
  for (const length of [10_000, 100_000, 1_000_000]) {
    const body = Uint8Array.from([0xfb, 0, 0, 0, 0, 0xfb, 0, 0, 0, 0, ...new Uint8Array(3 * length).map((_, i) => i % 3 === 0 ? 0xc2 : 0x80)])
    new DataView(body.buffer).setUint32(1, 3 * length + 5)
    new DataView(body.buffer).setUint32(6, 3 * length)
    for (const at of [0, 5]) body[at] = 0xfb
    steps = 0
    const message = ours(() => decode(protocols.hive.messages.peersMsg, body))
    if (message !== undefined) expect(message.Peers.length).toBe(length)
    expect(steps).toBeLessThanOrEqual(3 * body.length)
  }
})

const capabilities = [{ name: 'bzz', version: 6 }, { name: 'stream', version: 5 }]

test('whatever comes into a session, it goes on or ends with a code, and leaves nothing behind', async () => {
  await fuzz('sessions', 200, async seed => {
    const random = new SeededRandom(seed)
    const clock = new VirtualClock()
    const [left, right] = pair({ window: 1 << 20 })
    const create = createSession(left, { clock, random, id: random.bytes(64), client: 'test', capabilities, initiator: true })
    create.catch(() => {})
    const frames = right.source[Symbol.asyncIterator]()
    const hello = (await frames.next()).value as Uint8Array
    const theirs = hello.slice()
    theirs[theirs.length - 12]! ^= 1
    const good = [
      theirs, Uint8Array.of(0, 1, 0xc1, 0x08), Uint8Array.of(0, 2, 0xc0), Uint8Array.of(0, 3, 0xc0), Uint8Array.of(0, 4, 0xc4, 0x01, 0x82, 0x10, 0x00),
      Uint8Array.of(0, 5, 0xc1, 0x01), Uint8Array.of(0, 6, 0xc1, 0x02), Uint8Array.of(1, 0, 0xc5, 0x80, 0x02, 0x82, 0xc1, 0x08), Uint8Array.of(2, 1, 2, 3)
    ]
    const script = Array.from({ length: 30 }, () => random.integer(3) > 0 ? random.pick(good.slice(1)) : mutate(random, random.pick(good), good))
    right.sink([random.integer(8) === 0 ? mutate(random, theirs, good) : theirs, ...script]).catch(() => {})
    void (async () => { for await (const _ of { [Symbol.asyncIterator]: () => frames }) continue })().catch(() => {})
    await clock.settle()
    const session = await Promise.race([create.catch((error: unknown) => error), clock.advance(4000).then(() => create)])
    if (session instanceof Error) {
      expect(session).toBeInstanceOf(WireError)
    } else {
      const { protocols: shared, closed, open } = session as Awaited<typeof create>
      for (const protocol of shared) {
        const conn = open.call(session, protocol)
        conn.sink([new Uint8Array(10)]).catch(ourOwn)
        void (async () => { for await (const _ of conn.source) continue })().catch(ourOwn)
      }
      await clock.advance(10_000)
      await (session as Awaited<typeof create>).close()
      expect(typeof await closed).toBe('string')
    }
    await clock.advance(60_000)
    expect(clock.pending).toBe(0)
  })
})

test('two sessions with a liar between them end on both sides with a code, or on neither', async () => {
  await fuzz('liar', 80, async seed => {
    const random = new SeededRandom(seed)
    const clock = new VirtualClock()
    const [[a, liarA], [liarB, b]] = [pair(), pair()]
    // The hellos pass; after them every now and then a frame is changed, lost, doubled or made up.
    const relay = async function * (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      const seen: Uint8Array[] = []
      for await (const frame of source) {
        seen.push(frame)
        const luck = seen.length === 1 ? 9 : random.integer(60)
        if (luck === 0) yield mutate(random, frame, seen)
        else if (luck === 1) yield * [frame, random.pick(seen)]
        else if (luck !== 2) yield frame
      }
    }
    for (const [from, to] of [[liarA, liarB], [liarB, liarA]] as const) {
      to.sink(relay(from.source)).then(async () => to.close(), async () => { await from.close() }).catch(() => {})
    }
    const common = { clock, random, client: 'test', capabilities }
    const sessions = await Promise.all([
      createSession(a, { ...common, id: random.bytes(64), initiator: true, limits: { window: 8192 } }),
      createSession(b, { ...common, id: random.bytes(64), initiator: false, limits: { window: 8192 } })
    ])
    for (const session of sessions) {
      for (const protocol of capabilities) {
        const conn = session.open(protocol)
        const messages = Array.from({ length: random.integer(40) }, () => new Uint8Array(random.integer(2000)))
        conn.sink(messages).catch(ourOwn)
        void (async () => { for await (const _ of conn.source) continue })().catch(ourOwn)
      }
    }
    const codes = Promise.all(sessions.map(async session => session.closed))
    await clock.advance(50_000)
    if (random.integer(2) === 0) await Promise.all([sessions[random.integer(2)]!.close('QUITTING'), clock.advance(1000)])
    else for (const conn of [liarA, liarB]) conn.abort(new Error('gone'))
    await clock.advance(120_000)
    expect((await codes).every(code => typeof code === 'string')).toBe(true)
    expect(clock.pending).toBe(0)
  })
})

function ourOwn (error: unknown): void {
  expect(error).toBeInstanceOf(WireError)
}
