import { formatEnode, isEnode, parseEnode } from './enode.ts'
import { formatIp, parseIp } from './ip.ts'
import type { PeerRecord } from './record.ts'
import { formatUnderlay, parseUnderlay, scopeOf } from './underlay.ts'

/**
 * Puts the host where a peer was seen into the underlays that do not say it: the unspecified
 * address of a listener on all interfaces, or loopback from a peer on another host.
 *
 * @param address - `host:port` as the transport saw it; the port is that of a dial, and not used.
 */
export function withObservedHost (record: PeerRecord, address: string | undefined): PeerRecord {
  const ip = address === undefined ? undefined : hostOf(address)
  if (ip === undefined) return record
  const seen = formatIp(ip)
  const isLocal = scopeOf(formatUnderlay('tcp', seen, 1)) === 'loopback'
  const underlays = record.underlays.map(underlay => {
    const { scheme, host, port } = parseUnderlay(underlay)
    if (port === undefined || port === 0) return underlay
    const scope = scopeOf(underlay)
    if (scope !== 'unspecified' && (scope !== 'loopback' || isLocal)) return underlay
    if (scheme === 'enode') return isEnode(underlay) ? formatEnode({ ...parseEnode(underlay), host: seen }) : underlay
    return underlay.replace(`//${host.includes(':') ? `[${host}]` : host}:`, `//${seen.includes(':') ? `[${seen}]` : seen}:`)
  })
  return { ...record, underlays }
}

function hostOf (address: string): Uint8Array | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):[0-9]+$/.exec(address)
  return match === null ? undefined : parseIp(match[1] ?? match[2]!)
}
