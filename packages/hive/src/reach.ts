import type { HivePeer } from './types.ts'

/**
 * What hive asks of whoever knows the transports: which underlays can be dialled, and by whom.
 * Both answer with some of the underlays they were given, and nothing else.
 */
export interface Reach<P> {
  /** Those that this node can dial, in the order to try them. No other is ever dialled. */
  ours (underlays: readonly string[]): readonly string[]
  /** Those that the peer can dial. It is not told of an address of which it could dial none. */
  theirs (peer: P, underlays: readonly string[]): readonly string[]
}

/**
 * What holds where nothing else is said: this node dials everything, and a peer what is of a
 * scheme that it can be dialled at itself; one that cannot be dialled is told everything.
 */
export const SAME_SCHEMES: Reach<HivePeer> = {
  ours: underlays => underlays,
  theirs ({ record }, underlays) {
    const schemes = new Set(record.underlays.map(schemeOf))
    return schemes.size === 0 ? underlays : underlays.filter(underlay => schemes.has(schemeOf(underlay)))
  }
}

function schemeOf (underlay: string): string {
  return underlay.slice(0, Math.max(0, underlay.indexOf('://'))).toLowerCase()
}
