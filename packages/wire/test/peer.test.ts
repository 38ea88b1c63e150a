import { pair } from '@skep/conn-memory'
import { VirtualClock } from '@skep/sim'
import { bytes, defineProtocol, encodeMessage, Peer, refusals, struct, text, u32, WireError, type Passing } from '@skep/wire'
import { describe, expect, test, vi } from 'vitest'

const chat = defineProtocol({ name: 'chat', version: 1, maxMessageSize: 1024, messages: { Hello: struct({ Id: u32 }), Say: struct({ Text: text() }) } })

test('messages are handled one at a time and in order', async () => {
  const [a, b] = pair()
  const [ann, bob] = [new Peer(a, chat), new Peer(b, chat)]
  const heard: string[] = []
  let busy = 0
  const running = bob.run({
    async Say ({ Text }) {
      expect(++busy).toBe(1)
      await Promise.resolve()
      heard.push(Text)
      busy--
    }
  })
  await Promise.all(['a', 'b', 'c'].map(async Text => ann.send('Say', { Text })))
  ann.off()
  await running
  expect(heard).toEqual(['a', 'b', 'c'])
  await Promise.all([ann.closed, bob.closed])
})

test('the side that dialled speaks first in a handshake, and the remote message is verified', async () => {
  const [a, b] = pair()
  const ann = new Peer(a, chat, { initiator: true })
  const bob = new Peer(b, chat)
  const [fromBob, fromAnn] = await Promise.all([ann.handshake('Hello', { Id: 1 }), bob.handshake('Hello', { Id: 2 })])
  expect([fromAnn, fromBob]).toEqual([{ Id: 1 }, { Id: 2 }])
})

test('a side that listens may speak first too, and then waits for nothing', async () => {
  const [a, b] = pair()
  const bob = new Peer(b, chat)
  const shaken = bob.handshake('Hello', { Id: 2 }, () => {}, { first: true })
  expect((await a.source[Symbol.asyncIterator]().next()).value).toEqual(encodeMessage(chat, 'Hello', { Id: 2 }))
  void a.sink([encodeMessage(chat, 'Hello', { Id: 1 })])
  expect(await shaken).toEqual({ Id: 1 })
})

test('a listening side that refuses still says its own', async () => {
  const [a, b] = pair()
  const ann = new Peer(a, chat, { initiator: true })
  const bob = new Peer(b, chat)
  const refused = bob.handshake('Hello', { Id: 2 }, () => { throw new Error('not you') })
  expect(await ann.handshake('Hello', { Id: 1 })).toEqual({ Id: 2 })
  await expect(refused).rejects.toMatchObject({ code: 'WIRE_HANDSHAKE', message: expect.stringContaining('not you') })
})

test('a handshake that never comes times out', async () => {
  const clock = new VirtualClock()
  const [a] = pair()
  const ann = new Peer(a, chat, { initiator: true, clock })
  const shaken = expect(ann.handshake('Hello', { Id: 1 })).rejects.toMatchObject({ code: 'WIRE_HANDSHAKE', cause: { code: 'WIRE_TIMEOUT' } })
  await clock.advance(3000)
  await shaken
})

test.each([
  ['garbage', Uint8Array.of(0, 1, 2), 'WIRE_DECODE'],
  ['an empty message', new Uint8Array(), 'WIRE_DECODE'],
  ['an unknown code', Uint8Array.of(9, 0xc3, 0x80, 0x80, 0x80), 'WIRE_INVALID_CODE'],
  ['a message over the limit', new Uint8Array(1026), 'WIRE_MESSAGE_TOO_LONG'],
  ['a message nobody handles', Uint8Array.of(0, 0xc5, 0x80, 0x02, 0x82, 0xc1, 0x01), 'WIRE_NO_HANDLER']
])('%s ends the conversation with a code', async (_, bytes, code) => {
  const [a, b] = pair()
  const bob = new Peer(b, chat)
  await a.sink([bytes])
  await expect(bob.run({})).rejects.toMatchObject({ name: 'WireError', code })
  await bob.closed
  await expect(bob.send('Say', { Text: 'late' })).rejects.toBeInstanceOf(WireError)
})

test('a handler that throws ends the conversation, with the cause', async () => {
  const [a, b] = pair()
  const [ann, bob] = [new Peer(a, chat), new Peer(b, chat)]
  const cause = new Error('no')
  const running = bob.run({ Say: () => { throw cause } })
  await ann.send('Say', { Text: 'x' })
  await expect(running).rejects.toMatchObject({ code: 'WIRE_HANDLER', cause })
})

const load = defineProtocol({ name: 'load', version: 1, maxMessageSize: 16_384, messages: { Load: struct({ Priority: u32, Body: bytes() }) } })

/** Bytes of each priority among the first of those that wait together, and in which order priorities began. */
async function shares (sizes: readonly number[], first: number): Promise<{ got: number[], order: number[] }> {
  const [a, b] = pair({ window: 1 })
  const [ann, bob] = [new Peer(a, load), new Peer(b, load)]
  const got = [0, 0, 0, 0]
  const order: number[] = []
  let all = 0
  const running = bob.run({
    Load: ({ Priority, Body }) => {
      if (all >= first) return
      all += Body.length
      got[Priority]! += Body.length
      if (!order.includes(Priority)) order.push(Priority)
    }
  })
  const sends = sizes.flatMap((size, priority) => size === 0
    ? []
    : Array.from({ length: Math.min(4_000, Math.ceil(first / size)) }, async () => ann.send('Load', { Priority: priority, Body: new Uint8Array(size) }, { priority: priority as 0 }).catch(() => {})))
  await Promise.all(sends)
  ann.off()
  await running
  return { got, order }
}

test('what waits shares the conn by bytes, whatever the sizes of its messages', async () => {
  const expected = [1, 2, 4, 8]
  for (const sizes of [[200, 4_096, 4_096, 4_096], [4_096, 200, 200, 600], [0, 200, 4_096, 4_096], [0, 4_096, 500, 500], [12_000, 300, 12_000, 1_000]]) {
    // No more than so many of the smallest may wait.
    const first = 3_000_000 * Math.min(...sizes.map((size, priority) => size === 0 ? 1 : size * 4_000 / (expected[priority]! * 400_000)), 1)
    const { got, order } = await shares(sizes, first)
    const all = got.reduce((sum, bytes) => sum + bytes)
    const weights = expected.map((weight, priority) => sizes[priority] === 0 ? 0 : weight)
    const weight = weights.reduce((sum, one) => sum + one)
    for (const priority of [0, 1, 2, 3]) {
      expect.soft(Math.abs(got[priority]! / all - weights[priority]! / weight), `${priority} of ${sizes.join()}`).toBeLessThan(0.02)
    }
    // The first went out before the others were there.
    expect(order.slice(1)).toEqual([3, 2, 1, 0].filter(priority => sizes[priority] !== 0 && priority !== order[0]))
  }
})

test('a priority that sends one message at a time pays for each, and gains nothing by waiting', async () => {
  const [a, b] = pair({ window: 1 })
  const [ann, bob] = [new Peer(a, load), new Peer(b, load)]
  const got = [0, 0, 0, 0]
  const running = bob.run({ Load: ({ Priority, Body }) => { got[Priority]! += Body.length } })
  // Nothing for long, then one at a time: no more than its share while the other waits.
  for (let n = 0; n < 100; n++) await ann.send('Load', { Priority: 3, Body: new Uint8Array(200) }, { priority: 3 })
  got[3] = 0
  const low = Array.from({ length: 200 }, async () => ann.send('Load', { Priority: 0, Body: new Uint8Array(4_096) }, { priority: 0 }))
  let over = false
  const top = (async () => { while (!over) await ann.send('Load', { Priority: 3, Body: new Uint8Array(16_000) }, { priority: 3 }) })()
  await Promise.all(low)
  over = true
  await top
  ann.off()
  await running
  expect(got[0]).toBe(200 * 4_096)
  expect(got[3]! / got[0]!).toBeLessThan(8.5)
  expect(got[3]! / got[0]!).toBeGreaterThan(7.5)
})

test('higher priorities go first, and the lowest is not starved', async () => {
  const [a, b] = pair({ window: 1 })
  const [ann, bob] = [new Peer(a, chat), new Peer(b, chat)]
  const heard: string[] = []
  const sends = [0, 1, 2, 3].flatMap(priority => Array.from({ length: 30 }, async () => ann.send('Say', { Text: String(priority) }, { priority: priority as 0 })))
  const running = bob.run({ Say: ({ Text }) => heard.push(Text) })
  await Promise.all(sends)
  ann.off()
  await running
  const count = (text: string): number => heard.slice(1, 31).filter(t => t === text).length
  expect(count('3')).toBe(16)
  expect(count('2')).toBe(8)
  expect(count('1')).toBe(4)
  expect(count('0')).toBe(2)
})

test('a message can be taken back while it waits', async () => {
  const [a, b] = pair({ window: 1 })
  const [ann, bob] = [new Peer(a, chat), new Peer(b, chat)]
  const controller = new AbortController()
  const first = ann.send('Say', { Text: '1' })
  const second = ann.send('Say', { Text: '2' })
  const third = ann.send('Say', { Text: '3' }, { signal: controller.signal })
  await first
  controller.abort(new Error('changed my mind'))
  await expect(third).rejects.toThrow('changed my mind')
  const heard: string[] = []
  const running = bob.run({ Say: ({ Text }) => heard.push(Text) })
  await second
  ann.off()
  await running
  expect(heard).toEqual(['1', '2'])
})

test('many messages under one signal take one listener, and leave none', async () => {
  const [a, b] = pair({ window: 1 })
  const [ann, bob] = [new Peer(a, chat), new Peer(b, chat)]
  const controller = new AbortController()
  const { signal } = controller
  const add = vi.spyOn(signal, 'addEventListener')
  const remove = vi.spyOn(signal, 'removeEventListener')
  const heard: string[] = []
  const sends = Array.from({ length: 50 }, async (_, i) => ann.send('Say', { Text: String(i) }, { signal }))
  const running = bob.run({ Say: ({ Text }) => heard.push(Text) })
  await Promise.all(sends)
  expect([heard.length >= 49, add.mock.calls.length, remove.mock.calls.length]).toEqual([true, 1, 1])
  ann.off()
  await running
  await expect(ann.send('Say', { Text: 'x' }, { signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never')
})

test('many messages go out in order behind one promise, and each is told when it is taken', async () => {
  const [a, b] = pair({ window: 200 })
  const [ann, bob] = [new Peer(a, chat, { limits: { queuedMessages: 100 } }), new Peer(b, chat)]
  const texts = Array.from({ length: 100 }, (_, i) => ({ Text: String(i).repeat(10) }))
  const heard: string[] = []
  const taken: string[] = []
  const sent = ann.sendMany('Say', texts, { taken: ({ Text }) => taken.push(Text) })
  await expect(ann.sendMany('Say', texts.slice(0, 101 - taken.length))).rejects.toMatchObject({ code: 'WIRE_QUEUE_FULL' })
  const rests: number[] = []
  const running = bob.run({ Say: ({ Text }) => heard.push(Text) }, { rest: () => rests.push(heard.length) })
  await sent
  await ann.sendMany('Say', [])
  ann.off()
  await running
  expect(heard).toEqual(texts.map(({ Text }) => Text))
  expect(taken).toEqual(heard)
  // Those that came together are handled without a pause.
  expect(rests.at(-1)).toBe(100)
  await expect(ann.sendMany('Say', texts)).rejects.toMatchObject({ code: 'WIRE_CLOSED' })
})

test('who rests hears of what was handled before a fault', async () => {
  const [a, b] = pair()
  const bob = new Peer(b, chat)
  const events: string[] = []
  const running = bob.run({ Say: ({ Text }) => events.push(Text) }, { rest: () => events.push('rest') })
  await a.sink([encodeMessage(chat, 'Say', { Text: 'hi' }), Uint8Array.of(9)])
  await expect(running).rejects.toMatchObject({ code: 'WIRE_DECODE' })
  expect(events.filter((event, i) => event !== 'rest' || events[i - 1] !== 'rest')).toEqual(['hi', 'rest'])
})

test('nothing of time is left where nothing waits', async () => {
  const clock = new VirtualClock()
  const [a, b] = pair()
  const [ann, bob] = [new Peer(a, chat, { clock }), new Peer(b, chat, { clock })]
  const running = bob.run({ Say: () => {} })
  await clock.settle()
  await ann.send('Say', { Text: '0' })
  expect(clock.pending).toBe(0)
  await Promise.all(['1', '2', '3'].map(async Text => ann.send('Say', { Text })))
  await clock.settle()
  expect(clock.pending).toBe(0)
  ann.off()
  await running
})

test.each([['closes', 'WIRE_CLOSED'], ['aborts', 'WIRE_WRITE']])('what waits when the remote %s is refused with %s', async (how, code) => {
  const [a, b] = pair({ window: 1 })
  const ann = new Peer(a, chat)
  await ann.send('Say', { Text: '0' })
  const waiting = expect(ann.send('Say', { Text: '1' })).rejects.toMatchObject({ code })
  if (how === 'closes') await b.close()
  else b.abort(new Error('enough'))
  await waiting
  await ann.closed
  await expect(ann.send('Say', { Text: '2' })).rejects.toMatchObject({ code })
})

test('more than the queue holds is refused', async () => {
  const [a] = pair({ window: 1 })
  const ann = new Peer(a, chat, { limits: { queuedMessages: 2 } })
  await ann.send('Say', { Text: '0' })
  const waiting = [ann.send('Say', { Text: '1' }), ann.send('Say', { Text: '2' })].map(async send => expect(send).rejects.toMatchObject({ code: 'WIRE_CLOSED' }))
  await expect(ann.send('Say', { Text: '3' })).rejects.toMatchObject({ code: 'WIRE_QUEUE_FULL' })
  ann.drop()
  await Promise.all(waiting)
})

test('a remote that takes nothing for too long is dropped', async () => {
  const clock = new VirtualClock()
  const [a] = pair({ window: 1 })
  const ann = new Peer(a, chat, { clock })
  await ann.send('Say', { Text: '0' })
  const stuck = expect(ann.send('Say', { Text: '1' })).rejects.toMatchObject({ code: 'WIRE_TIMEOUT' })
  await clock.advance(30_000)
  await stuck
  await ann.closed
})

describe('what the codecs take and the limits do not', () => {
  const strict = defineProtocol({
    ...chat,
    rules: { Say: [{ refuses: 'shouting', breaks: ({ Text }) => Text !== '' && Text === Text.toUpperCase() }] }
  })

  test('is listed', () => {
    expect(refusals(strict)).toEqual([
      { message: undefined, refuses: 'an envelope that claims more payload than it has' },
      { message: 'Say', refuses: 'shouting' }
    ])
  })

  test.each([
    ['a message that breaks a rule', encodeMessage(chat, 'Say', { Text: 'HELLO' })],
    ['an envelope that claims more than it has', Uint8Array.of(1, 0xc5, 0x80, 0x03, 0x82, 0xc1, 0x80)]
  ])('%s is refused', async (_, bytes) => {
    const [a, b] = pair()
    const bob = new Peer(b, strict)
    await a.sink([bytes])
    await expect(bob.run({ Say: () => {} })).rejects.toMatchObject({ code: 'WIRE_REFUSED' })
  })

  test('an envelope that claims less than it has is not', async () => {
    const [a, b] = pair()
    const heard: string[] = []
    const running = new Peer(b, strict).run({ Say: ({ Text }) => heard.push(Text) })
    await a.sink([Uint8Array.of(1, 0xc5, 0x80, 0x01, 0x82, 0xc1, 0x78)])
    await a.close()
    await running
    expect(heard).toEqual(['x'])
  })
})

describe('an interceptor', () => {
  test('sees every message once, in both directions', async () => {
    const [a, b] = pair()
    const seen: [string, string, number][] = []
    const look = (direction: string) => ({ name, size }: Passing) => { seen.push([direction, name, size]) }
    const ann = new Peer(a, chat, { interceptors: [{ send: look('out') }] })
    const bob = new Peer(b, chat, { interceptors: [{ receive: look('in') }, {}] })
    const running = bob.run({ Say: () => {} })
    await ann.send('Say', { Text: 'hi' })
    ann.off()
    await running
    expect(seen).toEqual([['out', 'Say', 9], ['in', 'Say', 9]])
  })

  test('may refuse to send, and the rest goes on', async () => {
    const [a, b] = pair()
    const debt = new Error('too deep in debt')
    let allowed = 1
    const ann = new Peer(a, chat, { interceptors: [{ send: () => { if (allowed-- <= 0) throw debt } }] })
    const heard: string[] = []
    const running = new Peer(b, chat).run({ Say: ({ Text }) => heard.push(Text) })
    await ann.send('Say', { Text: '1' })
    await expect(ann.send('Say', { Text: '2' })).rejects.toBe(debt)
    allowed = 1
    await ann.send('Say', { Text: '3' })
    ann.off()
    await running
    expect(heard).toEqual(['1', '3'])
  })

  test('may end the conversation for what came', async () => {
    const [a, b] = pair()
    const cause = new Error('unpaid')
    const bob = new Peer(b, chat, { interceptors: [{ receive: () => { throw cause } }] })
    const running = expect(bob.run({ Say: () => {} })).rejects.toMatchObject({ code: 'WIRE_HANDLER', cause })
    await new Peer(a, chat).send('Say', { Text: 'x' })
    await running
  })
})
