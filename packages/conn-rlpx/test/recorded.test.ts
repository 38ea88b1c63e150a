import { ECIES } from '@ethereumjs/devp2p'
import { identity } from '@skep/identity'
import { specVectors } from '@skep/vectors'
import { negotiate, offsets } from '@skep/wire'
import { uncompress } from 'snappyjs'
import { describe, expect, test } from 'vitest'
import { FrameReader } from '../src/frame-reader.ts'
import { FrameWriter } from '../src/frame-writer.ts'
import { deriveSecrets, readAck, readAuth, type Secrets } from '../src/handshake.ts'
import { decodeHello, decodeReason, encodeHello, encodeReason } from '../src/hello.ts'
import { snappyRead, snappySize, snappyWrite } from '../src/snappy.ts'
import { conversations, fromHex, toHex } from './recordings.ts'

const devp2p = specVectors('devp2p')
const eip8 = specVectors('rlpx-eip8')

function compress (payload: Uint8Array): Uint8Array {
  const block = new Uint8Array(snappySize(payload.length))
  snappyWrite(block, 0, payload)
  return block
}

describe('what devp2p was recorded to say is read, and written byte for byte', () => {
  test('the hello', () => {
    const { rlp, fields } = devp2p.hello
    const hello = decodeHello(fromHex(rlp))
    expect({ caps: hello.capabilities.map(({ name, version }) => `${name}/${version}`), id: toHex(hello.id), listenPort: hello.port, name: hello.client, version: hello.version }).toEqual(fields)
    expect(toHex(encodeHello(hello))).toBe(rlp)
  })

  test('every hello of the conversations', () => {
    const hellos = conversations.flatMap(([, lines]) => lines.filter(({ code }) => code === 0))
    for (const { payload } of hellos) expect(toHex(encodeHello(decodeHello(payload)))).toBe(toHex(payload))
    expect(hellos).toHaveLength(10)
  })

  test('reasons, pings and compression', () => {
    for (const [recorded, reason] of [[devp2p.disconnectRequested, 0], [devp2p.disconnectSubprotocol, 16]] as const) {
      expect(toHex(encodeReason(reason))).toBe(recorded)
      expect(decodeReason(fromHex(recorded))).toBe(reason)
      // The bare integer that others send.
      expect(decodeReason(fromHex(recorded).subarray(1))).toBe(reason)
    }
    for (const { payload } of conversations.flatMap(([, lines]) => lines.filter(({ code }) => code === 1))) expect(toHex(encodeReason(decodeReason(payload)))).toBe(toHex(payload))
    expect(toHex(compress(fromHex(devp2p.pingPayload)))).toBe(devp2p.pingPayloadSnappy)
    expect(toHex(compress(fromHex('c5800282c108')))).toBe(devp2p.snappyOfSubPeers8Wrapped)
    expect(toHex(snappyRead(fromHex(`12${devp2p.snappyOfSubPeers8Wrapped}`), 1, 100).subarray(1))).toBe('c5800282c108')
  })

  test('the first codes of sub-protocols', () => {
    const lengths: Record<string, number> = { bzz: 1, hive: 2, stream: 10, pss: 1 }
    const ours = Object.keys(lengths).map(name => ({ name, version: 5 }))
    for (const [recorded, theirs] of [[devp2p.offsetsSwarm, ['stream', 'bzz', 'hive']], [devp2p.offsetsWithPss, ['pss', 'stream', 'bzz', 'hive']], [devp2p.offsetsRemoteOlderStream, ['hive', 'bzz']]] as const) {
      const shared = negotiate(ours, theirs.map(name => ({ name, version: 5 })))
      const firsts = offsets(shared, ({ name }) => lengths[name]!)
      expect(Object.fromEntries(shared.map(({ name }, i) => [name, firsts[i]]))).toEqual(recorded)
    }
  })
})

/** Both ends of the published handshake: A dialled, with auth 2 and ack 2. */
function published (): { a: Secrets, b: Secrets, other: ECIES } {
  const [keyA, keyB] = [fromHex(eip8.staticKeyA), fromHex(eip8.staticKeyB)]
  const [auth, ack] = [fromHex(eip8.auth[1].input), fromHex(eip8.ack[1].input)]
  const a = deriveSecrets(true, { ephemeral: fromHex(eip8.ephemeralKeyA), nonce: fromHex(eip8.nonceA) }, readAck(keyA, ack), { auth, ack })
  const b = deriveSecrets(false, { ephemeral: fromHex(eip8.ephemeralKeyB), nonce: fromHex(eip8.nonceB) }, readAuth(keyB, auth), { auth, ack })
  // The other implementation in A's place.
  const other = new ECIES(keyA, identity(keyA).nodeId, identity(keyB).nodeId, { customCrypto: {} } as never)
  Object.assign(other, { _nonce: fromHex(eip8.nonceA), _ephemeralPrivateKey: fromHex(eip8.ephemeralKeyA), _initMsg: auth, _gotEIP8Ack: true })
  other.parseAckEIP8(ack)
  return { a, b, other }
}

describe('a recorded conversation as frames under the published secrets', () => {
  test.each(conversations)('%s', (_, lines) => {
    const { a, b, other } = published()
    const writer = new FrameWriter(a)
    const reader = new FrameReader(b, 2 ** 20)
    for (const { code, payload } of lines) {
      // The two hellos are the only messages that are not compressed.
      writer.snappy = reader.snappy = code !== 0
      writer.add(code, payload, 0)
      const frame = writer.seal()
      const body = Buffer.concat([Uint8Array.of(code === 0 ? 0x80 : code), code === 0 ? payload : compress(payload)])
      expect(toHex(frame)).toBe(toHex(other.createBlockHeader(body.length)!) + toHex(other.createBody(body)!))
      if (code !== 0) expect(toHex(uncompress(body.subarray(1)))).toBe(toHex(payload))
      reader.push(frame)
      const { code: came, message } = reader.next()!
      expect([came, toHex(message.subarray(1))]).toEqual([code, toHex(payload)])
    }
    expect(lines.length).toBeGreaterThan(3)
  })
})
