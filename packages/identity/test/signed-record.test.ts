import { describe, expect, test } from 'vitest'
import {
  generateKey, identity, MAX_AHEAD, signedRecord, signedRecordFromWire, signedRecordToWire, signRecord, verifyRecord, withObservedHost, type SignedRecord
} from '@skep/identity'
import { SeededRandom } from '@skep/sim'
import { decode, encode } from '@skep/wire'

const random = new SeededRandom(7)
const me = identity(generateKey(random))
const content = { networkId: 3, timestamp: 1_000_000, underlays: ['tcp://127.0.0.1:1', 'tcp://[::1]:2'] }
const expected = { networkId: 3, now: 1_000_000 }
const refused = (code: string) => expect.objectContaining({ name: 'IdentityError', code })

describe('a signed record', () => {
  test('is its owner\'s, there and back', () => {
    const record = signRecord(me, content)
    expect(record.overlay).toEqual(me.overlay)
    verifyRecord(record)
    const back = signedRecordFromWire(decode(signedRecord, encode(signedRecord, signedRecordToWire(record))), expected)
    expect(back).toEqual(record)
    verifyRecord(back)
  })

  test.each<[string, (record: SignedRecord) => SignedRecord]>([
    ['the overlay', record => ({ ...record, overlay: identity(generateKey(random)).overlay })],
    ['the network', record => ({ ...record, networkId: 4 })],
    ['the time', record => ({ ...record, timestamp: record.timestamp + 1 })],
    ['an underlay', record => ({ ...record, underlays: ['tcp://127.0.0.1:3', record.underlays[1]!] })],
    ['the order of the underlays', record => ({ ...record, underlays: [...record.underlays].reverse() })],
    ['the number of the underlays', record => ({ ...record, underlays: record.underlays.slice(1) })],
    ['the signature', record => ({ ...record, signature: me.sign(new Uint8Array(32)) })],
    ['the signature to none', record => ({ ...record, signature: new Uint8Array(65) })]
  ])('does not survive a change of %s', (_, change) => {
    expect(() => verifyRecord(change(signRecord(me, content)))).toThrow(refused('IDENTITY_BAD_SIGNATURE'))
  })

  test('of another network, from the future or with nonsense is refused before its signature is looked at', () => {
    const wire = signedRecordToWire(signRecord(me, content))
    expect(() => signedRecordFromWire({ ...wire, NetworkID: 4n }, expected)).toThrow(refused('IDENTITY_BAD_RECORD'))
    expect(() => signedRecordFromWire({ ...wire, Underlays: ['x'] }, expected)).toThrow(refused('IDENTITY_BAD_RECORD'))
    for (const [ahead, ok] of [[-1, true], [0, true], [1, false]] as const) {
      const read = () => signedRecordFromWire({ ...wire, Timestamp: BigInt(expected.now + MAX_AHEAD + ahead) }, expected)
      if (ok) read()
      else expect(read).toThrow(refused('IDENTITY_BAD_RECORD'))
    }
    expect(() => signedRecordFromWire({ ...wire, Timestamp: 2n ** 64n - 1n }, expected)).toThrow(refused('IDENTITY_BAD_RECORD'))
  })

  test.each([7, 8, 9])('has at most eight underlays: %i', count => {
    const underlays = Array.from({ length: count }, (_, i) => `tcp://127.0.0.1:${i + 1}`)
    if (count > 8) {
      expect(() => signRecord(me, { ...content, underlays })).toThrow(RangeError)
      const wire = encode(signedRecord, signedRecordToWire(signRecord(me, { ...content, underlays: underlays.slice(0, 8) })))
      // One more underlay than the codec takes: the lists' lengths are two bytes long here.
      expect(() => encode(signedRecord, { ...decode(signedRecord, wire), Underlays: underlays })).toThrow(RangeError)
    } else {
      verifyRecord(signRecord(me, { ...content, underlays }))
    }
  })

  test('with an underlay that is none is the caller\'s mistake', () => {
    expect(() => signRecord(me, { ...content, underlays: ['nowhere'] })).toThrow(RangeError)
  })
})

describe('the host where a peer was seen', () => {
  const id = 'ab'.repeat(64)
  test.each<[string, string | undefined, string]>([
    ['tcp://0.0.0.0:4000', '8.8.8.8:51234', 'tcp://8.8.8.8:4000'],
    ['tcp://[::]:4000', '8.8.8.8:51234', 'tcp://8.8.8.8:4000'],
    ['tcp://0.0.0.0:4000/x', '[2600::1]:51234', 'tcp://[2600::1]:4000/x'],
    [`enode://${id}@[::]:30399?discport=0`, '10.0.0.7:5', `enode://${id}@10.0.0.7:30399?discport=0`],
    ['tcp://127.0.0.1:4000', '10.0.0.7:5', 'tcp://10.0.0.7:4000'],
    ['tcp://127.0.0.1:4000', '127.0.0.1:5', 'tcp://127.0.0.1:4000'],
    ['tcp://1.1.1.1:4000', '10.0.0.7:5', 'tcp://1.1.1.1:4000'],
    ['tcp://0.0.0.0:0', '10.0.0.7:5', 'tcp://0.0.0.0:0'],
    ['memory://a', '10.0.0.7:5', 'memory://a'],
    ['tcp://0.0.0.0:4000', undefined, 'tcp://0.0.0.0:4000'],
    ['enode://x@0.0.0.0:4000', '10.0.0.7:5', 'enode://x@0.0.0.0:4000'],
    ['tcp://0.0.0.0:4000', 'n3', 'tcp://0.0.0.0:4000']
  ])('%s seen at %s is %s', (underlay, address, result) => {
    expect(withObservedHost({ overlay: me.overlay, underlays: [underlay] }, address).underlays).toEqual([result])
  })
})
