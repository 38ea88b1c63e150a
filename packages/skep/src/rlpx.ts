import type { Clock, Random } from '@skep/interface'
import { dialRlpx, listenRlpx } from '@skep/conn-rlpx'
import { formatEnode, parseEnode, parseUnderlay } from '@skep/identity'
import { NodeError } from './errors.ts'
import type { Hello, Transport } from './types.ts'

/**
 * Sessions over RLPx: encrypted, the remote's key proven, and understood by the nodes of 2018.
 * Underlays are enode URLs; an address to listen on is `enode://host:port`.
 *
 * @param needs.key - the node's private key, 32 bytes.
 */
export function rlpxTransport (needs: { readonly clock: Clock, readonly random: Random, readonly key: Uint8Array }): Transport {
  const options = ({ id, client, capabilities }: Hello) => ({ ...needs, id, client, capabilities })

  return {
    scheme: 'enode',

    check: underlay => { target(underlay) },

    async listen (address, { hello, admit, failed, onSession }) {
      const { host, port } = parseUnderlay(address)
      if (port === undefined) throw new NodeError('BAD_UNDERLAY', `no port to listen on: ${address}`)
      const listener = await listenRlpx({ ...options(hello), host, port, admit, onSession, onFailure: failed })
      return {
        underlay: formatEnode({ id: hello.id, host: listener.host, tcp: listener.port, udp: 0 }),
        close: async () => await listener.close()
      }
    },

    async dial (underlay, { hello, signal }) {
      return await dialRlpx({ ...options(hello), ...target(underlay), signal })
    }
  }
}

/** Whom an enode URL names, and where. */
function target (underlay: string): { remoteId: Uint8Array, host: string, port: number } {
  const { id, host, tcp } = parseEnode(underlay)
  if (host === undefined) throw new NodeError('BAD_UNDERLAY', `an enode URL without a host: ${underlay}`)
  return { remoteId: id, host, port: tcp }
}
