import { dialTcp, listenTcp, type ListenOptions, type Listener } from '@skep/conn-tcp'
import type { Conn } from '@skep/interface'
import { connect, createServer, Socket, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'

const open: { close (): unknown }[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map(async thing => thing.close()))
})

/** A listener, and what every conn it accepts gives: the lengths of the messages, then how it ended. */
async function listen (limits: ListenOptions['limits'] = {}): Promise<{ listener: Listener, next (): Promise<string> }> {
  const outcomes: string[] = []
  let wake = (): void => {}
  const listener = await listenTcp({
    limits,
    async onConn (conn) {
      outcomes.push(await outcome(conn))
      wake()
      await conn.close()
    }
  })
  open.push(listener)
  return {
    listener,
    async next () {
      while (outcomes.length === 0) await new Promise<void>(resolve => { wake = resolve })
      return outcomes.shift()!
    }
  }
}

async function outcome (conn: Conn): Promise<string> {
  const lengths: number[] = []
  try {
    for await (const message of conn.source) lengths.push(message.length)
    return [...lengths, 'end'].join()
  } catch (error) {
    return [...lengths, (error as { code?: string }).code].join()
  }
}

function raw ({ host, port }: Listener): Socket {
  const socket = connect({ host, port })
  socket.on('error', () => {})
  open.push({ close: () => socket.destroy() })
  return socket
}

describe('a remote that does not keep to frames is cut, and the listener goes on', () => {
  test.each([
    ['an endless length', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 'CONN_BAD_FRAME'],
    ['a length in more bytes than it needs', Uint8Array.of(0x81, 0x00, 7), 'CONN_BAD_FRAME'],
    ['a length just over the limit', Uint8Array.of(0x82, 0x80, 0x08), 'CONN_MESSAGE_TOO_LONG'],
    ['a length far over the limit', Uint8Array.of(0xff, 0xff, 0xff, 0x7f), 'CONN_MESSAGE_TOO_LONG'],
    ['garbage after a good frame', Uint8Array.of(1, 7, 0xff, 0xff, 0xff, 0xff, 0xff), '1,CONN_BAD_FRAME'],
    ['HTTP', new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: here\r\n${'x'.repeat(40_000)}\r\n\r\n`), expect.stringContaining('CONN_')]
  ])('%s', async (_, bytes, expected) => {
    const { listener, next } = await listen({ maxMessageSize: 131_073, frameTimeout: 200 })
    raw(listener).write(bytes)
    expect(await next()).toEqual(expected)
    raw(listener).end(Uint8Array.of(2, 1, 2))
    expect(await next()).toBe('2,end')
  })

  test('a frame that is never completed, however it trickles', async () => {
    const { listener, next } = await listen({ frameTimeout: 300 })
    const socket = raw(listener)
    socket.write(Uint8Array.of(1, 7, 100))
    const drip = setInterval(() => socket.write(Uint8Array.of(0)), 50)
    expect(await next()).toBe('1,CONN_TIMEOUT')
    clearInterval(drip)
  })

  test('a frame in too many pieces', async () => {
    const { listener, next } = await listen({ framePieces: 3 })
    const socket = raw(listener)
    const pieces = setInterval(() => socket.write(Uint8Array.of(100)), 20)
    expect(await next()).toBe('CONN_BAD_FRAME')
    clearInterval(pieces)
  })

  test('an end inside a frame', async () => {
    const { listener, next } = await listen()
    raw(listener).end(Uint8Array.of(1, 9, 5, 1, 2))
    expect(await next()).toBe('1,CONN_BAD_FRAME')
  })

  test('a reset', async () => {
    let accepted = (_: Conn): void => {}
    const accepting = new Promise<Conn>(resolve => { accepted = resolve })
    const listener = await listenTcp({ onConn: conn => accepted(conn) })
    open.push(listener)
    const socket = raw(listener)
    socket.write(Uint8Array.of(1, 9))
    const conn = await accepting
    await conn.source[Symbol.asyncIterator]().next()
    socket.resetAndDestroy()
    expect(await outcome(conn)).toBe('CONN_RESET')
  })
})

test('a reader that takes its time is no reason to cut the remote', async () => {
  let accepted = (_: Conn): void => {}
  const conn = new Promise<Conn>(resolve => { accepted = resolve })
  const listener = await listenTcp({ onConn: c => accepted(c), limits: { frameTimeout: 50 } })
  open.push(listener)
  const socket = raw(listener)
  const messages = 64
  const frame = Buffer.concat([Uint8Array.of(0x80, 0x80, 0x04), Buffer.alloc(65_536)])
  for (let i = 0; i < messages; i++) socket.write(frame)
  let read = 0
  for await (const message of (await conn).source) {
    expect(message.length).toBe(65_536)
    if (++read % 16 === 0) await new Promise(resolve => setTimeout(resolve, 100))
    if (read === messages) break
  }
})

test('a process that stands still does not take it for the remote’s silence', async () => {
  let accepted = (_: Conn): void => {}
  const accepting = new Promise<Conn>(resolve => { accepted = resolve })
  const listener = await listenTcp({ onConn: conn => accepted(conn), limits: { frameTimeout: 50 } })
  open.push(listener)
  const socket = raw(listener).setNoDelay(true)
  socket.write(Uint8Array.of(1, 7, 2, 1))
  const conn = await accepting
  await conn.source[Symbol.asyncIterator]().next()
  // Half a frame is there, and the reader waits for the rest, which comes while nothing runs.
  const rest = outcome(conn)
  socket.end(Uint8Array.of(2))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  expect(await rest).toBe('2,end')
})

test('frames are read whatever pieces they come in', async () => {
  const { listener, next } = await listen()
  const socket = raw(listener).setNoDelay(true)
  const bytes = Uint8Array.from([3, 1, 2, 3, 0, 0x81, 0x01, ...new Uint8Array(129), 1, 1])
  for (const byte of bytes) await new Promise<void>(resolve => socket.write(Uint8Array.of(byte), () => resolve()))
  socket.end()
  expect(await next()).toBe('3,0,129,1,end')
})

test('ready messages go out together', async () => {
  const chunks: number[] = []
  const server = createServer(socket => {
    socket.on('data', chunk => chunks.push(chunk.length))
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  open.push(server)
  const { conn } = await dialTcp({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  const write = vi.spyOn(Socket.prototype, 'write')
  await conn.sink((async function * () {
    for (let i = 0; i < 1000; i++) yield new Uint8Array(100)
  })())
  await conn.close()
  expect(chunks.reduce((a, b) => a + b, 0)).toBe(101_000)
  expect(write.mock.calls.map(([chunk]) => (chunk as Uint8Array).length)).toEqual([61_408, 39_592])
  write.mockRestore()
})

test('nobody listens', async () => {
  const { listener } = await listen()
  await listener.close()
  await expect(dialTcp({ host: listener.host, port: listener.port })).rejects.toMatchObject({ name: 'ConnError', code: 'CONN_REFUSED' })
})

test('somebody listens already', async () => {
  const { listener } = await listen()
  await expect(listenTcp({ host: listener.host, port: listener.port, onConn: () => {} })).rejects.toMatchObject({ name: 'ConnError', code: 'CONN_IN_USE' })
})

test('a dial can be given up', async () => {
  const { listener } = await listen()
  const reason = new Error('enough')
  await expect(dialTcp({ host: listener.host, port: listener.port, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  const controller = new AbortController()
  const dialling = expect(dialTcp({ host: listener.host, port: listener.port, signal: controller.signal })).rejects.toBe(reason)
  controller.abort(reason)
  await dialling
})

test('an accept that throws closes that connection and nothing else', async () => {
  let count = 0
  const listener = await listenTcp({
    async onConn (conn) {
      if (count++ === 0) throw new Error('no')
      await conn.sink([Uint8Array.of(1)])
      await conn.close()
    }
  })
  open.push(listener)
  // The system may tell of the reset while the dialler still connects.
  const first = await dialTcp(listener).then(async ({ conn }) => outcome(conn), (error: { code: string }) => error.code)
  expect(first).toMatch(/CONN_RESET|CONN_REFUSED/)
  const { conn: second } = await dialTcp(listener)
  expect(await outcome(second)).toBe('1,end')
})

test('connections over the limit are cut at once', async () => {
  const { listener } = await listen({ connections: 1 })
  const { conn: first } = await dialTcp(listener)
  const { conn: second } = await dialTcp(listener)
  expect(await outcome(second)).toMatch(/end|CONN_RESET/)
  await first.close()
})

test('a remote that never closes does not keep a close waiting', async () => {
  const server = createServer({ allowHalfOpen: true }, socket => { socket.on('error', () => {}) })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  open.push(server)
  const { conn } = await dialTcp({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, limits: { closeTimeout: 100 } })
  await conn.sink([Uint8Array.of(1)])
  await conn.close()
})

test('a reset during a close is no error', async () => {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => {})
    sockets.push(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  open.push(server)
  for (let i = 0; i < 20; i++) {
    const { conn } = await dialTcp({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
    const sent = conn.sink(Array.from({ length: 100 }, () => new Uint8Array(100_000))).catch(() => {})
    const read = outcome(conn)
    while (sockets.length === 0) await new Promise(resolve => setImmediate(resolve))
    const closed = conn.close()
    sockets.pop()!.resetAndDestroy()
    await Promise.all([closed, sent, read])
  }
})

test('a thousand conns that come and go leave nothing behind', async () => {
  const { listener, next } = await listen()
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 50 }, async (_, i) => {
      const { conn } = await dialTcp(listener)
      if (i % 3 === 0) conn.abort(new Error('x'))
      else await conn.sink([new Uint8Array(i)])
      await conn.close()
    }))
    for (let i = 0; i < 50; i++) await next()
  }
})
