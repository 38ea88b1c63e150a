import type { Reach } from '@skep/hive'
import type { NodePeer } from './peer.ts'
import type { Transport } from './types.ts'

/** The scheme of an underlay, in lower case; empty if it has none. */
export function schemeOf (underlay: string): string {
  return underlay.slice(0, Math.max(0, underlay.indexOf('://'))).toLowerCase()
}

/**
 * The schemes by which a peer can be told of others: the one that it is connected by, and those
 * that it can be dialled at itself.
 */
export function schemesOf ({ scheme, record }: { readonly scheme?: string, readonly record: NodePeer['record'] | undefined }): ReadonlySet<string> {
  return new Set([...(scheme === undefined ? [] : [scheme]), ...(record?.underlays ?? []).map(schemeOf)])
}

/** Whether a transport dials an underlay, as far as its text says. */
export function dials (transport: Transport, underlay: string): boolean {
  if (schemeOf(underlay) !== transport.scheme) return false
  try {
    transport.check?.(underlay)
    return true
  } catch {
    return false
  }
}

/**
 * What this node and its peers can dial.
 *
 * This node: whatever one of its transports does, the first transport's underlays first. A
 * peer: what is of a scheme of {@link schemesOf}. The nodes of 2018 have the one scheme, and a
 * node with more names them all in its signed record.
 */
export function reachOf (transports: readonly Transport[]): Reach<NodePeer> {
  return {
    ours: underlays => transports.flatMap(transport => underlays.filter(underlay => dials(transport, underlay))),
    theirs (peer, underlays) {
      const schemes = schemesOf(peer)
      return underlays.filter(underlay => schemes.has(schemeOf(underlay)))
    }
  }
}
