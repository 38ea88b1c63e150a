import type { Half, Pull } from './pull.ts'
import type { StreamStatus } from './status.ts'
import { halfName } from './stream-name.ts'

/** What one pull looks like from outside at `now`: a row for each half that was asked for. */
export function streamStatus (pull: Pull, now: number): StreamStatus[] {
  const rows: StreamStatus[] = []
  const bound = pull.bound ?? pull.seen
  // An old peer that has offered nothing in all the time: it counts from 1.
  const first = pull.quiet && pull.seen === 0 ? 1 : pull.first
  if (pull.wantsHistory) rows.push(row(pull, false, first, bound, now))
  if (pull.wantsLive) rows.push(row(pull, true, bound + 1, Math.max(bound, pull.seen), now))
  return rows
}

function row (pull: Pull, live: boolean, from: number, to: number, now: number): StreamStatus {
  const half = pull.half(live)
  const covered = pull.covered
  const troubles = pull.retries?.status(from, to, now) ?? []
  return {
    peer: pull.peer.overlay,
    stream: halfName(pull.name, pull.key, live),
    covered: clip(covered, from, to),
    ...(pull.declined.size === 0 ? {} : { declined: [...pull.declined.values()].flatMap(intervals => clip(intervals, from, to)) }),
    cursor: live ? Math.max(pull.cursor ?? 0, pull.seen) : pull.bound ?? pull.seen,
    synced: pull.state === 'active' && (to < from || pull.accounted.covers(from, to)) && (pull.bound !== undefined || (half?.idle ?? true)),
    open: openItems(half),
    tries: pull.retries?.tries ?? 0,
    ...(pull.retryAt === undefined ? {} : { retryIn: Math.max(0, Math.round(pull.retryAt - now)) }),
    ...(troubles.length === 0 ? {} : { troubles })
  }
}

function clip (intervals: Iterable<readonly [bigint, bigint]>, from: number, to: number): [number, number][] {
  const ranges: [number, number][] = []
  for (const [a, b] of intervals) {
    const low = Math.max(Number(a), from)
    const high = Math.min(Number(b), to)
    if (low <= high) ranges.push([low, high])
  }
  return ranges
}

function openItems (half: Half | undefined): number {
  let open = 0
  for (const batch of [...half?.queue ?? [], ...half?.open ?? []]) open += batch.open
  return open
}
