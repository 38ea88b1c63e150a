import { describe, expect, test } from 'vitest'
import { bzzSpec, closeCodeOf, handshake, messageOf, type Handshake, type HandshakeOptions, type LocalNode } from '@skep/bzz-handshake'
import { pair } from '@skep/conn-memory'
import type { Conn } from '@skep/interface'
import { VirtualClock } from '@skep/sim'
import { decodeMessage, encodeMessage } from '@skep/wire'

const node = (fill: number, more: Partial<LocalNode> = {}): LocalNode =>
  ({ overlay: new Uint8Array(32).fill(fill), underlay: `tcp://127.0.0.1:${4000 + fill}`, networkId: 3, light: false, ...more })

const outcome = <T> (promise: Promise<T>): Promise<{ value?: T, error?: any }> => promise.then(value => ({ value }), error => ({ error }))

async function meet (a: LocalNode, b: LocalNode, options: Partial<HandshakeOptions> = {}): Promise<{ value?: Handshake, error?: any }[]> {
  const clock = new VirtualClock()
  const [left, right] = pair()
  return Promise.all([
    outcome(handshake(left, a, { initiator: true, clock, ...options })),
    outcome(handshake(right, b, { initiator: false, clock }))
  ])
}

describe('a handshake', () => {
  test('tells both who the other is', async () => {
    const [a, b] = await meet(node(1), node(2, { light: true, underlay: '' }))
    expect(a!.value!.remote).toEqual({ overlay: new Uint8Array(32).fill(2), underlay: '', light: true })
    expect(b!.value!.remote).toEqual({ overlay: new Uint8Array(32).fill(1), underlay: 'tcp://127.0.0.1:4001', light: false })
  })

  test('ends for both when one closes', async () => {
    const [a, b] = await meet(node(1), node(2))
    await a!.value!.close()
    await Promise.all([a!.value!.done, b!.value!.done])
  })

  test('of two networks fails, on both ends, whatever the versions are', async () => {
    const [a, b] = await meet(node(1), node(2, { networkId: 322 }))
    expect(b!.error).toMatchObject({ code: 'NETWORK_ID', message: 'network id mismatch 3 (!= 322)' })
    expect(['NETWORK_ID', 'CLOSED']).toContain(a!.error.code)
    expect(closeCodeOf(b!.error)).toBe('USELESS')
  })

  test('with ourselves fails', async () => {
    const [a, b] = await meet(node(1), node(1, { underlay: 'tcp://10.0.0.1:1' }))
    expect(b!.error.code).toBe('SELF')
    expect(['SELF', 'CLOSED']).toContain(a!.error.code)
  })

  test('with somebody else than was dialled fails', async () => {
    const [a] = await meet(node(1), node(2), { expected: new Uint8Array(32).fill(3) })
    expect(a!.error.code).toBe('UNEXPECTED_IDENTITY')
    const [b] = await meet(node(1), node(2), { expected: new Uint8Array(32).fill(2) })
    expect(b!.value).toBeDefined()
  })

  test('of a node that is none is the caller\'s mistake', () => {
    expect(() => messageOf(node(1, { overlay: new Uint8Array(31) }))).toThrow(RangeError)
    expect(() => messageOf(node(1, { networkId: -1 }))).toThrow(RangeError)
    expect(() => messageOf(node(1, { networkId: 2 ** 53 }))).toThrow(RangeError)
  })
})

/** One end that shakes hands, and one that does whatever a test wants. */
function against (initiator: boolean, options: Partial<HandshakeOptions> = {}): { clock: VirtualClock, conn: Conn, ours: Promise<{ value?: Handshake, error?: any }> } {
  const clock = new VirtualClock()
  const [left, conn] = pair()
  return { clock, conn, ours: outcome(handshake(left, node(1), { initiator, clock, ...options })) }
}

const theirs = (more: object = {}): Uint8Array => encodeMessage(bzzSpec, 'HandshakeMsg', { ...messageOf(node(2)), ...more })

describe('a peer', () => {
  test('is spoken to first by who dialled', async () => {
    const { conn, ours } = against(true)
    const source = conn.source[Symbol.asyncIterator]()
    const { value } = await source.next()
    expect(decodeMessage(bzzSpec, value!)).toEqual({ name: 'HandshakeMsg', value: messageOf(node(1)) })
    await conn.sink([theirs()])
    expect((await ours).value!.remote.overlay).toEqual(new Uint8Array(32).fill(2))
  })

  test('that dials is heard before it is answered', async () => {
    const { conn, clock, ours } = against(false)
    const source = conn.source[Symbol.asyncIterator]()
    const first = source.next()
    let answered = false
    first.then(() => { answered = true }, () => {})
    await clock.advance(100)
    expect(answered).toBe(false)
    await conn.sink([theirs()])
    expect(decodeMessage(bzzSpec, (await first).value!).name).toBe('HandshakeMsg')
    expect((await ours).value).toBeDefined()
  })

  test.each([true, false])('that says nothing is given up after three seconds (we dialled: %s)', async initiator => {
    const { clock, ours } = against(initiator)
    let over = false
    ours.then(() => { over = true }, () => {})
    await clock.advance(2_999)
    expect(over).toBe(false)
    await clock.advance(1)
    expect((await ours).error.code).toBe('TIMEOUT')
    expect(clock.pending).toBe(0)
  })

  test('that leaves first gets no handshake', async () => {
    const { conn, ours } = against(false)
    await conn.close()
    expect((await ours).error.code).toBe('CLOSED')
  })

  test.each<[string, Uint8Array]>([
    ['an empty message', new Uint8Array(0)],
    ['garbage', Uint8Array.of(0, 1, 2, 3)],
    ['another code', Uint8Array.of(1, 0xc3, 0x80, 0x80, 0x80)],
    ['an overlay address of one byte', theirs({ Addr: { OAddr: Uint8Array.of(1), UAddr: new Uint8Array(0) } })],
    ['an underlay that is none', theirs({ Addr: { OAddr: new Uint8Array(32), UAddr: Uint8Array.of(1) } })],
    ['an underlay over the limit', theirs({ Addr: { OAddr: new Uint8Array(32), UAddr: new TextEncoder().encode(`tcp://1.1.1.1:1/${'x'.repeat(497)}`) } })],
    ['a message over the limit', theirs({ Addr: { OAddr: new Uint8Array(32), UAddr: new Uint8Array(4_096) } })]
  ])('that sends %s is refused', async (_, message) => {
    const { conn, ours } = against(false)
    conn.sink([message]).catch(() => {})
    const { error } = await ours
    expect(error).toMatchObject({ name: 'BzzError', code: 'BAD_MESSAGE' })
    expect(closeCodeOf(error)).toBe('PROTOCOL')
  })

  test('of another version is refused after its network has been looked at', async () => {
    for (const [more, code] of [[{ Version: 5n }, 'VERSION'], [{ Version: 5n, NetworkID: 9n }, 'NETWORK_ID']] as const) {
      const { conn, ours } = against(false)
      conn.sink([theirs(more)]).catch(() => {})
      expect((await ours).error.code).toBe(code)
    }
  })

  test.each<[string, Uint8Array]>([['the same again', theirs()], ['garbage', Uint8Array.of(0, 0xff)], ['nothing', new Uint8Array(0)]])('that goes on with %s is cut off', async (_, more) => {
    const { conn, ours } = against(false)
    conn.sink([theirs(), more]).catch(() => {})
    const { value } = await ours
    await expect(value!.done).rejects.toMatchObject({ code: 'SECOND_HANDSHAKE' })
  })

  test('can be given up from outside', async () => {
    const abort = new AbortController()
    const { clock, ours } = against(true, { signal: abort.signal })
    const reason = new Error('enough')
    abort.abort(reason)
    expect((await ours).error).toBe(reason)
    expect(clock.pending).toBe(0)
  })

  test('is not spoken to when it was given up before', async () => {
    const { ours } = against(true, { signal: AbortSignal.abort(new Error('before')) })
    expect((await ours).error.message).toBe('before')
  })
})
