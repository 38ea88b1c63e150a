import type { Address } from '@skep/interface'
import { peerPots, type PeerPot } from '@skep/kademlia'
import { fromHex, proximity, toHex } from '@skep/pot'

/** What `GET /topology` says of a table, as far as it is needed here. */
export interface Topology {
  readonly baseAddr: string
  readonly depth: number
  readonly bins: Readonly<Record<string, { readonly connectedPeers: ReadonlyArray<{ readonly address: string }> }>>
}

/** The last bin that `GET /topology` has; whoever is nearer is in it. */
const LAST_BIN = 31

/**
 * The network as somebody sees it who knows all of it.
 *
 * Nothing in it comes from a node: who is near to whom follows from the addresses alone.
 */
export class GlobalView {
  readonly #pots: Map<string, PeerPot>

  constructor (overlays: readonly Address[]) {
    this.#pots = peerPots(overlays)
  }

  /** The depth that a node should have. */
  depth (overlay: string): number {
    return this.#pot(overlay).depth
  }

  /** Whether a node is to store a chunk (architecture, "Depth and responsibility"). */
  isResponsible (overlay: string, chunk: string): boolean {
    return proximity(fromHex(overlay), fromHex(chunk)) >= this.depth(overlay)
  }

  /** What is wrong with a table: nothing when it is as it should be. */
  faults ({ baseAddr, depth, bins }: Topology): string[] {
    const pot = this.#pot(baseAddr)
    const connected = new Set(Object.values(bins).flatMap(bin => bin.connectedPeers.map(({ address }) => address)))
    const faults = pot.neighbours.map(toHex).filter(overlay => !connected.has(overlay))
      .map(overlay => `is not connected to its neighbour ${overlay.slice(0, 8)}`)
    for (let po = 0; po < Math.min(pot.depth, LAST_BIN); po++) {
      if (bins[`bin_${po}`]?.connectedPeers.length === 0) faults.push(`is connected to nobody in bin ${po}`)
    }
    if (faults.length === 0 && depth !== pot.depth) faults.push(`has depth ${depth}, not ${pot.depth}`)
    return faults
  }

  #pot (overlay: string): PeerPot {
    const pot = this.#pots.get(overlay)
    if (pot === undefined) throw new RangeError(`${overlay} is none of the nodes`)
    return pot
  }
}
