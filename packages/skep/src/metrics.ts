import type { Counters, LoadStatus } from '@skep/streamer'
import type { Metric, MetricSample, PeerInfo, Status } from './types.ts'

/** What the metrics of a node are made of. */
export interface Measured {
  readonly status: Status
  readonly peers: readonly PeerInfo[]
  readonly counters: Counters
  readonly load: LoadStatus
}

/**
 * Puts a node's counters and gauges in the terms of Prometheus.
 *
 * No label names a peer, so that the number of samples does not grow with the network:
 * labels are bins, names of streams, priorities and states alone.
 */
export function metricsOf ({ status, peers, counters, load }: Measured): Metric[] {
  const { sync } = status
  const count = (test: (peer: PeerInfo) => boolean): number => peers.filter(test).length
  return [
    gauge('skep_depth', 'Neighbourhood depth.', status.depth),
    metric('skep_peers', 'gauge', 'Connected full nodes, by who dialled.', [
      { labels: { direction: 'inbound' }, value: count(({ outbound, light }) => !outbound && !light) },
      { labels: { direction: 'outbound' }, value: count(({ outbound, light }) => outbound && !light) }
    ]),
    gauge('skep_known_peers', 'Addresses of peers that are known, connected or not.', status.known),
    metric('skep_chunks', 'gauge', 'Chunks stored, by proximity bin.', status.bins.map((value, bin) => ({ labels: { bin: `${bin}` }, value }))),

    counter('skep_stream_bodies_received_total', 'Chunks that came because a stream wanted them, duplicates included.', counters.bodiesReceived),
    counter('skep_stream_bodies_stored_total', 'Chunks that came in streams and were stored.', counters.bodiesStored),
    counter('skep_stream_bodies_duplicate_total', 'Chunks that came in streams and were not needed any more.', counters.duplicates),
    counter('skep_stream_bodies_invalid_total', 'Chunks that were not what their address says.', counters.bodiesInvalid),
    counter('skep_stream_bodies_unsolicited_total', 'Chunks that nobody here asked for.', counters.unsolicited),
    counter('skep_stream_bodies_sent_total', 'Chunks sent to peers, for streams and for requests.', counters.bodiesSent),
    counter('skep_retrieval_bodies_received_total', 'Chunks that came for a retrieve request.', counters.bodiesFetched),
    metric('skep_stream_body_bytes_total', 'counter', 'Bytes of chunks, by direction.', [
      { labels: { direction: 'in' }, value: counters.bytesIn },
      { labels: { direction: 'out' }, value: counters.bytesOut }
    ]),
    counter('skep_stream_hashes_offered_total', 'Hashes that peers offered.', counters.idsOffered),
    counter('skep_stream_hashes_wanted_total', 'Hashes that peers were asked for in answer to an offer.', counters.idsWanted),

    gauge('skep_stream_open_wants', 'Chunks that are wanted and not here.', load.wants),
    gauge('skep_stream_open_asks', 'Chunks that peers were asked for and have not answered.', load.asks),
    metric('skep_stream_queue_bytes', 'gauge', 'Bytes of chunks that wait to be sent, by priority (3 is a request, 2 live, 1 history).',
      load.queued.map((value, priority) => ({ labels: { priority: `${priority}` }, value }))),

    gauge('skep_synced', 'Whether all that peers have for this node is here.', Number(status.synced)),
    metric('skep_sync_peers', 'gauge', 'Peers that chunks are taken of, by whether all they have for this node is here.', [
      { labels: { synced: 'true' }, value: sync.peers.filter(({ synced }) => synced).length },
      { labels: { synced: 'false' }, value: sync.peers.filter(({ synced }) => !synced).length }
    ]),
    gauge('skep_sync_peers_say_synced', 'Peers that say of themselves that they have all that is there for them.', sync.peers.filter(({ saysSynced }) => saysSynced === true).length),
    metric('skep_sync_streams', 'gauge', 'Bins that are taken of peers, by name of the stream and whether all of it is here.', sync.streams.flatMap(({ name, synced, behind }) => [
      { labels: { stream: name, synced: 'true' }, value: synced },
      { labels: { stream: name, synced: 'false' }, value: behind }
    ])),
    metric('skep_sync_lag', 'gauge', 'Places of peers\' streams that are not covered yet, by name of the stream.', sync.streams.map(({ name, lag }) => ({ labels: { stream: name }, value: lag }))),
    metric('skep_sync_streams_waiting', 'gauge', 'Streams that are wanted and do not run, by reason.', (['pending', 'failed', 'refused'] as const).map(why => ({
      labels: { why },
      value: sync.peers.reduce((sum, { waiting }) => sum + waiting.filter(stream => stream.why === why).length, 0)
    }))),
    gauge('skep_sync_eta_seconds', 'Seconds until the slowest peer\'s lag is made up at the pace of late; NaN while there is no pace.',
      sync.peers.reduce((most, { eta = NaN }) => Math.max(most, eta / 1000), 0))
  ]
}

function metric (name: string, type: Metric['type'], help: string, samples: readonly MetricSample[]): Metric {
  return { name, type, help, samples }
}

function gauge (name: string, help: string, value: number): Metric {
  return metric(name, 'gauge', help, [{ value }])
}

function counter (name: string, help: string, value: number): Metric {
  return metric(name, 'counter', help, [{ value }])
}
