import { describe, expect, test } from 'vitest'
import { identity } from '@skep/identity'
import { keccak256 } from '@skep/keccak'
import { specVectors } from '@skep/vectors'
import { eciesEncrypt, sharedSecret } from '../src/ecies.ts'
import { deriveSecrets, type Fresh, makeAck, makeAuth, readAck, readAuth } from '../src/handshake.ts'
import { SeededRandom } from '@skep/sim'

const v = specVectors('rlpx-eip8')
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')
const random = new SeededRandom(1)

function fresh (key: Uint8Array, ephemeral: Uint8Array, nonce: Uint8Array, padding = 100): Fresh {
  return { key, ephemeral, nonce, ecies: { key: random.bytes(32), iv: random.bytes(16) }, padding }
}

const a = fresh(bytes(v.staticKeyA), bytes(v.ephemeralKeyA), bytes(v.nonceA))
const b = fresh(bytes(v.staticKeyB), bytes(v.ephemeralKeyB), bytes(v.nonceB))
const idA = identity(a.key).nodeId
const idB = identity(b.key).nodeId

describe('the published packets of EIP-8', () => {
  test.each(v.auth as Array<{ input: string, plain: boolean, version: number }>)('an auth of version $version is read', each => {
    const auth = readAuth(b.key, bytes(each.input))
    expect(hex(auth.remoteId)).toBe(hex(idA))
    expect(hex(auth.nonce)).toBe(v.nonceA)
    expect(hex(auth.remoteEphemeral)).toBe(hex(identity(a.ephemeral).publicKey))
    expect(auth.isPlain).toBe(each.plain)
  })

  test.each(v.ack as Array<{ input: string, version: number }>)('an ack of version $version is read', each => {
    const ack = readAck(a.key, bytes(each.input))
    expect(hex(ack.nonce)).toBe(v.nonceB)
    expect(hex(ack.remoteEphemeral)).toBe(hex(identity(b.ephemeral).publicKey))
  })

  test('auth 2 and ack 2 give the published secrets at the responder', () => {
    const packets = { auth: bytes(v.auth[1].input), ack: bytes(v.ack[1].input) }
    const secrets = deriveSecrets(false, b, readAuth(b.key, packets.auth), packets)
    const published = v.secretsForAuth2Ack2
    expect(hex(secrets.aes)).toBe(published.AES)
    expect(hex(secrets.mac)).toBe(published.MAC)
    expect(hex(secrets.ingress.update(new TextEncoder().encode('foo')).peek())).toBe(published.FooIngressHash)
  })
})

test('our own packets are read by the other side, and both derive one another’s secrets', () => {
  for (const padding of [100, 299]) {
    const auth = makeAuth({ ...a, padding }, idB)
    const read = readAuth(b.key, auth)
    const ack = makeAck({ ...b, padding }, read)
    const atA = deriveSecrets(true, a, readAck(a.key, ack), { auth, ack })
    const atB = deriveSecrets(false, b, read, { auth, ack })
    expect(hex(atA.aes)).toBe(hex(atB.aes))
    expect(hex(atA.egress.peek())).toBe(hex(atB.ingress.peek()))
    expect(hex(atA.ingress.peek())).toBe(hex(atB.egress.peek()))
  }
})

test('a plain auth is answered with a plain ack', () => {
  const auth = readAuth(b.key, bytes(v.auth[0].input))
  const ack = makeAck(b, auth)
  expect(ack.length).toBe(210)
  expect(hex(readAck(a.key, ack).nonce)).toBe(v.nonceB)
})

test.each([['r', 0], ['s', 32]])('a signature whose %s begins with a zero is read in either form', (_, at) => {
  const me = identity(a.ephemeral)
  const token = sharedSecret(a.key, identity(b.key).publicKey)
  const drawn = new SeededRandom(2)
  let nonce: Uint8Array, signature: Uint8Array
  do {
    nonce = drawn.bytes(32)
    signature = me.sign(token.map((byte, i) => byte ^ nonce[i]!))
  } while (signature[at] !== 0)

  const body = Buffer.concat([signature, keccak256(me.nodeId), idA, nonce, Uint8Array.of(0)])
  const plain = eciesEncrypt(identity(b.key).publicKey, body, a.ecies, new Uint8Array(0))
  const expected = { remoteId: hex(idA), remoteEphemeral: hex(me.publicKey), nonce: hex(nonce) }
  for (const [packet, isPlain] of [[plain, true], [makeAuth({ ...a, nonce }, idB), false]] as const) {
    const read = readAuth(b.key, packet)
    expect({ remoteId: hex(read.remoteId), remoteEphemeral: hex(read.remoteEphemeral), nonce: hex(read.nonce) }).toEqual(expected)
    expect(read.isPlain).toBe(isPlain)
  }
})

test('no flipped bit of a packet is accepted', () => {
  const auth = makeAuth(a, idB)
  for (let i = 0; i < auth.length; i += 7) {
    const bad = Uint8Array.from(auth)
    bad[i]! ^= 1 << (i % 8)
    expect(() => readAuth(b.key, bad), `byte ${i}`).toThrow(expect.objectContaining({ code: 'RLPX_HANDSHAKE' }))
  }
})
