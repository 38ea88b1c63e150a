import type { Clock, Random } from '@skep/interface'
import type { MemoryHub } from '@skep/conn-memory'
import { createSession } from '@skep/wire'
import type { Hello, Transport } from './types.ts'

/**
 * Sessions inside one process, over the conns of a hub: whole networks in a test, under any clock.
 * Underlays have the form `memory://name`.
 */
export function memoryTransport (needs: { readonly hub: MemoryHub, readonly clock: Clock, readonly random: Random }): Transport {
  const { hub, clock, random } = needs
  const session = (hello: Hello, initiator: boolean) => ({ clock, random, ...hello, initiator })
  const nameOf = (address: string): string => address.replace(/^memory:\/\//, '')
  let name = 'anonymous'

  return {
    scheme: 'memory',

    async listen (address, { hello, admit, failed, onSession }) {
      name = nameOf(address)
      const close = hub.listen(name, (conn, remoteAddress) => {
        if (!admit()) {
          conn.abort(new Error('no room'))
          return
        }
        createSession(conn, session(hello, false)).then(onSession, (error: unknown) => failed(error, remoteAddress))
      })
      return { underlay: `memory://${name}`, close: async () => close() }
    },

    async dial (underlay, { hello, signal }) {
      const conn = await hub.dial(nameOf(underlay), { from: name, signal })
      return await createSession(conn, { ...session(hello, true), signal })
    }
  }
}
