import { createECDH, sign as sha256Sign, verify as sha256Verify, createHash, createPublicKey } from 'node:crypto'
import { generateKey, identity, nobleCurve, recover, signRecord, verifyRecord } from '@skep/identity'
import { SeededRandom } from '@skep/sim'
import { wasmCurve } from 'skep'
import { expect, test } from 'vitest'

const wasm = await wasmCurve()
const random = new SeededRandom(20)

/** The order of the curve (SEC 2, 2.4.1). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
const bytes = (value: bigint): Uint8Array => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'))

/** What came of recovering: the node id, or the code of the refusal. */
function outcome (digest: Uint8Array, signature: Uint8Array, curve: typeof wasm): string {
  try {
    return Buffer.from(recover(digest, signature, curve)).toString('hex')
  } catch (error) {
    return (error as { code?: string }).code ?? 'no code'
  }
}

test('both curves derive and sign alike, and each knows the other\'s signer', () => {
  for (let i = 0; i < 100; i++) {
    const [key, digest] = [generateKey(random), random.bytes(32)]
    expect(wasm.publicKey(key)).toEqual(nobleCurve.publicKey(key))
    const signature = nobleCurve.sign(digest, key)
    expect(wasm.sign(digest, key)).toEqual(signature)
    const { nodeId } = identity(key)
    expect(recover(digest, signature, nobleCurve)).toEqual(nodeId)
    expect(recover(digest, signature, wasm)).toEqual(nodeId)
  }
})

test('both derive the same of keys at the edges: one, and the order less one', () => {
  for (const key of [bytes(1n), bytes(2n), bytes(ORDER - 1n)]) expect(identity(key, wasm).publicKey).toEqual(identity(key).publicKey)
})

test('both sign and recover digests at the edges: zero, the order, all ones', () => {
  const key = generateKey(random)
  for (const digest of [new Uint8Array(32), bytes(1n), bytes(ORDER - 1n), bytes(ORDER), bytes(ORDER + 1n), new Uint8Array(32).fill(0xff)]) {
    const signature = nobleCurve.sign(digest, key)
    expect(wasm.sign(digest, key)).toEqual(signature)
    expect(outcome(digest, signature, wasm)).toBe(outcome(digest, signature, nobleCurve))
    expect(outcome(digest, signature, wasm)).toBe(Buffer.from(identity(key).nodeId).toString('hex'))
  }
})

test('both make the same of a signature with any bit wrong, and never its signer', () => {
  const me = identity(generateKey(random), wasm)
  const digest = random.bytes(32)
  const signature = me.sign(digest)
  const seen = new Set<string>()
  for (let bit = 0; bit < 65 * 8; bit++) {
    const bad = Uint8Array.from(signature)
    bad[bit >> 3]! ^= 1 << (bit & 7)
    const found = outcome(digest, bad, wasm)
    expect(found, `bit ${bit}`).toBe(outcome(digest, bad, nobleCurve))
    expect(found).not.toBe(Buffer.from(me.nodeId).toString('hex'))
    seen.add(found.length === 128 ? 'somebody' : found)
  }
  expect(seen).toEqual(new Set(['somebody', 'IDENTITY_BAD_SIGNATURE']))
})

test('both refuse with the same code what is malleable, no number of the curve, or of the wrong length', () => {
  const me = identity(generateKey(random))
  const digest = random.bytes(32)
  const signature = me.sign(digest)
  const [r, s, v] = [signature.subarray(0, 32), signature.subarray(32, 64), signature[64]!]
  const of = (r: Uint8Array, s: Uint8Array, v: number): Uint8Array => Uint8Array.of(...r, ...s, v)
  const bad: Record<string, Uint8Array> = {
    'the other s': of(r, bytes(ORDER - number(s)), v ^ 1),
    'the least high s': of(r, bytes((ORDER + 1n) / 2n), v),
    'v of 2': of(r, s, 2),
    'v of 3': of(r, s, 3),
    'v of 27': of(r, s, 27 + v),
    'r of zero': of(new Uint8Array(32), s, v),
    's of zero': of(r, new Uint8Array(32), v),
    'r of the order': of(bytes(ORDER), s, v),
    'r above the order': of(new Uint8Array(32).fill(0xff), s, v),
    's of the order': of(r, bytes(ORDER), v),
    'r that is on no point': of(bytes(5n), s, v),
    'nothing': new Uint8Array(0),
    '64 bytes': signature.subarray(0, 64),
    '66 bytes': Uint8Array.of(...signature, 0)
  }
  for (const [what, each] of Object.entries(bad)) {
    expect(outcome(digest, each, nobleCurve), what).toBe('IDENTITY_BAD_SIGNATURE')
    expect(outcome(digest, each, wasm), what).toBe('IDENTITY_BAD_SIGNATURE')
  }
  // The largest s that is taken is somebody's.
  const edge = of(r, bytes((ORDER - 1n) / 2n), v)
  expect(outcome(digest, edge, wasm)).toHaveLength(128)
  expect(outcome(digest, edge, wasm)).toBe(outcome(digest, edge, nobleCurve))
})

test('a record signed by the one is its owner\'s for the other, and a forged one is nobody\'s', () => {
  const content = { networkId: 3, timestamp: 1, underlays: ['tcp://127.0.0.1:4711'] }
  for (const [signs, checks] of [[wasm, nobleCurve], [nobleCurve, wasm]] as const) {
    const record = signRecord(identity(generateKey(random), signs), content)
    verifyRecord(record, checks)
    const forged = { ...record, signature: identity(generateKey(random), signs).sign(random.bytes(32)) }
    expect(() => verifyRecord(forged, checks)).toThrow(expect.objectContaining({ code: 'IDENTITY_BAD_SIGNATURE' }))
  }
})

test('OpenSSL, which hashes by itself, takes what the curve signs, and the curve knows who signed with OpenSSL', () => {
  for (let i = 0; i < 20; i++) {
    const key = generateKey(random)
    const me = identity(key, wasm)
    const ecdh = createECDH('secp256k1')
    ecdh.setPrivateKey(key)
    expect(Uint8Array.from(ecdh.getPublicKey())).toEqual(me.publicKey)
    const message = random.bytes(50)
    const digest = createHash('sha256').update(message).digest()
    const text = (part: Uint8Array): string => Buffer.from(part).toString('base64url')
    const jwk = { kty: 'EC', crv: 'secp256k1', x: text(me.nodeId.subarray(0, 32)), y: text(me.nodeId.subarray(32)) }
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    expect(sha256Verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, me.sign(digest).subarray(0, 64))).toBe(true)
    const theirs = sha256Sign('sha256', message, { key: { ...jwk, d: text(key) }, format: 'jwk', dsaEncoding: 'ieee-p1363' } as never)
    const s = number(theirs.subarray(32))
    const low = Uint8Array.of(...theirs.subarray(0, 32), ...bytes(s > ORDER / 2n ? ORDER - s : s))
    const signers = [0, 1].map(v => outcome(digest, Uint8Array.of(...low, v), wasm))
    expect(signers).toContain(Buffer.from(me.nodeId).toString('hex'))
  }
})
