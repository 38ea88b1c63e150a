import { RLP } from '@ethereumjs/rlp'
import { SeededRandom } from '@skep/sim'
import { decodeMessage, encodeMessage } from '@skep/wire'
import { bench, describe } from 'vitest'
import { stream } from '../test/protocols.ts'

const random = new SeededRandom(1)
const Stream = { Name: 'SYNC', Key: '6', Live: true }
const Handover = { Stream: { Name: '', Key: '', Live: false }, Start: 0n, End: 0n, Root: new Uint8Array() }
const offer = { Stream, From: 1000n, To: 1127n, Hashes: random.bytes(128 * 32), HandoverProof: { Sig: new Uint8Array(), Handover } }
const delivery = { Addr: random.bytes(32), SData: random.bytes(4104) }
const offered = encodeMessage(stream, 'OfferedHashesMsg', offer)
const delivered = encodeMessage(stream, 'ChunkDeliveryMsg', delivery)

describe('an offer of 128 hashes', () => {
  bench('encode and decode', () => { decodeMessage(stream, encodeMessage(stream, 'OfferedHashesMsg', offer)) })
  bench('encode', () => { encodeMessage(stream, 'OfferedHashesMsg', offer) })
  bench('decode', () => { decodeMessage(stream, offered) })
})

describe('a delivery of a chunk', () => {
  bench('encode', () => { encodeMessage(stream, 'ChunkDeliveryMsg', delivery) })
  bench('encode with @ethereumjs/rlp', () => {
    const payload = RLP.encode([delivery.Addr, delivery.SData])
    RLP.encode([new Uint8Array(), payload.length, payload])
  })
  bench('decode', () => { decodeMessage(stream, delivered) })
  bench('decode with @ethereumjs/rlp', () => { RLP.decode((RLP.decode(delivered.subarray(1)) as Uint8Array[])[2]!) })
})
