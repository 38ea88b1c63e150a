import { describe, expect, test } from 'vitest'
import type { Status, StreamStatus } from 'skep'
import { describeStatus } from '../../src/cli/status.ts'

const nothing: Status['sync'] = { synced: false, settled: false, lag: 0, stuck: [], streams: [], peers: [] }

const status = (streams: readonly StreamStatus[], sync: Status['sync'] = nothing): Status => ({
  overlay: 'ab'.repeat(32), networkId: 3, light: false, listen: ['tcp://127.0.0.1:4711'], depth: 1, connected: 2, known: 5, chunks: 12,
  bins: [5, 4, 0, 3], synced: false, sync, streams,
  transfers: { bodiesReceived: 12, bodiesStored: 11, duplicates: 1, bodiesFetched: 2, bodiesSent: 4, idsOffered: 20, idsWanted: 12, bytesIn: 50_000, bytesOut: 7 }
})
const stream = (name: string, covered: StreamStatus['covered'], cursor: number, synced: boolean): StreamStatus =>
  ({ peer: 'cd'.repeat(32), stream: name, covered, cursor, synced, open: 0, tries: 0 })

describe('a status for people', () => {
  test('tells the facts, marks the bins of the neighbourhood, and leaves out streams of which there is nothing to say', () => {
    const text = describeStatus(status([
      stream('SYNC|0|h', [], 0, true), stream('SYNC|0|l', [[1, 3], [5, 5]], 9, false), stream('SYNC|1|l', [], 0, false)
    ]))
    expect(text).toBe([
      `overlay  ${'ab'.repeat(32)}`,
      'network  3',
      'listen   tcp://127.0.0.1:4711',
      'depth    1',
      'peers    2 connected, 5 known',
      'chunks   12',
      'bins     0: 5  1*: 4  3*: 3',
      'synced   no, 0 places behind',
      'streams  3, 1 of them synced',
      'bodies   12 received, 11 stored, 1 duplicates, 4 sent',
      'hashes   20 offered, 12 wanted',
      'bytes    50000 in, 7 out',
      '',
      'peer       stream    cursor  synced  covered',
      'cdcdcdcd…  SYNC|0|l       9  no      1-3 5',
      'cdcdcdcd…  SYNC|1|l       0  no      -',
      ''
    ].join('\n'))
  })

  test('tells of each peer how far it is, what it says of itself, and what stands in the way, whoever is behind first', () => {
    const peer = { bins: [3, 4, 5, 9], lag: 0, open: 0, eta: 0, failures: { missing: 0, invalid: 0, late: 0 }, waiting: [], missing: [] }
    const text = describeStatus(status([], {
      synced: false,
      settled: false,
      lag: 12,
      streams: [],
      peers: [
        { ...peer, peer: '11'.repeat(32), synced: true, settled: true, saysSynced: true },
        {
          ...peer, peer: '22'.repeat(32), synced: false, settled: false, saysSynced: false, lag: 12, eta: 3_100, failures: { missing: 0, invalid: 2, late: 1 },
          waiting: [{ stream: 'SYNC|7', why: 'refused', retryIn: 5_000 }],
          missing: [{ stream: 'SYNC|3', from: 4, to: 6, tries: 2, retryIn: 4_000 }, { stream: 'SYNC|4', from: 1, to: 9, tries: 0 }, { stream: 'SYNC|5', from: 7, to: 7, tries: 6, retryIn: 290_000, failures: { missing: 1, invalid: 0, late: 0 }, items: [] }]
        }
      ],
      stuck: [{ id: 'ab'.repeat(32), asked: [{ peer: '22'.repeat(32), state: 'late' }, { peer: '11'.repeat(32), state: 'missing' }], others: ['33'.repeat(32)] }]
    }))
    expect(text).toContain([
      '',
      'peer       bins   synced  says    lag  left  trouble',
      '22222222…  3-5 9  no      behind   12  4 s   2 invalid, 1 late; SYNC|7 refused, again in 5 s; SYNC|3 4-6 tried 2 times, again in 4 s; SYNC|5 7 tried 6 times, again in 290 s: 1 missing',
      '11111111…  3-5 9  yes     synced    0  0 s   -',
      '',
      'chunk      asked of                           next',
      'abababab…  22222222… late, 11111111… missing  33333333…',
      ''
    ].join('\n'))
    expect(text).toContain('synced   no, 12 places behind\n')
  })

  test('does not go on for pages', () => {
    const many = Array.from({ length: 100 }, (_, i) => stream(`SYNC|${i}|l`, [[1, i]], i, false))
    expect(describeStatus(status(many)).split('\n').at(-2)).toBe('and 60 more')
  })
})
