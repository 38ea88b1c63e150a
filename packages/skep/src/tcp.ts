import type { Clock, Random } from '@skep/interface'
import { dialTcp, listenTcp } from '@skep/conn-tcp'
import { formatUnderlay, parseUnderlay } from '@skep/identity'
import { createSession } from '@skep/wire'
import { NodeError } from './errors.ts'
import type { Hello, Transport } from './types.ts'

/**
 * Sessions over plain TCP: conn-tcp's frames, wire's multiplexer. Neither encrypted nor authenticated.
 */
export function tcpTransport (needs: { readonly clock: Clock, readonly random: Random }): Transport {
  const { clock, random } = needs
  const session = (hello: Hello, initiator: boolean) => ({ clock, random, ...hello, initiator })

  return {
    scheme: 'tcp',

    check: underlay => { hostPort(underlay) },

    async listen (address, { hello, admit, failed, onSession }) {
      const server = await listenTcp({
        ...hostPort(address),
        onConn (conn, remoteAddress) {
          if (!admit()) {
            conn.abort(new Error('no room'))
            return
          }
          createSession(conn, { ...session(hello, false), address: remoteAddress }).then(onSession, (error: unknown) => failed(error, remoteAddress))
        }
      })
      return { underlay: formatUnderlay('tcp', server.host, server.port), close: async () => await server.close() }
    },

    async dial (underlay, { hello, signal }) {
      const { conn, remoteAddress } = await dialTcp({ ...hostPort(underlay), signal })
      return await createSession(conn, { ...session(hello, true), address: remoteAddress, signal })
    }
  }
}

/** Reads `host:port`, with or without `tcp://`. */
function hostPort (text: string): { host: string, port: number } {
  const { scheme, host, port } = parseUnderlay(text.includes('://') ? text : `tcp://${text}`)
  if (scheme !== 'tcp' || port === undefined) throw new NodeError('BAD_UNDERLAY', `not tcp://host:port: ${text}`)
  return { host, port }
}
