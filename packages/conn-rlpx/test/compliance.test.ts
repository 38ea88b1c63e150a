import { identity } from '@skep/identity'
import type { Conn, Session } from '@skep/interface'
import { testConn } from '@skep/interface/compliance'
import { systemClock } from '@skep/runtime'
import { SeededRandom } from '@skep/sim'
import { dialRlpx, listenRlpx, type RlpxLimits } from '@skep/conn-rlpx'
import { describe, test } from 'vitest'

const capabilities = [{ name: 'bzz', version: 6, length: 1 }, { name: 'stream', version: 5, length: 10 }]
const keys = [1, 2].map(byte => new Uint8Array(32).fill(byte))
const ids = keys.map(key => identity(key).nodeId)

async function connect (limits: RlpxLimits = {}): Promise<[Conn, Conn]> {
  const options = (i: number) => ({ clock: systemClock, random: new SeededRandom(i), key: keys[i]!, id: ids[i]!, client: `test ${i}`, capabilities, limits })
  let accept = (_: Session): void => {}
  const accepted = new Promise<Session>(resolve => { accept = resolve })
  const listener = await listenRlpx({ ...options(1), onSession: session => accept(session) })
  const dialled = await dialRlpx({ ...options(0), host: listener.host, port: listener.port, remoteId: ids[1]! })
  await listener.close()
  return [coded(dialled.open(capabilities[1]!), 9), coded((await accepted).open(capabilities[1]!), 9)]
}

/**
 * The laws speak of any bytes, none included. A message of RLPx begins with its code, one of
 * those that the sub-protocol has: so it is put before each, in a buffer that is used again.
 */
function coded (conn: Conn, code: number): Conn {
  const source = conn.source[Symbol.asyncIterator]()
  async function * prefixed (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let buffer = new Uint8Array(0)
    for await (const message of messages) {
      if (buffer.length <= message.length) buffer = new Uint8Array(message.length + 1)
      buffer[0] = code
      buffer.set(message, 1)
      yield buffer.subarray(0, message.length + 1)
    }
  }
  return {
    maxMessageSize: conn.maxMessageSize - 1,
    source: {
      [Symbol.asyncIterator]: () => ({
        async next () {
          const { done, value } = await source.next()
          return done === true ? { done, value: undefined } : { done: false, value: value.subarray(1) }
        }
      })
    },
    sink: async messages => await conn.sink(prefixed(messages)),
    close: async () => await conn.close(),
    abort: reason => conn.abort(reason)
  }
}

describe('a sub-protocol of a session over loopback', () => testConn({ test, make: async () => connect() }))

describe('one with narrow windows and small messages', () => testConn({
  test,
  make: async () => connect({ window: 1, highWater: 1, maxMessageSize: 20_000 })
}))
