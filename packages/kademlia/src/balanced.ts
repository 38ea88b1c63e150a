import { depthOf, reachOf, saturationOf } from './depth.ts'
import type { Entry } from './entry.ts'
import type { Policy, Suggestion, View } from './policy.ts'

/** Attempts after which a peer no longer gives hope that its empty bin will be filled. */
const HOPELESS = 3

/** How long an attempt that has neither succeeded nor come up again counts as filling its bin, in milliseconds. */
const UNDER_WAY = 2_000

/** What a bin needs, in the order that lifts depth soonest. */
type Need = 'empty' | 'neighbourhood' | 'sparse'

/** Who comes first, by the number of the attempt: each need leads often enough that no other can starve it. */
const TURNS: readonly (readonly Need[])[] = [
  ['empty', 'neighbourhood', 'sparse'],
  ['neighbourhood', 'empty', 'sparse'],
  ['empty', 'neighbourhood', 'sparse'],
  ['sparse', 'neighbourhood', 'empty']
]

/**
 * The table's own policy: an empty bin is filled first, then the neighbourhood
 * completed, then sparse bins filled up, and inside each need whoever was tried least
 * comes first. Depth and saturation look at live peers only.
 */
export function balanced (): Policy {
  return {
    name: 'balanced',
    depth: ({ sizes, settings }) => depthOf(sizes, settings.neighbours),
    saturation: ({ sizes, settings, depth }) => saturationOf(sizes, settings.minBinSize, depth),
    suggest,
    nextAttempt,
    dialled (entry, { now, settings: { retryJitter } }, random) {
      entry.tries++
      entry.triedAt = now
      entry.jitter = 1 + retryJitter * (2 * random.float() - 1)
    },
    connected () {},
    disconnected (entry, { now, settings }) {
      if (now - entry.since < settings.stableAfter) return
      entry.tries = 0
      entry.triedAt = -Infinity
    }
  }
}

/** Doubling waits with jitter and a cap, that is lower where the peer matters most. */
function nextAttempt (entry: Entry<unknown, unknown>, { settings, depth, live }: View): number {
  if (entry.tries === 0) return entry.triedAt
  const cap = entry.po >= depth || live.size === 0 ? settings.retryCapNear : settings.retryCap
  const wait = Math.min(cap, settings.retryInterval * 2 ** (entry.tries - 1))
  return entry.triedAt + wait * entry.jitter
}

function suggest<R, P> (view: View<R, P>): Suggestion<R, P> {
  const { settings, sizes } = view
  const reach = reachOf(sizes, settings.neighbours)
  const best: Record<Need, Entry<R, P> | undefined> = { empty: undefined, neighbourhood: undefined, sparse: undefined }
  let near = reach
  let fewest = Infinity
  for (let po = 0; po < reach; po++) {
    const live = sizes[po]!
    if (live >= settings.minBinSize) continue
    const { leastTried, hopeful, underWay } = look(view, po)
    // Nobody is left who could fill this bin: what lies beyond is the neighbourhood's.
    if (live === 0 && !hopeful) near = Math.min(near, po)
    const filled = live + underWay
    if (leastTried === undefined || filled >= settings.minBinSize) continue
    if (filled === 0) {
      if (leastTried.tries < triesOf(best.empty)) best.empty = leastTried
    } else if (leastTried.tries < triesOf(best.sparse) || (leastTried.tries === triesOf(best.sparse) && filled < fewest)) {
      best.sparse = leastTried
      fewest = filled
    }
  }
  best.neighbourhood = neighbour(view, near)
  for (const need of TURNS[view.dials % TURNS.length]!) {
    if (best[need] !== undefined) return { entry: best[need] }
  }
  return { entry: undefined }
}

function triesOf (entry: Entry<unknown, unknown> | undefined): number {
  return entry?.tries ?? Infinity
}

interface Look<R, P> {
  /** Of those that may be dialled now. */
  leastTried: Entry<R, P> | undefined
  /** Whether somebody in the bin was not tried in vain for too long. */
  hopeful: boolean
  /** Attempts that may still succeed. */
  underWay: number
}

function look<R, P> (view: View<R, P>, po: number): Look<R, P> {
  const seen: Look<R, P> = { leastTried: undefined, hopeful: false, underWay: 0 }
  for (const entry of view.known.bin(view.base, po)) {
    if (!view.dialable(entry)) continue
    if (entry.tries < HOPELESS) seen.hopeful = true
    if (nextAttempt(entry, view) <= view.now) {
      if (entry.tries < triesOf(seen.leastTried)) seen.leastTried = entry
    } else if (view.now - entry.triedAt < UNDER_WAY) {
      seen.underWay++
    }
  }
  return seen
}

/** Of all entries from bin `from` on, one tried least; of these the nearest. */
function neighbour<R, P> (view: View<R, P>, from: number): Entry<R, P> | undefined {
  let best: Entry<R, P> | undefined
  for (const entry of view.known.within(view.base, from)) {
    if (entry.tries > triesOf(best) || (entry.tries === best?.tries && entry.po <= best.po)) continue
    if (view.dialable(entry) && nextAttempt(entry, view) <= view.now) best = entry
  }
  return best
}
