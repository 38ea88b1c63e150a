import { toHex } from '@skep/pot'
import type { StreamPeer, StreamStatus } from '@skep/streamer'
import { parseBinKey } from './key.ts'
import type { Failures, Progress } from './progress.ts'
import type { Wish } from './wishes.ts'

/** A stream that is wanted and not there. */
export interface Waiting {
  /** `SYNC|3`: name and key. */
  readonly stream: string
  /** Whether the peer refused or ended it, or it did not come about yet. */
  readonly why: 'refused' | 'failed' | 'pending'
  /** Milliseconds until it is tried again. */
  readonly retryIn: number
}

/** How far syncing with one peer has come. */
export interface PeerSync {
  /** The peer's overlay address in hexadecimal. */
  readonly peer: string
  /** The bins taken of it. */
  readonly bins: number[]
  /** Whether all it had to offer in these bins is here. */
  readonly synced: boolean
  /** Places in its bins that are not covered yet. */
  readonly lag: number
  /** Chunks it offered that are asked for and not here. */
  readonly open: number
  /** Milliseconds until the lag is made up at the pace of late; absent while there is no pace, 0 without lag. */
  readonly eta?: number
  /** Milliseconds since a batch of its chunks was complete; absent before the first. */
  readonly idle?: number
  /** Chunks it offered that did not come. */
  readonly failures: Failures
  /** Streams of it that are wanted and do not run. */
  readonly waiting: Waiting[]
}

/** How far syncing has come. */
export interface SyncStatus {
  /** Whether everything that peers have for us is here; false while there is no peer to say so. */
  readonly synced: boolean
  /** Places of all peers together that are not covered yet. */
  readonly lag: number
  readonly peers: PeerSync[]
}

/** Puts together what is wanted, how far the streams have come, and how fast. */
export function statusOf<P extends StreamPeer> (
  wanted: Iterable<Wish<P>>, streams: readonly StreamStatus[], progress: Progress<P>, now: number, settled: boolean
): SyncStatus {
  const halves = new Map<string, StreamStatus[]>()
  for (const row of streams) {
    const name = `${row.peer}/${row.stream.slice(0, row.stream.lastIndexOf('|'))}`
    const pair = halves.get(name)
    if (pair === undefined) halves.set(name, [row])
    else pair.push(row)
  }
  const byPeer = new Map<P, Wish<P>[]>()
  for (const wish of wanted) {
    const list = byPeer.get(wish.peer)
    if (list === undefined) byPeer.set(wish.peer, [wish])
    else list.push(wish)
  }
  const peers = Array.from(byPeer, ([peer, wishes]): PeerSync => {
    const name = toHex(peer.overlay)
    const rows = wishes.map(({ stream }) => halves.get(`${name}/${stream}`) ?? [])
    const waiting = wishes.filter(({ open }) => !open)
    const lag = rows.reduce((sum, pair) => sum + lagOf(pair), 0)
    const rate = progress.rate(peer, now)
    const idle = progress.idle(peer, now)
    return {
      peer: name,
      bins: [...new Set(wishes.map(({ stream }) => parseBinKey(stream.slice(stream.lastIndexOf('|') + 1))!))],
      synced: waiting.length === 0 && rows.every(pair => pair.length > 0 && pair.every(({ synced }) => synced)),
      lag,
      open: rows.reduce((sum, pair) => sum + pair.reduce((open, half) => open + half.open, 0), 0),
      ...(lag === 0 ? { eta: 0 } : rate > 0 ? { eta: Math.round(lag / rate) } : {}),
      ...(idle === undefined ? {} : { idle }),
      failures: progress.failures(peer),
      waiting: waiting.map(({ stream, why, retryAt }) => ({ stream, why: why ?? 'pending', retryIn: Math.max(0, retryAt - now) }))
    }
  })
  return {
    synced: settled && peers.length > 0 && peers.every(({ synced }) => synced),
    lag: peers.reduce((sum, { lag }) => sum + lag, 0),
    peers
  }
}

/** Places up to the peer's last one that neither half covers. */
function lagOf (halves: readonly StreamStatus[]): number {
  const last = Math.max(0, ...halves.map(({ cursor }) => cursor))
  let covered = 0
  for (const half of halves) for (const [from, to] of half.covered) covered += Math.max(0, Math.min(to, last) - Math.max(from, 1) + 1)
  return Math.max(0, last - covered)
}
