import { toHex } from '@skep/pot'
import type { StreamPeer, StreamStatus, StreamTrouble, TroubledItem, WantStatus } from '@skep/streamer'
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

/** A part of a peer's stream that is not here. */
export interface Missing {
  /** `SYNC|3`: name and key. */
  readonly stream: string
  /** The peer's indices, both included. */
  readonly from: number
  readonly to: number
  /** How often it was tried again; 0 while it is under way for the first time. */
  readonly tries: number
  /** Milliseconds until it is tried again; absent while it is under way. */
  readonly retryIn?: number
  /** What became of what the peer offered there; absent while it is under way for the first time. */
  readonly failures?: Failures
  /** The first of what did not come, and who was asked for it; absent likewise. */
  readonly items?: readonly TroubledItem[]
}

/** Parts of one peer's streams that are named at most; the lag counts all of them. */
const MAX_MISSING = 8

/** How far syncing with one peer has come. */
export interface PeerSync {
  /** The peer's overlay address in hexadecimal. */
  readonly peer: string
  /** The bins taken of it. */
  readonly bins: number[]
  /** Whether all it had to offer in these bins is here. */
  readonly synced: boolean
  /** Whether all it had to offer was at least asked for: what is not here did not come, and is tried again from time to time. */
  readonly settled: boolean
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
  /** What of its streams is not here, the first eight parts, those first that fail. */
  readonly missing: Missing[]
  /** Whether the peer says that all that its own peers have for it is there; absent where it cannot say. */
  readonly saysSynced?: boolean
}

/** How far all streams of one name have come: there is one name for each kind of chunk. */
export interface StreamSync {
  /** `SYNC` */
  readonly name: string
  /** Bins of peers of which all is here, and those of which it is not. */
  readonly synced: number
  readonly behind: number
  /** Places that are not covered yet. */
  readonly lag: number
}

/** How far syncing has come. */
export interface SyncStatus {
  /** Whether everything that peers have for us is here; false while there is no peer to say so. */
  readonly synced: boolean
  /** Whether everything that peers have for us is here but for what they did not give when they were asked. */
  readonly settled: boolean
  /** Places of all peers together that are not covered yet. */
  readonly lag: number
  /** What stands in the way: chunks that somebody was asked for and did not give, the first sixteen, with all who were asked. */
  readonly stuck: WantStatus[]
  readonly streams: StreamSync[]
  readonly peers: PeerSync[]
}

/** What of the streamer a status is made of. */
export interface StatusSources<P> {
  readonly streams: (peer: P) => readonly StreamStatus[]
  readonly stuck: WantStatus[]
  /** What a peer says of itself. */
  readonly says: (peer: P) => boolean | undefined
}

/** Puts together what is wanted, how far the streams have come, and how fast. */
export function statusOf<P extends StreamPeer> (
  wanted: Iterable<Wish<P>>, { streams, stuck, says }: StatusSources<P>, progress: Progress<P>, now: number, settled: boolean
): SyncStatus {
  const byPeer = new Map<P, Wish<P>[]>()
  for (const wish of wanted) {
    const list = byPeer.get(wish.peer)
    if (list === undefined) byPeer.set(wish.peer, [wish])
    else list.push(wish)
  }
  const byName = new Map<string, { name: string, synced: number, behind: number, lag: number }>()
  const peers = Array.from(byPeer, ([peer, wishes]): PeerSync => {
    const halves = pairsOf(streams(peer))
    const rows = wishes.map(({ stream }) => halves.get(stream) ?? [])
    for (const [i, pair] of rows.entries()) {
      const [name] = wishes[i]!.stream.split('|') as [string]
      const stream = byName.get(name) ?? { name, synced: 0, behind: 0, lag: 0 }
      byName.set(name, stream)
      if (isSynced(pair)) stream.synced++
      else stream.behind++
      stream.lag += lagOf(pair)
    }
    const waiting = wishes.filter(({ open }) => !open)
    const lag = rows.reduce((sum, pair) => sum + lagOf(pair), 0)
    const rate = progress.rate(peer, now)
    const idle = progress.idle(peer, now)
    const saysSynced = says(peer)
    return {
      peer: toHex(peer.overlay),
      bins: [...new Set(wishes.map(({ stream }) => parseBinKey(stream.slice(stream.lastIndexOf('|') + 1))!))],
      synced: waiting.length === 0 && rows.every(isSynced),
      settled: waiting.every(isRefused) && rows.every((pair, i) => !wishes[i]!.open || isSettled(pair)),
      lag,
      open: rows.reduce((sum, pair) => sum + pair.reduce((open, half) => open + half.open, 0), 0),
      ...(lag === 0 ? { eta: 0 } : rate > 0 ? { eta: Math.round(lag / rate) } : {}),
      ...(idle === undefined ? {} : { idle: Math.round(idle) }),
      failures: progress.failures(peer),
      waiting: waiting.map(({ stream, why, retryAt }) => ({ stream, why: why ?? 'pending', retryIn: Math.max(0, Math.round(retryAt - now)) })),
      missing: rows.flatMap((pair, i) => missingOf(wishes[i]!.stream, pair)).sort((a, b) => b.tries - a.tries).slice(0, MAX_MISSING),
      ...(saysSynced === undefined ? {} : { saysSynced })
    }
  })
  return {
    synced: settled && peers.length > 0 && peers.every(({ synced }) => synced),
    settled: settled && peers.length > 0 && peers.every(peer => peer.settled),
    lag: peers.reduce((sum, { lag }) => sum + lag, 0),
    stuck,
    streams: [...byName.values()],
    peers
  }
}

/** Whether {@link statusOf} would say that all that is wanted is here: with as little as that takes, since it is looked at often. */
export function isAllSynced<P extends StreamPeer> (wanted: Iterable<Wish<P>>, streams: (peer: P) => readonly StreamStatus[]): boolean {
  return isEach(wanted, streams, isSynced, () => false)
}

/** The same of whether all that is wanted was at least asked for. */
export function isAllSettled<P extends StreamPeer> (wanted: Iterable<Wish<P>>, streams: (peer: P) => readonly StreamStatus[]): boolean {
  return isEach(wanted, streams, isSettled, isRefused)
}

function isEach<P extends StreamPeer> (
  wanted: Iterable<Wish<P>>, streams: (peer: P) => readonly StreamStatus[], isDone: (halves: readonly StreamStatus[]) => boolean, isIdle: (wish: Wish<P>) => boolean
): boolean {
  let last: P | undefined
  let halves = new Map<string, StreamStatus[]>()
  for (const wish of wanted) {
    const { peer, stream, open } = wish
    if (peer !== last) halves = pairsOf(streams(last = peer))
    if (!(open ? isDone(halves.get(stream) ?? []) : isIdle(wish))) return false
  }
  return last !== undefined
}

/** Who refuses a stream does not hold up the others. */
function isRefused ({ why }: Wish<StreamPeer>): boolean {
  return why === 'refused'
}

/** Puts the halves of each of a peer's streams together. */
function pairsOf (rows: readonly StreamStatus[]): Map<string, StreamStatus[]> {
  const pairs = new Map<string, StreamStatus[]>()
  for (const row of rows) {
    const stream = row.stream.slice(0, row.stream.lastIndexOf('|'))
    const pair = pairs.get(stream)
    if (pair === undefined) pairs.set(stream, [row])
    else pair.push(row)
  }
  return pairs
}

function isSynced (halves: readonly StreamStatus[]): boolean {
  return halves.length > 0 && halves.every(({ synced }) => synced)
}

/** Places up to the peer's last one that neither half covers. */
function lagOf (halves: readonly StreamStatus[]): number {
  return gapsOf(halves).reduce((sum, [from, to]) => sum + to - from + 1, 0)
}

/** Whether what is open has been asked for and did not come. */
function isSettled (halves: readonly StreamStatus[]): boolean {
  if (isSynced(halves)) return true
  const parts = partsOf(halves)
  return parts.length > 0 && parts.every(({ trouble }) => trouble !== undefined)
}

function missingOf (stream: string, halves: readonly StreamStatus[]): Missing[] {
  return partsOf(halves).map(({ from, to, trouble }) => {
    // What is open and not in trouble is under way, or waits for the next try.
    if (trouble === undefined) return { stream, from, to, tries: 0 }
    const { tries, retryIn, missing, invalid, late, items } = trouble
    return { stream, from, to, tries, ...(retryIn === undefined ? {} : { retryIn }), failures: { missing, invalid, late }, items }
  })
}

/** The gaps of both halves, cut where what is in trouble begins and ends. */
function partsOf (halves: readonly StreamStatus[]): { from: number, to: number, trouble?: StreamTrouble }[] {
  const troubles = halves.flatMap(half => half.troubles ?? []).sort((a, b) => a.from - b.from)
  const parts: { from: number, to: number, trouble?: StreamTrouble }[] = []
  for (const [from, to] of gapsOf(halves)) {
    let next = from
    for (const trouble of troubles) {
      if (trouble.to < next || trouble.from > to) continue
      if (trouble.from > next) parts.push({ from: next, to: trouble.from - 1 })
      const end = Math.min(trouble.to, to)
      parts.push({ from: Math.max(next, trouble.from), to: end, trouble })
      next = end + 1
    }
    if (next <= to) parts.push({ from: next, to })
  }
  return parts
}

function gapsOf (halves: readonly StreamStatus[]): [from: number, to: number][] {
  const last = Math.max(0, ...halves.map(({ cursor }) => cursor))
  const gaps: [number, number][] = []
  let next = 1
  for (const [from, to] of halves.flatMap(({ covered, declined = [] }) => [...covered, ...declined]).sort(([a], [b]) => a - b)) {
    if (from > next) gaps.push([next, Math.min(from - 1, last)])
    next = Math.max(next, to + 1)
  }
  if (next <= last) gaps.push([next, last])
  return gaps
}
