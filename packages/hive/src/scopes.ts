import { parseUnderlay, scopeOf, type PeerRecord, type Scope } from '@skep/identity'

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

/**
 * The underlays of a peer that may be told on: all of one that we dialled; of one that
 * dialled us those on the host where it was seen, since nothing else speaks for the rest,
 * and whoever is told will dial them.
 */
export function plausibleUnderlays (peer: { readonly address?: string, readonly initiator: boolean, readonly record: PeerRecord }): readonly string[] {
  const { address, initiator, record: { underlays } } = peer
  if (initiator || address === undefined || address.includes('://')) return underlays
  const seen = hostOf(`tcp://${address}`)
  if (seen === undefined) return underlays
  return underlays.filter(underlay => {
    const host = hostOf(underlay)
    return host !== undefined && (host.text === seen.text || (host.isLoopback && seen.isLoopback))
  })
}

function hostOf (underlay: string): { readonly text: string, readonly isLoopback: boolean } | undefined {
  try {
    const parsed = parseUnderlay(underlay)
    return { text: parsed.host, isLoopback: scopeOf(parsed) === 'loopback' }
  } catch {
    return undefined
  }
}
