import { bzzSpec } from '@skep/bzz-handshake'
import type { MemoryHub } from '@skep/conn-memory'
import { hiveSpec, nativeHiveSpec } from '@skep/hive'
import { formatEnode, formatUnderlay, parseUnderlay } from '@skep/identity'
import type { Clock, Conn, ProtocolId, Random, Session } from '@skep/interface'
import { toHex } from '@skep/pot'
import { createSession, decodeMessage } from '@skep/wire'
import type { Hello, Transport } from 'skep'

/** One address that a node told another, in a handshake or as gossip. */
export interface Said {
  readonly protocol: 'bzz' | 'hive' | 'skep-hive'
  /** Node ids in hex. */
  readonly from: string
  readonly to: string
  /** The address it is about, in hex. */
  readonly overlay: string
  readonly underlays: readonly string[]
}

/** What is seen of all transports of a test. */
export interface Spy {
  readonly said: Said[]
  /** Every dial that reached a transport: the node's id in hex, and the underlay. */
  readonly dials: Array<readonly [from: string, underlay: string]>
  /** Underlays at which nobody answers any more. */
  readonly silent: Set<string>
}

/** What a node of 2018 speaks. */
const OLD = new Set(['bzz', 'hive', 'stream'])

/**
 * A transport on a memory hub that has underlays like a real one, and tells a spy what goes over it.
 *
 * @param needs.scheme - `tcp`, or `enode` with the node id in the underlay.
 * @param needs.old - without our own sub-protocols, as the nodes of 2018 are.
 */
export function spiedTransport (needs: { readonly scheme: 'tcp' | 'enode', readonly old?: boolean, readonly spy: Spy, readonly hub: MemoryHub, readonly clock: Clock, readonly random: Random }): Transport {
  const { scheme, old = false, spy, hub, clock, random } = needs
  const options = ({ id, client, capabilities }: Hello, initiator: boolean) =>
    ({ clock, random, id, client, capabilities: capabilities.filter(({ name }) => !old || OLD.has(name)), initiator })
  const keyOf = (underlay: string): string => {
    const parsed = parseUnderlay(underlay)
    if (parsed.scheme !== scheme) throw new Error(`not of ${scheme}: ${underlay}`)
    return `${scheme}:${parsed.port}`
  }

  return {
    scheme,

    async listen (address, { hello, admit, failed, onSession }) {
      const { host, port } = parseUnderlay(address)
      const underlay = scheme === 'tcp' ? formatUnderlay('tcp', host, port!) : formatEnode({ id: hello.id, host, tcp: port!, udp: 0 })
      const close = hub.listen(keyOf(underlay), (conn, from) => {
        if (spy.silent.has(underlay) || !admit()) {
          conn.abort(new Error('no room'))
          return
        }
        createSession(conn, options(hello, false)).then(session => onSession(spied(session, hello, spy)), (error: unknown) => failed(error, from))
      })
      return { underlay, close: async () => close() }
    },

    async dial (underlay, { hello, signal }) {
      spy.dials.push([toHex(hello.id), underlay])
      const conn = await hub.dial(keyOf(underlay), { signal })
      return spied(await createSession(conn, { ...options(hello, true), signal }), hello, spy)
    }
  }
}

function spied (session: Session, { id }: Hello, spy: Spy): Session {
  const ends = { from: toHex(id), to: toHex(session.remote.id) }
  const hear = ({ name: protocol }: ProtocolId, message: Uint8Array): void => {
    if (protocol === 'bzz') {
      const { value: { Addr } } = decodeMessage(bzzSpec, message)
      spy.said.push({ protocol, ...ends, overlay: toHex(Addr.OAddr), underlays: [new TextDecoder().decode(Addr.UAddr)] })
    } else if (protocol === 'hive') {
      const decoded = decodeMessage(hiveSpec, message)
      if (decoded.name !== 'peersMsg') return
      for (const { OAddr, UAddr } of decoded.value.Peers) spy.said.push({ protocol, ...ends, overlay: toHex(OAddr), underlays: [new TextDecoder().decode(UAddr)] })
    } else if (protocol === 'skep-hive') {
      for (const { Overlay, Underlays } of decodeMessage(nativeHiveSpec, message).value.Records) spy.said.push({ protocol, ...ends, overlay: toHex(Overlay), underlays: Underlays })
    }
  }
  return {
    remote: session.remote,
    initiator: session.initiator,
    protocols: session.protocols,
    closed: session.closed,
    open: protocol => listened(session.open(protocol), message => hear(protocol, message)),
    close: async code => await session.close(code)
  }
}

/** A conn whose outgoing messages are heard. */
function listened (conn: Conn, hear: (message: Uint8Array) => void): Conn {
  async function * through (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const message of messages) {
      hear(message)
      yield message
    }
  }
  return {
    source: conn.source,
    maxMessageSize: conn.maxMessageSize,
    sink: async messages => await conn.sink(through(messages)),
    close: async () => await conn.close(),
    abort: reason => conn.abort(reason)
  }
}
