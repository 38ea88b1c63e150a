import type { ProtocolId, Session } from '@skep/interface'
import { dialRlpx } from '@skep/conn-rlpx'
import { afterEach, describe, expect, test } from 'vitest'
import { after, cleanUp, ids, listen, options, swarm } from './pair.ts'
import { conversations, toHex, type Line } from './recordings.ts'

afterEach(cleanUp)

/** Each shared sub-protocol's conn, with its first code; says messages one by one, and hears the next. */
function speaker (session: Session): { say: (line: Line) => void, hear: (code: number) => Promise<Uint8Array> } {
  let first = 16
  const parts = session.protocols.map(protocol => {
    const { length } = swarm.find(({ name }) => name === protocol.name)!
    const conn = session.open(protocol)
    const queue: Uint8Array[] = []
    let wake = (): void => {}
    conn.sink((async function * () {
      while (true) {
        while (queue.length > 0) yield queue.shift()!
        await new Promise<void>(resolve => { wake = resolve })
      }
    })()).catch(() => {})
    const part = { first, length, source: conn.source[Symbol.asyncIterator](), push: (message: Uint8Array) => { queue.push(message); wake() } }
    first += length
    return part
  })
  const of = (code: number) => parts.find(part => code >= part.first && code < part.first + part.length)!
  return {
    say ({ code, payload }) {
      const part = of(code)
      part.push(Buffer.concat([Uint8Array.of(code - part.first), payload]))
    },
    hear: async code => (await of(code).source.next()).value as Uint8Array
  }
}

const REASONS: Record<string, Parameters<Session['close']>[0]> = { c180: 'REQUESTED', c102: 'PROTOCOL', c104: 'TOO_MANY_PEERS', c108: 'QUITTING', c110: 'SUBPROTOCOL' }

describe('a recorded conversation between two nodes on sockets arrives byte for byte, each message with its code in its sub-protocol', () => {
  test.each(conversations)('%s', async (_, lines) => {
    // Who sends the first message of bzz dialled.
    const dialler = lines.find(({ code }) => code === 16)!.dir
    const offered = lines.some(({ code }) => code >= 19) ? swarm : swarm.slice(0, 2)
    const { listener, session } = await listen({ capabilities: offered })
    const dialled = await dialRlpx({ ...options(0, { capabilities: offered }), port: listener.port, host: '127.0.0.1', remoteId: ids[1]! })
    const accepted = await session
    after(async () => { await dialled.close(); await accepted.close() })
    expect(dialled.protocols).toEqual(offered.map(({ name, version }): ProtocolId => ({ name, version })))

    const [a, b] = [speaker(dialled), speaker(accepted)]
    // What both say goes out as fast as it can, and is heard in the order of each sub-protocol.
    const spoken = lines.filter(({ code }) => code >= 16)
    for (const line of spoken) (line.dir === dialler ? a : b).say(line)
    for (const { dir, code, name, payload } of spoken) {
      const message = await (dir === dialler ? b : a).hear(code)
      const first = code === 16 ? 16 : code < 19 ? 17 : 19
      expect(toHex(message), name).toBe(toHex(Uint8Array.of(code - first, ...payload)))
    }
    const bye = lines.find(({ code }) => code === 1)
    if (bye === undefined) return
    const reason = REASONS[toHex(bye.payload)]!
    const [leaving, left] = bye.dir === dialler ? [dialled, accepted] : [accepted, dialled]
    await leaving.close(reason)
    expect(await left.closed).toBe(reason)
  })
})
