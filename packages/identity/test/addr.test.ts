import { describe, expect, test } from 'vitest'
import { nodeIdOf, randomRecord, recordFromNodeId, recordsText, recordText } from '@skep/identity'
import { SeededRandom } from '@skep/sim'
import { specVectors, vectors } from '@skep/vectors'
import { fromHex, hex } from './hex.ts'

const recorded = vectors('overlay-addr')

describe('the record of a node id', () => {
  test.skipIf(recorded === undefined)('is the original\'s', () => {
    for (const each of recorded.cases.filter((each: any) => each.kind === 'node')) {
      const id = fromHex(each.nodeID)
      const record = recordFromNodeId(id)
      expect([hex(record.overlay), record.underlays[0], recordText(record)]).toEqual([each.addr.OAddr, each.addr.UAddr, each.addr.String])
      const elsewhere = recordFromNodeId(id, each.ip, each.port)
      expect([hex(elsewhere.overlay), elsewhere.underlays[0]]).toEqual([each.addrWithPort.OAddr, each.addrWithPort.UAddr])
      expect(nodeIdOf(elsewhere)).toEqual(id)
    }
  })

  test('is printed as the second recording has it', () => {
    const { bzzAddrString, overlay, nodeId } = specVectors('hive')
    expect(recordText(recordFromNodeId(fromHex(nodeId)))).toBe(bzzAddrString)
    expect(hex(recordFromNodeId(fromHex(nodeId)).overlay)).toBe(overlay)
  })

  test('of nobody is another each time', () => {
    const random = new SeededRandom(1)
    const records = [randomRecord(random), randomRecord(random)]
    expect(records[0]).not.toEqual(records[1])
    expect(recordsText(records)).toBe(records.map(({ overlay }) => hex(overlay).slice(0, 8)).join(', '))
    expect(nodeIdOf({ overlay: records[0]!.overlay, underlays: ['tcp://127.0.0.1:1'] })).toBeUndefined()
    expect(recordText({ overlay: Uint8Array.of(1), underlays: [] })).toBe('01 <>')
  })
})
