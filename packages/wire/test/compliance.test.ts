import { pair, type PairOptions } from '@skep/conn-memory'
import type { Conn } from '@skep/interface'
import { testConn } from '@skep/interface/compliance'
import { SeededRandom, VirtualClock } from '@skep/sim'
import { createSession, type SessionLimits } from '@skep/wire'
import { describe, test } from 'vitest'

/** What a sub-protocol's reader may leave unread by default; some more lies unsent and in the conn below. */
const WINDOW = 1024 * 1024

async function channels (link: PairOptions = {}, limits: SessionLimits = {}): Promise<[Conn, Conn]> {
  const [left, right] = pair(link)
  const clock = new VirtualClock()
  const capabilities = [{ name: 'stream', version: 5 }, { name: 'other', version: 1 }]
  const sessions = await Promise.all([left, right].map(async (conn, i) => {
    const random = new SeededRandom(i)
    return createSession(conn, { clock, random, id: random.bytes(64), client: 'test', capabilities, initiator: i === 0, limits })
  }))
  const [a, b] = sessions.map(session => session.open(capabilities[0]!))
  return [a!, b!]
}

describe('a sub-protocol of a session', () => testConn({ test, make: async () => channels(), buffered: WINDOW + 256 * 1024 }))

describe('one with small windows over a narrow conn', () => testConn({
  test,
  make: async () => channels({ window: 1 }, { window: 4096 }),
  buffered: 128 * 1024
}))
