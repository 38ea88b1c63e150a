import { describe, expect, test } from 'vitest'
import { generateKey, identity, nobleCurve, overlayFromNodeId, publicKeyFromNodeId, recover, signRecord, verifyRecord, type Curve } from '@skep/identity'
import { SeededRandom } from '@skep/sim'
import { vectors } from '@skep/vectors'
import { fromHex, hex } from './hex.ts'

const recorded = vectors('overlay-addr')
const nodes = recorded?.cases.filter((each: any) => each.kind === 'node') ?? []

describe('keys', () => {
  test.skipIf(recorded === undefined)('derive what the original derives', () => {
    expect(nodes.length).toBeGreaterThan(0)
    for (const each of nodes) {
      const me = identity(fromHex(each.privateKey))
      expect(hex(me.nodeId)).toBe(each.nodeID)
      expect(hex(me.publicKey)).toBe(each.publicKey)
      expect(hex(me.overlay)).toBe(each.bzzKey)
      expect(hex(me.ethereum)).toBe(each.ethAddress)
      expect(hex(overlayFromNodeId(me.nodeId))).toBe(each.overlay)
    }
  })

  test('are made from randomness, and the same randomness makes the same key', () => {
    const key = generateKey(new SeededRandom(1))
    expect(key).toHaveLength(32)
    expect(generateKey(new SeededRandom(1))).toEqual(key)
    expect(generateKey(new SeededRandom(2))).not.toEqual(key)
  })

  test('are drawn again when the curve has no such key', () => {
    const draws = [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(32).fill(7)]
    expect(generateKey({ bytes: () => draws.shift()! })).toEqual(new Uint8Array(32).fill(7))
  })

  test('that are none are refused', () => {
    for (const key of [new Uint8Array(31).fill(1), new Uint8Array(33).fill(1), new Uint8Array(32), new Uint8Array(32).fill(0xff)]) {
      expect(() => identity(key)).toThrow(RangeError)
    }
  })

  test('that change after they were given change nothing', () => {
    const key = generateKey(new SeededRandom(3))
    const me = identity(key)
    const before = me.sign(new Uint8Array(32))
    key.fill(1)
    expect(me.sign(new Uint8Array(32))).toEqual(before)
  })
})

describe('a signature', () => {
  const random = new SeededRandom(4)

  test('tells who signed', () => {
    for (let i = 0; i < 20; i++) {
      const me = identity(generateKey(random))
      const digest = random.bytes(32)
      const signature = me.sign(digest)
      expect(signature).toHaveLength(65)
      expect(signature[64]).toBeLessThan(2)
      expect(recover(digest, signature)).toEqual(me.nodeId)
      expect(me.sign(digest)).toEqual(signature)
      expect(publicKeyFromNodeId(me.nodeId)).toEqual(me.publicKey)
    }
  })

  test('over something else belongs to somebody else, or to nobody', () => {
    const me = identity(generateKey(random))
    const digest = random.bytes(32)
    const signature = me.sign(digest)
    for (let bit = 0; bit < 65 * 8; bit += 37) {
      const bad = Uint8Array.from(signature)
      bad[bit >> 3]! ^= 1 << (bit & 7)
      let found: Uint8Array | undefined
      try {
        found = recover(digest, bad)
      } catch (error) {
        expect(error).toMatchObject({ name: 'IdentityError', code: 'IDENTITY_BAD_SIGNATURE' })
      }
      expect(found).not.toEqual(me.nodeId)
    }
  })

  test('that is none gets a code', () => {
    const digest = random.bytes(32)
    for (const signature of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(66), new Uint8Array(65), new Uint8Array(65).fill(0xff)]) {
      expect(() => recover(digest, signature)).toThrow(expect.objectContaining({ code: 'IDENTITY_BAD_SIGNATURE' }))
    }
  })

  test('has one form: the one with the high s, which anybody can make of it, gets a code, and so does another recovery id', () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const me = identity(generateKey(random))
    const digest = random.bytes(32)
    const signature = me.sign(digest)
    const s = BigInt(`0x${hex(signature.subarray(32, 64))}`)
    const twin = Uint8Array.of(...signature.subarray(0, 32), ...fromHex((order - s).toString(16).padStart(64, '0')), signature[64]! ^ 1)
    expect(() => recover(digest, twin)).toThrow(expect.objectContaining({ code: 'IDENTITY_BAD_SIGNATURE' }))
    for (const v of [27, 28, 255]) {
      expect(() => recover(digest, Uint8Array.of(...signature.subarray(0, 64), v))).toThrow(expect.objectContaining({ code: 'IDENTITY_BAD_SIGNATURE' }))
    }
    // An r this small is what is left of an x above the order, if the recovery id says so: no signer comes to it.
    const wrapped = Array.from({ length: 20 }, (_, i) => Uint8Array.of(...new Uint8Array(31), i + 1, ...signature.subarray(32, 64), 2))
      .filter(each => nobleCurve.recover(digest, each) !== undefined)
    expect(wrapped.length).toBeGreaterThan(0)
    for (const each of wrapped) expect(() => recover(digest, each)).toThrow(expect.objectContaining({ code: 'IDENTITY_BAD_SIGNATURE' }))
  })

  test('is made and read by the curve that was given', () => {
    const calls: string[] = []
    const curve: Curve = {
      publicKey: key => { calls.push('publicKey'); return nobleCurve.publicKey(key) },
      sign: (digest, key) => { calls.push('sign'); return nobleCurve.sign(digest, key) },
      recover: (digest, signature) => { calls.push('recover'); return nobleCurve.recover(digest, signature) }
    }
    const me = identity(generateKey(random), curve)
    const digest = random.bytes(32)
    expect(recover(digest, me.sign(digest), curve)).toEqual(me.nodeId)
    verifyRecord(signRecord(me, { networkId: 3, timestamp: 0, underlays: [] }), curve)
    expect(calls).toEqual(['publicKey', 'sign', 'recover', 'sign', 'recover'])
    expect(() => recover(digest, me.sign(digest), { recover: () => undefined })).toThrow(expect.objectContaining({ code: 'IDENTITY_BAD_SIGNATURE' }))
  })

  test('of a digest of the wrong length is the caller\'s mistake', () => {
    const me = identity(generateKey(random))
    expect(() => me.sign(new Uint8Array(31))).toThrow(RangeError)
    expect(() => recover(new Uint8Array(31), new Uint8Array(65))).toThrow(RangeError)
  })
})
