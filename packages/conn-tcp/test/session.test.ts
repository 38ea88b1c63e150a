import { dialTcp, listenTcp } from '@skep/conn-tcp'
import type { Conn, Session } from '@skep/interface'
import { testConn } from '@skep/interface/compliance'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { createSession } from '@skep/wire'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'

const capabilities = ['a', 'b', 'c', 'd'].map(name => ({ name, version: 1 }))

async function session (conn: Conn, seed: number): Promise<Session> {
  const random = new SeededRandom(seed)
  return createSession(conn, { clock: new VirtualClock(), random, id: random.bytes(64), client: 'test', capabilities, initiator: seed === 1 })
}

async function sessions (): Promise<[Session, Session]> {
  let accept = (_: Conn): void => {}
  const accepted = new Promise<Conn>(resolve => { accept = resolve })
  const { host, port, close } = await listenTcp({ onConn: conn => accept(conn) })
  const { conn } = await dialTcp({ host, port })
  await close()
  return Promise.all([session(conn, 1), session(await accepted, 2)])
}

describe('a sub-protocol of a session over TCP', () => testConn({
  test,
  // A sub-protocol's window, and what lies unsent and in the socket.
  buffered: 1024 * 1024 + 256 * 1024,
  async make () {
    const [a, b] = await sessions()
    return [a.open(capabilities[0]!), b.open(capabilities[0]!)]
  }
}))

test('what goes through four sub-protocols both ways at once comes out as it went in', async () => {
  const [a, b] = await sessions()
  const messages = (seed: number): Uint8Array[] => {
    const random = new SeededRandom(seed)
    return Array.from({ length: 150 }, () => random.bytes(Math.floor(131_072 ** random.float())))
  }
  await Promise.all(capabilities.flatMap(protocol => {
    const [left, right] = [a.open(protocol), b.open(protocol)]
    return [[left, right, 1], [right, left, 2]].map(async ([from, to, seed]) => {
      const expected = messages(seed as number)
      const sent = (from as Conn).sink(messages(seed as number))
      let at = 0
      for await (const message of (to as Conn).source) {
        if (!Buffer.from(message).equals(expected[at]!)) throw new Error(`message ${at} of ${protocol.name} came changed`)
        if (++at === expected.length) break
      }
      await sent
    })
  }))
  await a.close()
  expect(await b.closed).toBe('REQUESTED')
})

test('somebody who speaks something else is told nothing, and the listener goes on', async () => {
  const outcomes: Promise<unknown>[] = []
  let arrived = (): void => {}
  const listener = await listenTcp({
    onConn (conn) {
      outcomes.push(session(conn, 2).then(() => 'session', (error: { code: string, closeCode: string }) => `${error.code} ${error.closeCode}`))
      arrived()
    }
  })
  const speak = async (bytes: Uint8Array): Promise<unknown> => {
    const arrival = new Promise<void>(resolve => { arrived = resolve })
    const socket = connect({ host: listener.host, port: listener.port })
    socket.on('error', () => {})
    socket.write(bytes)
    await arrival
    const outcome = await outcomes.at(-1)
    socket.destroy()
    return outcome
  }
  expect(await speak(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'.padEnd(200)))).toMatch(/^WIRE_(SESSION PROTOCOL|CLOSED NETWORK)$/)
  expect(await speak(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff))).toBe('WIRE_CLOSED NETWORK')
  expect(await speak(Uint8Array.of(3, 0, 0, 0xc0))).toBe('WIRE_DECODE PROTOCOL')
  const { conn } = await dialTcp(listener)
  const ours = await session(conn, 1)
  await ours.close()
  expect(await outcomes.at(-1)).toBe('session')
  await listener.close()
})
