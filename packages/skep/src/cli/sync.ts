import type { Status } from '../types.ts'
import { formatTable } from './text-table.ts'

type Sync = Status['sync']
type PeerSync = Sync['peers'][number]

/** Peers, and chunks, shown to people; `--json` has them all. */
const SHOWN = 20

/** Lays out how far syncing has come with each peer, those first with which it has not, and what stands in the way. */
export function describeSync ({ peers, stuck }: Sync): string {
  const shown = [...peers].sort((a, b) => Number(a.synced) - Number(b.synced)).slice(0, SHOWN)
  const more = peers.length > SHOWN ? `and ${peers.length - SHOWN} more peers\n` : ''
  const parts: string[] = []
  if (shown.length > 0) {
    const rows = shown.map(peer => [
      short(peer.peer), bins(peer.bins), peer.synced ? 'yes' : 'no', says(peer), `${peer.lag}`, peer.eta === undefined ? '?' : seconds(peer.eta), trouble(peer).join('; ') || '-'
    ])
    parts.push(`\n${formatTable([['peer', 'bins', 'synced', 'says', 'lag', 'left', 'trouble'], ...rows], [4])}${more}`)
  }
  if (stuck.length > 0) {
    const rows = stuck.slice(0, SHOWN).map(({ id, asked, others }) => [
      short(id), asked.map(({ peer, state }) => `${short(peer)} ${state}`).join(', '), others.map(short).join(' ') || '-'
    ])
    parts.push(`\n${formatTable([['chunk', 'asked of', 'next'], ...rows])}`)
  }
  return parts.join('')
}

/** What keeps syncing with a peer from being done, in words. */
function trouble ({ failures, waiting, missing }: PeerSync): string[] {
  const counts = became(failures)
  return [
    ...counts === '' ? [] : [counts.slice(2)],
    ...waiting.map(({ stream, why, retryIn }) => `${stream} ${why}, again in ${seconds(retryIn)}`),
    ...missing.filter(({ tries, retryIn }) => tries > 0 || retryIn !== undefined).map(({ stream, from, to, tries, retryIn, failures }) =>
      `${stream} ${from === to ? from : `${from}-${to}`} tried ${tries} times${retryIn === undefined ? '' : `, again in ${seconds(retryIn)}`}${failures === undefined ? '' : became(failures)}`)
  ]
}

/** `: 1 missing, 2 late` */
function became (failures: PeerSync['failures']): string {
  const counts = Object.entries(failures).flatMap(([what, count]) => count > 0 ? [`${count} ${what}`] : [])
  return counts.length === 0 ? '' : `: ${counts.join(', ')}`
}

function says ({ saysSynced }: PeerSync): string {
  return saysSynced === undefined ? '-' : saysSynced ? 'synced' : 'behind'
}

/** `3 7-16`: bins in order, neighbours joined. */
function bins (all: readonly number[]): string {
  const runs: [number, number][] = []
  for (const bin of [...new Set(all)].sort((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run !== undefined && run[1] === bin - 1) run[1] = bin
    else runs.push([bin, bin])
  }
  return runs.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(' ')
}

function short (address: string): string {
  return `${address.slice(0, 8)}…`
}

function seconds (ms: number): string {
  return `${Math.ceil(ms / 1000)} s`
}
