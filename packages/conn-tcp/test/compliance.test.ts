import { dialTcp, listenTcp, type TcpLimits } from '@skep/conn-tcp'
import type { Conn } from '@skep/interface'
import { testConn } from '@skep/interface/compliance'
import { describe, test } from 'vitest'

async function connect (limits: TcpLimits = {}): Promise<[Conn, Conn]> {
  let accept = (_: Conn): void => {}
  const accepted = new Promise<Conn>(resolve => { accept = resolve })
  const { host, port, close } = await listenTcp({ onConn: conn => accept(conn), limits })
  const { conn } = await dialTcp({ host, port, limits })
  await close()
  return [conn, await accepted]
}

describe('a connection over loopback', () => testConn({ test, make: async () => connect() }))

describe('one with a limit of ten mebibytes', () => testConn({ test, make: async () => connect({ maxMessageSize: 10 * 1024 * 1024 }) }))
