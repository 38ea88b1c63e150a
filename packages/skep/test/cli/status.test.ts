import { describe, expect, test } from 'vitest'
import type { Status, StreamStatus } from 'skep'
import { describeStatus } from '../../src/cli/status.ts'

const status = (streams: readonly StreamStatus[]): Status => ({
  overlay: 'ab'.repeat(32), networkId: 3, light: false, listen: ['tcp://127.0.0.1:4711'], depth: 1, connected: 2, known: 5, chunks: 12,
  bins: [5, 4, 0, 3], synced: false, streams,
  transfers: { bodiesReceived: 12, bodiesStored: 11, duplicates: 1, bytesIn: 50_000, bytesOut: 7 }
})
const stream = (name: string, covered: StreamStatus['covered'], cursor: number, synced: boolean): StreamStatus =>
  ({ peer: 'cd'.repeat(32), stream: name, covered, cursor, synced })

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
      'synced   no',
      'streams  3, 1 of them synced',
      'bodies   12 received, 11 stored, 1 duplicates',
      'bytes    50000 in, 7 out',
      '',
      'peer       stream    cursor  synced  covered',
      'cdcdcdcd…  SYNC|0|l       9  no      1-3 5',
      'cdcdcdcd…  SYNC|1|l       0  no      -',
      ''
    ].join('\n'))
  })

  test('does not go on for pages', () => {
    const many = Array.from({ length: 100 }, (_, i) => stream(`SYNC|${i}|l`, [[1, i]], i, false))
    expect(describeStatus(status(many)).split('\n').at(-2)).toBe('and 60 more')
  })
})
