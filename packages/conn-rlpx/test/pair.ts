import { identity } from '@skep/identity'
import type { Conn, Session } from '@skep/interface'
import { systemClock } from '@skep/runtime'
import { SeededRandom } from '@skep/sim'
import { dialRlpx, listenRlpx, type RlpxListener, type RlpxListenOptions, type RlpxOptions } from '@skep/conn-rlpx'

/** The private keys of the nodes that tests play, and their ids. */
export const keys = [1, 2, 3].map(byte => new Uint8Array(32).fill(byte))
export const ids = keys.map(key => identity(key).nodeId)

/** What a real swarm node offers, but for pss. */
export const swarm = [{ name: 'bzz', version: 6, length: 1 }, { name: 'hive', version: 5, length: 2 }, { name: 'stream', version: 5, length: 10 }]

const cleanup: Array<() => unknown> = []

/** Something to be done after the test, the last first. */
export function after (end: () => unknown): void {
  cleanup.push(end)
}

/** For `afterEach`. */
export async function cleanUp (): Promise<void> {
  for (const end of cleanup.splice(0).reverse()) await end()
}

export function options (i: number, more: Partial<RlpxListenOptions> = {}): RlpxOptions & Partial<RlpxListenOptions> {
  return { clock: systemClock, random: new SeededRandom(i), key: keys[i]!, id: ids[i]!, client: `test ${i}`, capabilities: swarm, ...more }
}

/** Node 1 listens; its first session, or why there was none. */
export async function listen (more: Partial<RlpxListenOptions> = {}): Promise<{ listener: RlpxListener, session: Promise<Session>, failure: Promise<unknown> }> {
  let onSession = (_: Session): void => {}
  let onFailure = (_: unknown): void => {}
  const session = new Promise<Session>(resolve => { onSession = resolve })
  const failure = new Promise<unknown>(resolve => { onFailure = resolve })
  const listener = await listenRlpx({ ...options(1, more), onSession, onFailure })
  after(async () => await listener.close())
  return { listener, session, failure }
}

/** Both ends of a session, node 0's first, which dialled. */
export async function sessions (more: Partial<RlpxListenOptions> = {}): Promise<[Session, Session]> {
  const { listener, session } = await listen(more)
  const dialled = await dialRlpx({ ...options(0, more), port: listener.port, host: '127.0.0.1', remoteId: ids[1]! })
  const accepted = await session
  after(async () => { await dialled.close(); await accepted.close() })
  return [dialled, accepted]
}

export async function collect (conn: Conn, count: number): Promise<Uint8Array[]> {
  const out: Uint8Array[] = []
  for await (const message of conn.source) {
    out.push(Uint8Array.from(message))
    if (out.length === count) break
  }
  return out
}
