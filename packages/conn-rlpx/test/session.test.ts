import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { ProtocolId } from '@skep/interface'
import { systemClock } from '@skep/runtime'
import { SeededRandom } from '@skep/sim'
import { dialRlpx } from '@skep/conn-rlpx'
import { after, cleanUp, collect, ids, listen, options, sessions } from './pair.ts'

afterEach(cleanUp)

test('both ends prove their keys, agree on the sub-protocols, and share a binding', async () => {
  const [a, b] = await sessions()
  expect([a.initiator, b.initiator]).toEqual([true, false])
  expect(a.remote.id).toEqual(ids[1])
  expect(b.remote.id).toEqual(ids[0])
  expect([a.remote.authenticated, b.remote.authenticated]).toEqual([true, true])
  expect(a.remote.binding).toEqual(b.remote.binding)
  expect(a.protocols).toEqual([{ name: 'bzz', version: 6 }, { name: 'hive', version: 5 }, { name: 'stream', version: 5 }])
})

test('messages of all sub-protocols pass both ways at once, in order', async () => {
  const [a, b] = await sessions()
  const [bzz, , stream] = a.protocols as [ProtocolId, ProtocolId, ProtocolId]
  const messages = (code: number) => Array.from({ length: 300 }, (_, i) => Buffer.concat([Uint8Array.of(code, i & 255, i >> 8), new Uint8Array(i * 13)]))
  const conns = [[a.open(bzz), b.open(bzz)], [a.open(stream), b.open(stream)]] as const
  const results = conns.flatMap(([x, y], i) => {
    void x.sink(messages(i === 0 ? 0 : 9))
    void y.sink(messages(i === 0 ? 0 : 3))
    return [collect(y, 300), collect(x, 300)]
  })
  const expected = [messages(0), messages(0), messages(9), messages(3)]
  for (const [i, result] of (await Promise.all(results)).entries()) {
    expect(result.map(({ length }) => length)).toEqual(expected[i]!.map(({ length }) => length))
    expect(Buffer.concat(result).equals(Buffer.concat(expected[i]!))).toBe(true)
  }
})

test('a slow reader holds its sender back', async () => {
  const [a, b] = await sessions({ limits: { window: 65_536, highWater: 65_536 } })
  const stream = a.protocols[2]!
  let sent = 0
  void a.open(stream).sink((async function * () {
    for (; sent < 20_000; sent++) yield new Uint8Array(4096)
  })()).catch(() => {})
  const reader = b.open(stream)
  // Until nothing moves for a while, in turns of the event loop.
  let before = -1
  for (let still = 0; still < 200; still = sent === before ? still + 1 : 0) {
    before = sent
    await new Promise(resolve => setImmediate(resolve))
  }
  // Socket buffers of the system take a few MiB at most; the rest must wait here.
  expect(before).toBeLessThan(6000)
  await collect(reader, 8000)
  expect(sent).toBeGreaterThan(before)
})

test('the reason of a goodbye arrives, and conns end', async () => {
  const [a, b] = await sessions()
  const conn = b.open(b.protocols[2]!)
  const ended = collect(conn, 1)
  await a.close('TOO_MANY_PEERS')
  expect(await b.closed).toBe('TOO_MANY_PEERS')
  expect(await ended).toEqual([])
})

describe('whoever is not who he should be', () => {
  test('a listener with another key cannot be dialled by this id', async () => {
    const { listener } = await listen()
    await expect(dialRlpx({ ...options(0), port: listener.port, host: '127.0.0.1', remoteId: ids[2]! })).rejects.toMatchObject({ name: 'RlpxError' })
  })

  test('a hello with another id than was proven is refused with the reason', async () => {
    const { listener, failure } = await listen()
    const lying = { ...options(0), id: ids[2]!, port: listener.port, host: '127.0.0.1', remoteId: ids[1]! }
    // The listener's hello may come before it has read ours.
    const code = await dialRlpx(lying).then(async a => await a.closed, (error: { closeCode: unknown }) => error.closeCode)
    expect(code).toBe('UNEXPECTED_IDENTITY')
    expect(await failure).toMatchObject({ code: 'RLPX_IDENTITY' })
  })

  test('a node without a shared sub-protocol is told so', async () => {
    const { listener, failure } = await listen()
    const other = { ...options(0), capabilities: [{ name: 'eth', version: 63, length: 17 }], port: listener.port, host: '127.0.0.1', remoteId: ids[1]! }
    await expect(dialRlpx(other)).rejects.toMatchObject({ closeCode: 'USELESS' })
    expect(await failure).toMatchObject({ closeCode: 'USELESS' })
  })
})

describe('what is no node', () => {
  async function raw (port: number): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('error', () => {})
    await new Promise(resolve => socket.once('connect', resolve))
    after(() => socket.destroy())
    return socket
  }

  test('garbage is hung up on, and the listener goes on', async () => {
    const { listener, failure, session } = await listen()
    const socket = await raw(listener.port)
    socket.write(new SeededRandom(7).bytes(5000))
    expect(await failure).toMatchObject({ code: 'RLPX_HANDSHAKE' })
    await new Promise(resolve => socket.once('close', resolve))
    await dialRlpx({ ...options(0), port: listener.port, host: '127.0.0.1', remoteId: ids[1]! }).then(async a => await a.close())
    await (await session).closed
  })

  test('silence is hung up on after the time for the handshake', async () => {
    const { listener, failure } = await listen({ limits: { handshakeTimeout: 50 } })
    const socket = await raw(listener.port)
    expect(await failure).toMatchObject({ code: 'RLPX_TIMEOUT' })
    await new Promise(resolve => socket.once('close', resolve))
  })

  test('a listener that says nothing is given up by its dialler', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise(resolve => mute.once('listening', resolve))
    after(() => mute.close())
    const { port } = mute.address() as AddressInfo
    await expect(dialRlpx({ ...options(0), port, host: '127.0.0.1', remoteId: ids[1]!, limits: { dialTimeout: 20, handshakeTimeout: 30 } })).rejects.toMatchObject({ code: 'RLPX_TIMEOUT' })
  })
})

/** A proxy that passes everything on, and adds what it is told to the way to the listener. */
async function proxy (port: number): Promise<{ port: number, inject: (bytes: Uint8Array) => void }> {
  let onward: Socket | undefined
  const server = createServer(inward => {
    onward = connect({ port, host: '127.0.0.1' })
    inward.on('error', () => {}).pipe(onward)
    onward.on('error', () => {}).pipe(inward)
    after(() => { inward.destroy(); onward?.destroy() })
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  after(() => server.close())
  return { port: (server.address() as AddressInfo).port, inject: bytes => onward?.write(bytes) }
}

test('bytes that somebody adds to a connection end the session, and nothing is made of them', async () => {
  const { listener, session } = await listen()
  const { port, inject } = await proxy(listener.port)
  await dialRlpx({ ...options(0), port, host: '127.0.0.1', remoteId: ids[1]! })
  const b = await session
  const reading = collect(b.open(b.protocols[2]!), 1)
  inject(new Uint8Array(64))
  await expect(reading).rejects.toMatchObject({ code: 'RLPX_PROTOCOL' })
  expect(await b.closed).toBe('PROTOCOL')
})

test('a frame that trickles is cut', async () => {
  const { listener, session } = await listen({ limits: { frameTimeout: 50 } })
  const { port, inject } = await proxy(listener.port)
  await dialRlpx({ ...options(0), port, host: '127.0.0.1', remoteId: ids[1]! })
  const b = await session
  inject(Uint8Array.of(1))
  expect(await b.closed).toBe('TIMEOUT')
})

describe('a dial', () => {
  test('that nobody answers in time is given up: dialTimeout', async () => {
    const { listener } = await listen()
    const due: Array<() => void> = []
    const clock = { ...systemClock, after: (ms: number, fn: () => void) => { expect(ms).toBe(300); due.push(fn); return () => {} } }
    const dialling = dialRlpx({ ...options(0, { limits: { dialTimeout: 300 } }), clock, port: listener.port, host: '127.0.0.1', remoteId: ids[1]! })
    // Before the system has had a turn to connect.
    for (const fire of due) fire()
    await expect(dialling).rejects.toMatchObject({ code: 'RLPX_TIMEOUT' })
  })

  test('can be taken back at any stage', async () => {
    const reason = new Error('enough')
    const { listener } = await listen()
    const dial = async (port: number, signal: AbortSignal) => await dialRlpx({ ...options(0), port, host: '127.0.0.1', remoteId: ids[1]!, signal })
    await expect(dial(listener.port, AbortSignal.abort(reason))).rejects.toBe(reason)
    const connecting = new AbortController()
    const first = dial(listener.port, connecting.signal)
    connecting.abort(reason)
    await expect(first).rejects.toBe(reason)
    const greeting = new AbortController()
    const sockets: Socket[] = []
    const mute = createServer(socket => {
      sockets.push(socket.on('error', () => {}))
      socket.once('data', () => greeting.abort(reason))
    }).listen(0, '127.0.0.1')
    await new Promise(resolve => mute.once('listening', resolve))
    after(() => mute.close())
    await expect(dial((mute.address() as AddressInfo).port, greeting.signal)).rejects.toBe(reason)
    await new Promise(resolve => sockets[0]!.once('close', resolve))
  })

  test('to where nobody listens says so', async () => {
    const { listener } = await listen()
    await listener.close()
    await expect(dialRlpx({ ...options(0), port: listener.port, host: '127.0.0.1', remoteId: ids[1]! })).rejects.toMatchObject({ code: 'RLPX_UNREACHABLE' })
  })
})

describe('a listener', () => {
  test('on an address that is taken says so', async () => {
    const { listener } = await listen()
    await expect(listen({ port: listener.port })).rejects.toMatchObject({ code: 'RLPX_UNREACHABLE' })
  })

  test('hangs up on whom it does not admit, and says nothing of it', async () => {
    const seen: string[] = []
    const { listener } = await listen({ admit: address => { seen.push(address); return false } })
    await expect(dialRlpx({ ...options(0), port: listener.port, host: '127.0.0.1', remoteId: ids[1]! })).rejects.toMatchObject({ name: 'RlpxError' })
    expect(seen).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+$/)])
  })

  test('that closes leaves its sessions', async () => {
    const { listener, session } = await listen()
    const a = await dialRlpx({ ...options(0), port: listener.port, host: '127.0.0.1', remoteId: ids[1]! })
    const b = await session
    await Promise.all([listener.close(), listener.close()])
    const [protocol] = a.protocols
    const got = collect(b.open(protocol!), 1)
    await a.open(protocol!).sink([Uint8Array.of(0, 1)])
    expect(await got).toEqual([Uint8Array.of(0, 1)])
    await a.close()
    expect(await b.closed).toBe('REQUESTED')
  })
})

test('a sub-protocol that is not shared, or open already, cannot be opened', async () => {
  const [a] = await sessions()
  const [protocol] = a.protocols
  a.open(protocol!)
  expect(() => a.open(protocol!)).toThrow(RangeError)
  expect(() => a.open({ name: 'bzz', version: 5 })).toThrow(RangeError)
})

test('whoever closes the session for the end of a sub-protocol says why', async () => {
  const [a, b] = await sessions()
  const closing = a.open(a.protocols[0]!).close()
  await Promise.all([closing, a.close('INCOMPATIBLE')])
  expect(await b.closed).toBe('INCOMPATIBLE')
})
