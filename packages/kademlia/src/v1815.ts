import { reachOf } from './depth.ts'
import type { Entry } from './entry.ts'
import type { KademliaOptions } from './options.ts'
import type { Policy, Suggestion, View } from './policy.ts'

/** The retry parameters of go-ethereum v1.8.15 (kademlia §2, KadParams). */
export interface V1815Params {
  /** First redial interval in milliseconds. Defaults to 4,200. */
  readonly retryInterval?: number
  /** What it is multiplied with at each attempt: a whole number from 2 on. Defaults to 2. */
  readonly retryExponent?: number
  /** Attempts before an address is never suggested again. Defaults to 42. */
  readonly maxRetries?: number
}

/** Options under which a table has the sizes of v1.8.15, and none of the bounds it did not have. */
export const V1815: KademliaOptions = {
  neighbours: 2,
  minBinSize: 2,
  maxBinSize: 4,
  maxKnown: Infinity,
  maxKnownPerBin: Infinity,
  maxPerSubnet: Infinity,
  maxPerSubnetInBin: Infinity,
  policy: () => v1815()
}

/** A nanosecond in milliseconds: the original's clock counts in these, and its comparison is strict. */
const TICK = 1e-6

/** The policy of v1.8.15, and the depth it last told its peers. */
export interface V1815Policy extends Policy {
  /** The saturation depth last advertised: set by a connection, lowered by a suggestion (kademlia §4). */
  readonly advertised: number

  /** Advertises the saturation depth of now, as the original does even for a connection that it ignores. */
  advertise (view: View): void
}

/**
 * Decides as go-ethereum v1.8.15 does, flaws included: saturation counts addresses
 * rather than connections, suggestions overlook bins at depth and beyond, and there is
 * no end to the waits. For comparison and for old networks; `balanced` is better.
 *
 * @throws RangeError - if a parameter makes no sense.
 */
export function v1815 (params: V1815Params = {}): V1815Policy {
  const { retryInterval = 4_200, retryExponent = 2, maxRetries = 42 } = params
  if (!(retryInterval > 0)) throw new RangeError('retryInterval must be more than 0')
  // 1 makes the original count for ever, 0 makes it divide by zero.
  if (!Number.isInteger(retryExponent) || retryExponent < 2) throw new RangeError('retryExponent must be a whole number from 2 on')
  let advertised = 0

  const nextAttempt = ({ since, tries }: Entry<unknown, unknown>): number => {
    if (tries === 0) return since
    return tries > maxRetries ? Infinity : since + (retryInterval + TICK) * retryExponent ** (tries - 1)
  }
  const callable = <R, P> (entry: Entry<R, P>, view: View<R, P>): boolean =>
    entry.peer === undefined && nextAttempt(entry) <= view.now && view.dialable(entry)

  return {
    name: 'v1815',
    lastRowAlone: true,
    get advertised () { return advertised },
    depth: ({ sizes, settings }) => reachOf(sizes, settings.neighbours),
    saturation,
    nextAttempt,
    suggest<R, P> (view: View<R, P>): Suggestion<R, P> {
      for (const [entry, po] of view.known.eachNeighbour(view.base)) {
        if (po < view.depth) break
        if (callable(entry, view)) return { entry }
      }
      const lacking = shortest(view)
      if (lacking === undefined) return { entry: undefined }
      for (const bin of view.known.eachBin(view.base, lacking)) {
        if (bin.po >= view.depth) break
        for (const entry of bin) if (callable(entry, view)) return { entry }
      }
      const news = lacking < advertised
      if (news) advertised = lacking
      return { entry: undefined, lacking, news }
    },
    dialled (entry) { entry.tries++ },
    advertise (view) { advertised = saturation(view) },
    connected (entry, view) {
      entry.tries = 0
      advertised = saturation(view)
    },
    disconnected (entry) { entry.tries = 0 }
  }
}

/** The first bin, counted over addresses, that is missing or too small; the last one if none is. */
function saturation ({ base, known, settings, depth }: View): number {
  let last = -1
  for (const { po, size } of known.eachBin(base)) {
    last++
    if (last !== po || size < settings.minBinSize) break
  }
  return Math.min(last, depth)
}

/**
 * The first of the live bins that are shorter than any before them, empty ones
 * included, up to the first at depth or beyond.
 */
function shortest ({ base, live, settings, depth }: View): number | undefined {
  const short: number[] = []
  let least = settings.minBinSize
  let next = 0
  for (const { po, size } of live.eachBin(base)) {
    for (; next < po; next++) {
      short.push(next)
      least = 0
    }
    next = po + 1
    if (size < least) {
      short.push(po)
      least = size
    }
    if (po >= depth) break
  }
  return short[0]
}
