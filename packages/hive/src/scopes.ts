import { scopeOf, type PeerRecord, type Scope } from '@skep/identity'

/** Whether an underlay of one scope means anything to a peer that is reached in another. */
export function isForScope (peer: Scope, underlay: Scope): boolean {
  switch (underlay) {
    case 'public': return true
    case 'private': return peer === 'private' || peer === 'loopback'
    case 'loopback': return peer === 'loopback'
    case 'memory': return peer === 'memory'
    // Nobody can dial `unspecified`, nobody should dial `reserved`, and a name may resolve to anything.
    default: return false
  }
}

/**
 * From where a peer sees the network: by its address as the transport saw it, else by what
 * it says itself. A peer of which nothing is known is a stranger from the public network.
 */
export function scopeOfPeer (peer: { readonly address?: string, readonly record: PeerRecord }): Scope {
  const underlay = peer.address === undefined ? peer.record.underlays[0] : peer.address.includes('://') ? peer.address : `tcp://${peer.address}`
  const scope = underlay === undefined ? 'public' : scopeOrUndefined(underlay)
  return scope === 'private' || scope === 'loopback' || scope === 'memory' ? scope : 'public'
}

/** The underlays that a peer of this scope may be told, or may tell. */
export function underlaysForScope (peer: Scope, underlays: readonly string[]): string[] {
  return underlays.filter(underlay => {
    const scope = scopeOrUndefined(underlay)
    return scope !== undefined && isForScope(peer, scope)
  })
}

function scopeOrUndefined (underlay: string): Scope | undefined {
  try {
    return scopeOf(underlay)
  } catch {
    return undefined
  }
}
