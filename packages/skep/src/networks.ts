import { balanced, depthOf, type Entry, type PolicyOf, type View } from '@skep/kademlia'
import { schemesOf } from './reach.ts'
import type { NodePeer } from './peer.ts'

/**
 * Kademlia's policy for a node with several transports, which is a member of several networks.
 *
 * Those who can only be dialled by one scheme know nothing of those who can only be dialled by
 * another. So they count on this node as if their network were all there is, and it has to be
 * as good a member of each as if it were in that one alone: its depth is the lowest that it has
 * in any of them, and bins are filled up for each by itself. A network in which it has no peer
 * at all asks nothing of it.
 *
 * @param schemes - of the transports.
 */
export function inEachNetwork (schemes: readonly string[]): PolicyOf {
  return () => {
    const base = balanced()
    return {
      ...base,
      name: 'balanced in each network',
      depth (view) {
        const depths = schemes.flatMap(scheme => {
          const sizes = sizesIn(view, scheme)
          return sizes.length === 0 ? [] : [depthOf(sizes, view.settings.neighbours)]
        })
        return depths.length === 0 ? 0 : Math.min(...depths)
      },
      suggest (view) {
        // The networks take turns, and within each of them its needs do.
        const dials = Math.floor(view.dials / schemes.length)
        for (let i = 0; i < schemes.length; i++) {
          const scheme = schemes[(view.dials + i) % schemes.length]!
          const suggestion = base.suggest({
            ...view,
            dials,
            sizes: sizesIn(view, scheme),
            dialable: entry => isIn(entry, scheme) && view.dialable(entry)
          })
          if (suggestion.entry !== undefined) return suggestion
        }
        return { entry: undefined }
      }
    }
  }
}

/** Live full peers of one network by proximity order; empty if there are none. */
function sizesIn (view: View, scheme: string): number[] {
  const sizes: number[] = []
  for (const [entry, po] of view.live.eachNeighbour(view.base)) {
    if (!isIn(entry, scheme)) continue
    while (sizes.length <= po) sizes.push(0)
    sizes[po]!++
  }
  return sizes
}

/** Entries are of the table that the policy is made for: its peers are `NodePeer`s. */
function isIn ({ peer, record }: Entry<unknown, unknown>, scheme: string): boolean {
  if (peer !== undefined && schemesOf(peer as NodePeer).has(scheme)) return true
  return schemesOf({ record: record as NodePeer['record'] | undefined }).has(scheme)
}
