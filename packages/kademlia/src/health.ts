import type { Address } from '@skep/interface'
import type { PeerPot } from './peer-pots.ts'

/** Why a neighbour is not connected. */
export type MissingReason =
  /** Nobody has told us of it. */
  | 'UNKNOWN'
  /** Its record was refused, or it is not to be dialled. */
  | 'REFUSED'
  /** It was tried in vain, and is waited for until `until`. */
  | 'WAITING'
  /** It may be dialled now. */
  | 'CALLABLE'

export interface MissingNeighbour {
  readonly overlay: Address
  readonly why: MissingReason
  /** From when on it may be dialled, on the table's clock, where `why` is `WAITING`. */
  readonly until?: number
}

/** How good a table is. */
export interface Health {
  /** Has its neighbours, and somebody in every bin below the depth it should have. */
  readonly healthy: boolean
  /** Whether the address of every neighbour is known. */
  readonly knowsNeighbours: boolean
  /** Whether every neighbour is connected. */
  readonly hasNeighbours: boolean
  /** The neighbours that are not connected, nearest first. */
  readonly missing: readonly MissingNeighbour[]
  /** Whether every bin below the expected depth has somebody. */
  readonly saturated: boolean
  /** The bins below the expected depth that have nobody. */
  readonly emptyBins: readonly number[]
  /** Depth now. */
  readonly depth: number
  /** Depth as it should be. */
  readonly expectedDepth: number
  /** The part of neighbours and bins that is there, from 0 to 1. */
  readonly score: number
}

/** What {@link healthOf} asks of a table. */
export interface Examined {
  readonly depth: number
  readonly sizes: readonly number[]
  connected (overlay: Address): boolean
  /** Why somebody who is not connected is not. */
  reason (overlay: Address): Omit<MissingNeighbour, 'overlay'>
}

export function healthOf (table: Examined, expected: PeerPot): Health {
  const missing = expected.neighbours
    .filter(overlay => !table.connected(overlay))
    .map(overlay => ({ overlay, ...table.reason(overlay) }))
  const emptyBins: number[] = []
  for (let po = 0; po < expected.depth; po++) if ((table.sizes[po] ?? 0) === 0) emptyBins.push(po)
  const wanted = expected.neighbours.length + expected.depth
  const hasNeighbours = missing.length === 0
  const saturated = emptyBins.length === 0
  return {
    healthy: hasNeighbours && saturated,
    knowsNeighbours: missing.every(({ why }) => why === 'WAITING' || why === 'CALLABLE'),
    hasNeighbours,
    missing,
    saturated,
    emptyBins,
    depth: table.depth,
    expectedDepth: expected.depth,
    score: wanted === 0 ? 1 : (wanted - missing.length - emptyBins.length) / wanted
  }
}
