import { toHex } from '@skep/pot'
import type { StreamPeer, StreamStatus } from '@skep/streamer'
import { formatBinKey } from './key.ts'

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
  /** Chunks it offered that are not here: asked for, missing, or not what they claimed. */
  readonly open: number
}

/** How far syncing has come. */
export interface SyncStatus {
  /** Whether everything that peers have for us is here; false while there is no peer to say so. */
  readonly synced: boolean
  readonly peers: PeerSync[]
}

/** Puts together what is wanted and how far the streams have come. */
export function statusOf (
  wanted: Iterable<{ peer: StreamPeer, bin: number, open: boolean }>, streams: readonly StreamStatus[], settled: boolean
): SyncStatus {
  const halves = new Map<string, StreamStatus[]>()
  for (const stream of streams) {
    const key = `${stream.peer}/${stream.stream.slice(0, stream.stream.lastIndexOf('|'))}`
    halves.set(key, [...halves.get(key) ?? [], stream])
  }
  const peers = new Map<string, PeerSync>()
  for (const { peer, bin, open } of wanted) {
    const name = toHex(peer.overlay)
    const before = peers.get(name) ?? { peer: name, bins: [], synced: true, lag: 0, open: 0 }
    const own = halves.get(`${name}/SYNC|${formatBinKey(bin)}`) ?? []
    peers.set(name, {
      peer: name,
      bins: [...before.bins, bin],
      synced: before.synced && open && own.length > 0 && own.every(({ synced }) => synced),
      lag: before.lag + lagOf(own),
      open: before.open + own.reduce((sum, half) => sum + half.open, 0)
    })
  }
  const all = [...peers.values()]
  return { synced: settled && all.length > 0 && all.every(({ synced }) => synced), peers: all }
}

/** Places up to the peer's last one that neither half covers. */
function lagOf (halves: readonly StreamStatus[]): number {
  const last = Math.max(0, ...halves.map(({ cursor }) => cursor))
  let covered = 0
  for (const half of halves) for (const [from, to] of half.covered) covered += Math.max(0, Math.min(to, last) - Math.max(from, 1) + 1)
  return Math.max(0, last - covered)
}
