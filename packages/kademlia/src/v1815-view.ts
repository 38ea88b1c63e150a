import type { Address } from '@skep/interface'
import { Pot, toHex } from '@skep/pot'
import type { Entry } from './entry.ts'
import type { View } from './policy.ts'

/** What a node of v1.8.15 would expect to see if it knew the whole network. */
export interface V1815PeerPot {
  /** Its nearest neighbours, with everybody of the bin of the last needed one. */
  readonly nnSet: readonly Address[]
  /** The bins below that have nobody, highest first. */
  readonly emptyBins: readonly number[]
}

/** The answer of v1.8.15's Healthy. */
export interface V1815Health {
  readonly knowNN: boolean
  readonly gotNN: boolean
  readonly countNN: number
  readonly culpritsNN: readonly Address[]
  readonly full: boolean
}

/**
 * What each node should see, as v1.8.15's NewPeerPotMap has it; `peerPots` is the
 * measure for tables with the policy `balanced`.
 */
export function v1815PeerPots (minProxBinSize: number, addresses: Iterable<Address>): Map<string, V1815PeerPot> {
  const all = Pot.from(addresses)
  return new Map(Array.from(all, base => {
    const nnSet: Address[] = []
    const emptyBins: number[] = []
    let last: number | undefined
    let next: number | undefined
    for (const [address, po] of all.eachNeighbour(base)) {
      if (po === base.length * 8) continue
      if (last === undefined || last === po) nnSet.push(address)
      if (last === undefined && nnSet.length >= minProxBinSize) last = next = po
      // Bins nearer than the nearest of all, and between the last two needed, are not expected to have anybody.
      for (; next !== undefined && next > po; next--) emptyBins.push(next)
      next = po - 1
    }
    for (next ??= base.length * 8; next >= 0; next--) emptyBins.push(next)
    return [toHex(base), { nnSet, emptyBins }]
  }))
}

/** Whether a table is as v1.8.15 expects it (kademlia §4, Healthy). */
export function v1815Health (view: View, { nnSet, emptyBins }: V1815PeerPot): V1815Health {
  const near = (entries: View['live']): Set<string> => new Set(v1815Each(view, entries).filter(([, , isNN]) => isNN).map(([{ overlay }]) => toHex(overlay)))
  const known = near(view.known)
  const live = near(view.live)
  const culpritsNN = nnSet.filter(overlay => !live.has(toHex(overlay)))
  return {
    knowNN: nnSet.every(overlay => known.has(toHex(overlay))),
    gotNN: culpritsNN.length === 0,
    countNN: nnSet.length - culpritsNN.length,
    culpritsNN,
    full: full(view, emptyBins)
  }
}

/** Whether the bins that are empty are the expected ones. A list that cannot be right is not full, rather than a panic. */
function full ({ base, live, depth }: View, emptyBins: readonly number[]): boolean {
  let left = emptyBins.length
  let next = 0
  for (const { po } of live.eachBin(base)) {
    if (next === depth + 1) break
    for (; next < po; next++) if (emptyBins[--left] !== next) return false
    next = po + 1
  }
  return left === 0
}

/**
 * Entries nearest bin first, with their proximity order to `to` and whether that is the
 * neighbourhood's: EachConn and EachAddr, that measure both against our own depth.
 *
 * @param limit - leave entries of a higher proximity order out.
 */
export function v1815Each<R, P> (view: View<R, P>, entries: View<R, P>['live'], to: Address = view.base, limit: number = 255): [entry: Entry<R, P>, po: number, isNN: boolean][] {
  return Array.from(entries.eachNeighbour(to), ([entry, po]): [Entry<R, P>, number, boolean] => [entry, po, po >= view.depth])
    .filter(([, po]) => po <= limit)
}

/**
 * Which bins v1.8.15 would sync with whom, in the order of its calls (EachBin). Each
 * peer gets all shallower bins too: a flaw, that costs traffic and no more.
 */
export function v1815Bins<R, P> (view: View<R, P>): [entry: Entry<R, P>, bin: number][] {
  const calls: [Entry<R, P>, number][] = []
  for (const bin of view.live.eachBin(view.base)) {
    const end = bin.po < view.depth ? bin.po : view.settings.maxBin
    for (let number = 0; number <= end; number++) for (const entry of bin) calls.push([entry, number])
  }
  return calls
}
