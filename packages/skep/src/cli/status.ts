import type { Status } from '../types.ts'
import { ApiClient } from './client.ts'
import { print, type Io } from './io.ts'
import { describeSync } from './sync.ts'
import { formatTable } from './text-table.ts'

/** Streams shown to people; `--json` has them all. */
const SHOWN_STREAMS = 40

/** `skep status`: what the node stores, syncs and knows. */
export async function status ({ api, json }: { readonly api: string, readonly json: boolean }, io: Io): Promise<void> {
  const client = new ApiClient(api)
  try {
    const status = await client.json<Status>('/status')
    await print(io.stdout, json ? `${JSON.stringify(status)}\n` : describeStatus(status))
  } finally {
    client.close()
  }
}

/** Lays a status out for people. */
export function describeStatus (status: Status): string {
  const { transfers, streams } = status
  const bins = status.bins.flatMap((count, po) => count === 0 ? [] : [`${po}${po >= status.depth ? '*' : ''}: ${count}`])
  const facts = formatTable([
    ['overlay', status.overlay],
    ['network', `${status.networkId}${status.light ? ', light node' : ''}`],
    ...(status.listen.length === 0 ? ['-'] : status.listen).map((underlay, i) => [i === 0 ? 'listen' : '', underlay]),
    ['depth', `${status.depth}`],
    ['peers', `${status.connected} connected, ${status.known} known`],
    ['chunks', `${status.chunks}`],
    ['bins', bins.join('  ') || '-'],
    ['synced', status.synced ? 'yes' : `no, ${status.sync.lag} places behind`],
    ['streams', `${streams.length}, ${streams.filter(({ synced }) => synced).length} of them synced`],
    ['bodies', `${transfers.bodiesReceived} received, ${transfers.bodiesStored} stored, ${transfers.duplicates} duplicates, ${transfers.bodiesSent} sent`],
    ['hashes', `${transfers.idsOffered} offered, ${transfers.idsWanted} wanted`],
    ['bytes', `${transfers.bytesIn} in, ${transfers.bytesOut} out`]
  ])
  const sync = describeSync(status.sync)
  // Most bins of most peers are empty; what there is to say about them is in the facts.
  const told = streams.filter(({ cursor, covered, synced }) => cursor > 0 || covered.length > 0 || !synced)
  if (told.length === 0) return facts + sync
  const rows = told.slice(0, SHOWN_STREAMS).map(({ peer, stream, covered, cursor, synced }) => [
    `${peer.slice(0, 8)}…`, stream, `${cursor}`, synced ? 'yes' : 'no', covered.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(' ') || '-'
  ])
  const more = told.length > SHOWN_STREAMS ? `and ${told.length - SHOWN_STREAMS} more\n` : ''
  return `${facts}${sync}\n${formatTable([['peer', 'stream', 'cursor', 'synced', 'covered'], ...rows], [2])}${more}`
}
