import { MAX_UNDERLAYS } from '@skep/identity'
import { formatHostPort, type HostPort, type ListenAddress, type TransportName } from './arguments.ts'
import { CliError } from './errors.ts'

/** Where to listen when nothing is said. */
const ANY_PORT: HostPort = { host: '127.0.0.1', port: 0 }
/** The native one first: it is dialled first where a node has both. */
const ORDER: readonly TransportName[] = ['tcp', 'rlpx']

/** How a node connects, and where it listens. */
export interface Plan {
  readonly transports: readonly TransportName[]
  readonly listen: ReadonlyArray<HostPort & { readonly transport: TransportName }>
}

/**
 * Makes a plan of `--transport` and `--listen`, each of which may be given several times.
 *
 * An address may say its transport. One that does not is for the transport that was named;
 * for tcp, if none was.
 *
 * @throws CliError - if an address is for a transport that was not named, or might be for either.
 */
export function planTransports (named: readonly TransportName[] = [], addresses: readonly ListenAddress[] = []): Plan {
  const wanted = new Set(named.length > 0 || addresses.length === 0 ? named : addresses.map(({ transport = 'tcp' }) => transport))
  if (wanted.size === 0) wanted.add('tcp')
  const transports = ORDER.filter(name => wanted.has(name))
  const listen = addresses.map(({ transport, host, port }) => {
    const text = formatHostPort({ host, port })
    if (transport !== undefined && !wanted.has(transport)) throw new CliError(`--listen ${transport}://${text}: ${lacks(transports, transport)}`)
    if (transport === undefined && named.length > 0 && wanted.size > 1) {
      throw new CliError(`--listen ${text}: it does not say for which transport; write ${transports.map(name => `${name}://${text}`).join(' or ')}`)
    }
    return { transport: transport ?? (named.length > 0 ? transports[0]! : 'tcp'), host, port }
  })
  for (const transport of transports) {
    if (!listen.some(each => each.transport === transport)) listen.push({ transport, ...ANY_PORT })
  }
  if (listen.length > MAX_UNDERLAYS) throw new CliError(`--listen: a node has at most ${MAX_UNDERLAYS} addresses, not ${listen.length}`)
  const taken = new Set<string>()
  for (const each of listen) {
    const text = formatHostPort(each)
    if (each.port !== 0 && taken.has(text)) throw new CliError(`--listen ${text}: it is there twice, and each transport needs a port of its own`)
    taken.add(text)
  }
  return { transports, listen }
}

/** @throws CliError - for a bootnode that no transport of the plan dials. */
export function checkBootnode ({ transports }: Plan, bootnode: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(bootnode)?.[1]?.toLowerCase() ?? 'tcp'
  const transport = scheme === 'enode' ? 'rlpx' : scheme
  // What is neither is told apart by the node.
  if (transport !== 'tcp' && transport !== 'rlpx') return
  if (!transports.includes(transport)) throw new CliError(`--bootnode ${bootnode}: ${lacks(transports, transport)}`)
}

function lacks (transports: readonly TransportName[], transport: TransportName): string {
  const all = ORDER.filter(name => name === transport || transports.includes(name))
  return `this node does not connect over ${transport}; give ${all.map(name => `--transport ${name}`).join(' ')}`
}
