import { describe, expect, test } from 'vitest'
import { closingTable } from '../../src/start/report.ts'
import { Tally } from '../../src/start/tally.ts'

const transfers = (bodiesReceived: number, duplicates: number) => ({ bodiesReceived, duplicates, bodiesStored: 0, bodiesFetched: 0, bodiesSent: 0, idsOffered: 0, idsWanted: 0, bytesIn: 0, bytesOut: 0 })

describe('a tally', () => {
  test('goes on over the processes of a node', () => {
    const tally = new Tally()
    tally.note(transfers(5, 0), 1)
    tally.note(transfers(10, 1), 1)
    tally.note(transfers(3, 0), 2)
    tally.note(transfers(4, 2), 2)
    tally.note(transfers(1, 0), 4)
    expect(tally.totals).toEqual({ received: 15, duplicates: 3 })
  })
})

describe('the closing table', () => {
  test('has a line for each node, and the sums', () => {
    const row = { overlay: 'ab'.repeat(32), depth: 1, starts: 1 }
    expect(closingTable([
      { name: 'node 0', stored: 900, received: 900, duplicates: 0, ...row },
      { name: 'node 1', stored: 1100, received: 100, duplicates: 2, ...row, starts: 2 }
    ], 1500, 2.5)).toBe([
      'node    overlay   depth  stored  received  duplicates  starts',
      'node 0  abababab      1     900       900           0       1',
      'node 1  abababab      1    1100       100           2       2',
      '',
      '1500 chunks, 1000 received, 2 duplicates, 2.5 seconds, 400 chunks per second',
      ''
    ].join('\n'))
  })
})
