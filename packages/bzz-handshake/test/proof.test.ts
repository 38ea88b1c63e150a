import { describe, expect, test } from 'vitest'
import { idSpec, prove, type Proof, type ProofOptions } from '@skep/bzz-handshake'
import { pair } from '@skep/conn-memory'
import { generateKey, identity, nobleCurve, signedRecordToWire, signRecord, type Identity, type SignedRecord } from '@skep/identity'
import type { Conn } from '@skep/interface'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { decodeMessage, encodeMessage } from '@skep/wire'

const clock = new VirtualClock()
const random = new SeededRandom(11)

interface Node { identity: Identity, record: SignedRecord }
function node (more: Partial<{ networkId: number, timestamp: number, underlays: string[] }> = {}): Node {
  const me = identity(generateKey(random))
  return { identity: me, record: signRecord(me, { networkId: 3, timestamp: clock.wall(), underlays: ['tcp://127.0.0.1:4000'], ...more }) }
}

const outcome = <T> (promise: Promise<T>): Promise<any> => promise.then(value => value, error => error)
const start = (conn: Conn, local: Node, initiator: boolean, more: Partial<ProofOptions> = {}): Promise<any> =>
  outcome(prove(conn, local, { initiator, clock, random, networkId: 3, ...more }))

async function meet (a: Node, b: Node, [left, right] = pair(), forA: Partial<ProofOptions> = {}, forB: Partial<ProofOptions> = {}): Promise<[any, any]> {
  return Promise.all([start(left, a, true, forA), start(right, b, false, forB)])
}

/** Carries messages between two conns, and may change them. */
async function carry (from: Conn, to: Conn, change: (message: Uint8Array) => Uint8Array = message => message): Promise<void> {
  await to.sink((async function * () { for await (const message of from.source) yield change(message) })())
}

describe('a proof', () => {
  test('gives both the other\'s signed record', async () => {
    const [a, b] = [node(), node({ underlays: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'] })]
    const binding = random.bytes(32)
    const [left, right] = await meet(a, b, pair(), { binding, expected: b.record.overlay }, { binding })
    expect((left as Proof).record).toEqual(b.record)
    expect((right as Proof).record).toEqual(a.record)
    await left.close()
    await Promise.all([left.done, right.done])
  })

  test('is given by either side as soon as it has the other\'s nonce', async () => {
    for (const initiator of [true, false]) {
      const [conn, other] = pair()
      const waiting = start(conn, node(), initiator)
      const source = other.source[Symbol.asyncIterator]()
      const stranger = node()
      const introduction = encodeMessage(idSpec, 'IntroduceMsg', { Nonce: random.bytes(32), Record: signedRecordToWire(stranger.record) })
      other.sink((async function * () {
        yield introduction
        await new Promise(() => {})
      })()).catch(() => {})
      // Nothing but an introduction was said to it, and both of its messages are here.
      for (const name of ['IntroduceMsg', 'ProveMsg']) expect(decodeMessage(idSpec, (await source.next()).value!).name).toBe(name)
      other.abort(new Error('gone'))
      expect((await waiting).code).toBe('CLOSED')
    }
  })

  test('is checked by the curve that was given', async () => {
    let checked = 0
    const curve = { recover: (digest: Uint8Array, signature: Uint8Array) => { checked++; return nobleCurve.recover(digest, signature) } }
    const [left] = await meet(node(), node(), pair(), { curve })
    expect(left.record).toBeDefined()
    expect(checked).toBe(2)
    expect((await meet(node(), node(), pair(), { curve: { recover: () => undefined } }))[0].code).toBe('NOT_PROVEN')
  })

  test('is not given for an overlay address whose key one does not have', async () => {
    const victim = node()
    const thief = { identity: identity(generateKey(random)), record: victim.record }
    for (const [a, b] of [[thief, node()], [node(), thief]] as const) {
      const outcomes = await meet(a, b)
      const honest = outcomes[a === thief ? 1 : 0]
      expect(honest).toMatchObject({ name: 'BzzError', code: 'NOT_PROVEN' })
    }
  })

  test('is not to be had with a record that its owner did not sign', async () => {
    const liar = node()
    const other = { ...liar, record: { ...liar.record, underlays: ['tcp://10.0.0.1:1'] } }
    const [, honest] = await meet(other, node())
    expect(honest.code).toBe('NOT_PROVEN')
  })

  test('cannot be said again on another connection', async () => {
    const [a, b] = [node(), node()]
    const said: Uint8Array[] = []
    // Somebody listens in while they meet.
    const [left, toLeft] = pair()
    const [toRight, right] = pair()
    const both = meet(a, b, [left, right])
    void carry(toLeft, toRight, message => { said.push(message.slice()); return message }).catch(() => {})
    void carry(toRight, toLeft).catch(() => {})
    expect((await both)[1].record).toEqual(a.record)
    expect(said).toHaveLength(2)
    const [conn, replayed] = pair()
    const honest = start(replayed, b, false)
    conn.sink(said).catch(() => {})
    expect((await honest).code).toBe('NOT_PROVEN')
  })

  test('cannot be had from the peer itself and shown to it again', async () => {
    // The mirror claims to be the very node it talks to.
    const [conn, mirror] = pair()
    const honest = start(conn, node(), true)
    void carry(mirror, mirror).catch(() => {})
    expect((await honest).code).toBe('SELF')
    // One that shows another's record, and sends the honest node's signature back, has the role wrong.
    const a = node()
    const [left, right] = pair()
    const waiting = start(left, a, true)
    const source = right.source[Symbol.asyncIterator]()
    const introduction = decodeMessage(idSpec, (await source.next()).value!)
    if (introduction.name !== 'IntroduceMsg') throw new Error('no introduction')
    const victim = node()
    const sink = (async function * () {
      yield encodeMessage(idSpec, 'IntroduceMsg', { Nonce: introduction.value.Nonce, Record: signedRecordToWire(victim.record) })
      yield (await source.next()).value!
    })()
    right.sink(sink).catch(() => {})
    expect((await waiting).code).toBe('NOT_PROVEN')
  })

  test('is tied to the session where the session has something to tie it to', async () => {
    const between = async (bindings: [Uint8Array | undefined, Uint8Array | undefined]): Promise<any[]> => {
      const [left, toLeft] = pair()
      const [toRight, right] = pair()
      const both = meet(node(), node(), [left, right], { binding: bindings[0] }, { binding: bindings[1] })
      void carry(toLeft, toRight).catch(() => {})
      void carry(toRight, toLeft).catch(() => {})
      return both
    }
    for (const each of await between([random.bytes(32), random.bytes(32)])) expect(['NOT_PROVEN', 'CLOSED']).toContain(each.code)
    // Without a binding whoever carries every message unchanged is not noticed: the docs say so.
    for (const each of await between([undefined, undefined])) expect(each.record).toBeDefined()
  })

  test.each<[string, () => Node, Partial<ProofOptions>, string]>([
    ['of another network', () => node({ networkId: 4 }), {}, 'BAD_MESSAGE'],
    ['dated a minute ahead', () => node({ timestamp: clock.wall() + 60_001 }), {}, 'BAD_MESSAGE'],
    ['of somebody else than was dialled', () => node(), { expected: new Uint8Array(32) }, 'UNEXPECTED_IDENTITY']
  ])('with a record %s is refused', async (_, make, more, code) => {
    const [left, right] = pair()
    const honest = start(left, node(), true, more)
    void start(right, make(), false)
    expect((await honest).code).toBe(code)
  })

  test.each([true, false])('that does not come is given up after three seconds a round (we dialled: %s)', async initiator => {
    const [conn] = pair()
    const waiting = start(conn, node(), initiator)
    await clock.advance(3_000)
    expect((await waiting).code).toBe('TIMEOUT')
    expect(clock.pending).toBe(0)
  })

  test('that is cut short, or garbage, is none', async () => {
    const whole = encodeMessage(idSpec, 'IntroduceMsg', { Nonce: random.bytes(32), Record: signedRecordToWire(node().record) })
    for (const message of [new Uint8Array(0), whole.subarray(0, 40), random.bytes(100), encodeMessage(idSpec, 'ProveMsg', { Signature: new Uint8Array(65) })]) {
      const [left, right] = pair()
      const honest = start(left, node(), false)
      right.sink([message]).catch(() => {})
      expect((await honest).code).toBe('BAD_MESSAGE')
    }
    const [left, right] = pair()
    const honest = start(left, node(), false)
    right.sink([whole]).catch(() => {})
    await clock.settle()
    await right.close()
    expect((await honest).code).toBe('CLOSED')
  })

  test('is the last thing said', async () => {
    const [left, right] = pair()
    const a = start(left, node(), true)
    const [, toB] = [right, right]
    const b = start(toB, node(), false)
    const [proof] = await Promise.all([a, b])
    expect(proof.record).toBeDefined()
    const again = pair()
    const listening = start(again[0], node(), false)
    // A dialler that goes on after its proof.
    const me = node()
    const source = again[1].source[Symbol.asyncIterator]()
    again[1].sink((async function * () {
      yield encodeMessage(idSpec, 'IntroduceMsg', { Nonce: random.bytes(32), Record: signedRecordToWire(me.record) })
      await source.next()
      yield encodeMessage(idSpec, 'ProveMsg', { Signature: new Uint8Array(65).fill(1) })
    })()).catch(() => {})
    expect((await listening).code).toBe('NOT_PROVEN')
  })

  test('can be given up from outside', async () => {
    const abort = new AbortController()
    const waiting = start(pair()[0], node(), true, { signal: abort.signal })
    abort.abort(new Error('enough'))
    expect((await waiting).message).toBe('enough')
    expect(clock.pending).toBe(0)
  })
})
