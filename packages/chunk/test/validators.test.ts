import { expect, test } from 'vitest'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { EMPTY_ADDRESS, kindOf, makeChunk } from '@skep/chunk'
import type { Chunk } from '@skep/chunk'
import {
  decodeMetadata, decodeSingleOwner, decodeUpdate, encodeMetadata, everyValidator, makeSingleOwnerChunk, makeUpdateChunk,
  MAX_SINGLE_OWNER_CHUNK, MAX_UPDATE_DATA, metadataAddress, metadataHash, MIN_RESOURCE_CHUNK, recoverSigner, resourceValidator,
  signedValidators, singleOwnerAddress, singleOwnerValidator, updateAddress, updateDigest
} from '@skep/chunk/validators'
import type { Sign } from '@skep/chunk/validators'
import { keccak256 } from '@skep/keccak'
import { specVectors, vectors } from '@skep/vectors'
import { hex, pattern, unhex } from './pattern.ts'

const mru = vectors('mru')
const spec = specVectors('chunk')
const KEY = new Uint8Array(32).fill(7)
const OWNER = keccak256(secp256k1.getPublicKey(KEY, false).slice(1)).slice(-20)
const sign: Sign = digest => {
  const recovered = secp256k1.sign(digest, KEY, { prehash: false, format: 'recovered' })
  return Uint8Array.from([...recovered.slice(1), recovered[0]!])
}

/** The chunk of a recorded update: given, or made of a formula. */
function recorded (item: { chunk?: string, dataFormula?: [number, number] } & Record<string, any>): Uint8Array {
  if (item.chunk !== undefined) return unhex(item.chunk)
  const data = pattern(...item.dataFormula!)
  const made = makeUpdateChunk({
    period: item.period, version: item.version, rootAddress: unhex(item.rootAddr), metaHash: unhex(item.metaHash), multihash: item.multihash, data
  }, () => unhex(item.signature))
  return made.data
}

function withByte (bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = value
  return copy
}

test.skipIf(mru === undefined)('recorded updates and metadata are valid as the original found them', () => {
  const updates = mru.cases.filter((item: any) => item.kind === 'update')
  expect(updates.length).toBeGreaterThan(0)
  for (const item of updates) {
    const chunk = recorded(item)
    expect(chunk.length).toBe(item.chunkLen)
    expect(hex(keccak256(chunk))).toBe(item.chunkHash)
    expect(hex(updateDigest(chunk))).toBe(item.digest)
    expect(hex(updateAddress(unhex(item.rootAddr), item.period, item.version))).toBe(item.updateAddr)
    expect(resourceValidator.accepts(unhex(item.updateAddr), chunk)).toBe(item.valid)
    expect(kindOf(unhex(item.updateAddr), chunk, everyValidator)).toBe(item.valid ? 'resource' : undefined)
    expect(decodeUpdate(chunk)).toMatchObject({ period: item.period, version: item.version, multihash: item.multihash })

    const metadata = unhex(item.metadataChunk)
    expect(hex(metadataHash(metadata))).toBe(item.metaHash)
    expect(resourceValidator.accepts(unhex(item.rootAddr), metadata)).toBe(item.validMetadata)
    const decoded = decodeMetadata(metadata)!
    expect(Buffer.from(decoded.name).toString()).toBe(item.name)
    expect(`${decoded.startTime} ${decoded.frequency}`).toBe(`${item.startTime} ${item.frequency}`)
    expect(encodeMetadata(decoded)).toEqual(metadata)
    if (item.validWithOneBitFlipped === false) {
      for (const at of [0, 3, 7, 20, 60, 76, 77, chunk.length - 1, chunk.length - 40]) {
        const flipped = Uint8Array.from(chunk)
        flipped[at]! ^= 4
        expect(resourceValidator.accepts(unhex(item.updateAddr), flipped)).toBe(false)
      }
    }
  }
})

test.skipIf(mru === undefined)('an update signed by another is refused, and lookups have the recorded addresses', () => {
  for (const item of mru.cases) {
    if (item.kind === 'wrongOwner') expect(resourceValidator.accepts(unhex(item.updateAddr), unhex(item.chunk))).toBe(item.valid)
    if (item.kind === 'lookup') expect(hex(updateAddress(unhex(item.rootAddr), item.period, item.version))).toBe(item.updateAddr)
  }
})

test('the resource of the specification', () => {
  const [metadata, ...rest] = spec.mru
  expect(hex(metadataHash(unhex(metadata.chunkData)))).toBe(metadata.metaHash)
  expect(hex(metadataAddress(unhex(metadata.metaHash), unhex(metadata.owner)))).toBe(metadata.rootAddr)
  expect(resourceValidator.accepts(unhex(metadata.rootAddr), unhex(metadata.chunkData))).toBe(true)
  const updates = rest.filter((item: any) => item.chunkData !== undefined)
  expect(updates.length).toBe(2)
  for (const { chunkData, period, version, digest } of updates) {
    const decoded = decodeUpdate(unhex(chunkData))!
    expect(decoded.period).toBe(period)
    expect(hex(updateDigest(unhex(chunkData)))).toBe(digest)
    const address = updateAddress(unhex(metadata.rootAddr), period, version ?? decoded.version)
    expect(resourceValidator.accepts(address, unhex(chunkData))).toBe(true)
    expect(kindOf(address, unhex(chunkData))).toBeUndefined()
  }
  const constants = spec.mru.find((item: any) => item.what === 'constants')
  expect(MAX_UPDATE_DATA).toBe(constants.maxUpdateDataLength)
  expect(MIN_RESOURCE_CHUNK).toBe(constants.minimumMetadataLength)
})

test('what only begins like metadata is refused, though the original takes it', () => {
  const blob = pattern(200, 3)
  blob[0] = blob[1] = 0
  const address = metadataAddress(metadataHash(blob), blob.slice(-20))
  expect(resourceValidator.accepts(address, blob)).toBe(false)
  const good = encodeMetadata({ startTime: 5n, frequency: 10n, name: pattern(255, 1), owner: OWNER })
  expect(resourceValidator.accepts(metadataAddress(metadataHash(good), OWNER), good)).toBe(true)
  for (const broken of [good.slice(0, -1), Uint8Array.from([...good, 0]), good.slice(0, 40), withByte(good, 2, good[2]! ^ 1), withByte(good, 20, 254)]) {
    expect(decodeMetadata(broken)).toBeUndefined()
  }
})

test('an update is as long as it says, and its multihash is one', () => {
  const metadata = encodeMetadata({ startTime: 5n, frequency: 10n, name: new Uint8Array(0), owner: OWNER })
  const metaHash = metadataHash(metadata)
  const rootAddress = metadataAddress(metaHash, OWNER)
  const make = (data: Uint8Array, multihash = false): Chunk => makeUpdateChunk({ period: 1, version: 2, rootAddress, metaHash, multihash, data }, sign)

  for (const size of [1, MAX_UPDATE_DATA]) {
    const { address, data } = make(pattern(size, 1))
    expect(resourceValidator.accepts(address, data)).toBe(true)
    expect(data.length).toBe(142 + size)
    expect(decodeUpdate(data.slice(0, -1))).toBeUndefined()
    expect(decodeUpdate(Uint8Array.from([...data, 0]))).toBeUndefined()
    expect(resourceValidator.accepts(updateAddress(rootAddress, 1, 3), data)).toBe(false)
  }
  // Signed all the same, with another length of the header, and of the data.
  for (const at of [0, 1, 2, 3]) {
    const { address, data } = make(pattern(100, 1))
    data[at]! ^= 1
    data.set(sign(updateDigest(data)), data.length - 65)
    expect(resourceValidator.accepts(address, data)).toBe(false)
  }
  expect(() => make(new Uint8Array(0))).toThrow(RangeError)
  expect(() => make(new Uint8Array(MAX_UPDATE_DATA + 1))).toThrow(RangeError)

  const digest = Uint8Array.from([0x1b, 32, ...pattern(32, 1)])
  expect(decodeUpdate(make(digest, true).data)).toMatchObject({ multihash: true })
  for (const broken of [digest.slice(0, -1), Uint8Array.from([...digest, 0]), withByte(digest, 0, 0x12), withByte(digest, 1, 31), Uint8Array.of(0x1b), Uint8Array.of(0x9b, 0x80, 0x80, 0x80, 0)]) {
    expect(() => make(broken, true)).toThrow(RangeError)
    const { address, data } = make(broken)
    data[76] = 1
    data.set(sign(updateDigest(data)), data.length - 65)
    expect(resourceValidator.accepts(address, data)).toBe(false)
  }
})

// Published with Bee, pkg/soc/soc_test.go and pkg/cac/cac_test.go.
const BEE_OWNER = '8d3766440f0d7b949a5e32995d09619a7f86e632'
const BEE_ADDRESS = '9d453ebb73b2fedaaf44ceddcf7a0aa37f3e3d6453fea5841c31f0ea6d61dc85'
const BEE_FOO = '2387e8e7d8a48c2a9339c97c1dc3461a9a7aa07e994c5cb8b38fd7c1b3e6ea48'
const BEE_CHUNK = unhex('00'.repeat(32) +
  '5acd384febc133b7b245e5ddc62d82d2cded9182d2716126cd8844509af65a053deb418208027f548e3e88343af6f84a8772fb3cebc0a1833a0ea7ec0c1348311b' +
  '0300000000000000666f6f')

test('the single-owner chunk that Bee publishes', () => {
  expect(hex(makeChunk(new TextEncoder().encode('foo')).address)).toBe(BEE_FOO)
  expect(hex(singleOwnerAddress(new Uint8Array(32), unhex(BEE_OWNER)))).toBe(BEE_ADDRESS)
  expect(singleOwnerValidator.accepts(unhex(BEE_ADDRESS), BEE_CHUNK)).toBe(true)
  expect(kindOf(unhex(BEE_ADDRESS), BEE_CHUNK, everyValidator)).toBe('single-owner')
  expect(hex(decodeSingleOwner(BEE_CHUNK)!.content.address)).toBe(BEE_FOO)
})

test('any flipped bit makes a single-owner chunk invalid', () => {
  for (let at = 0; at < BEE_CHUNK.length; at++) {
    const flipped = withByte(BEE_CHUNK, at, BEE_CHUNK[at]! ^ (1 << (at % 8)))
    expect(kindOf(unhex(BEE_ADDRESS), flipped, everyValidator), `byte ${at}`).toBeUndefined()
  }
  expect(singleOwnerValidator.accepts(unhex(BEE_ADDRESS).fill(0, 0, 1), BEE_CHUNK)).toBe(false)
})

test('the mirrored signature, which anyone can make, is refused', () => {
  const order = secp256k1.Point.Fn.ORDER
  const mirrored = Uint8Array.from(BEE_CHUNK)
  const s = BigInt(`0x${hex(BEE_CHUNK.slice(64, 96))}`)
  mirrored.set(unhex((order - s).toString(16).padStart(64, '0')), 64)
  mirrored[96]! ^= 27 ^ 28
  expect(singleOwnerValidator.accepts(unhex(BEE_ADDRESS), mirrored)).toBe(false)
})

test('single-owner chunks of every size are made and accepted, one byte more is not', () => {
  for (const size of [0, 1, 4096]) {
    const id = pattern(32, size % 200)
    const { address, data } = makeSingleOwnerChunk(id, OWNER, makeChunk(pattern(size, 1)), sign)
    expect(data.length).toBe(105 + size)
    expect(singleOwnerValidator.accepts(address, data)).toBe(true)
    expect(singleOwnerValidator.accepts(address, data.slice(0, 104))).toBe(false)
  }
  const long = new Uint8Array(MAX_SINGLE_OWNER_CHUNK + 1).fill(27)
  expect(decodeSingleOwner(long)).toBeUndefined()
  expect(decodeSingleOwner(long.slice(1))).toBeDefined()
})

test('other means of recovering signers may be given, and may throw', () => {
  const [, ours] = signedValidators(recoverSigner)
  expect(ours.accepts(unhex(BEE_ADDRESS), BEE_CHUNK)).toBe(true)
  const [resource, throwing] = signedValidators(() => { throw new Error('no key fits') })
  expect(throwing.accepts(unhex(BEE_ADDRESS), BEE_CHUNK)).toBe(false)
  expect([resource.kind, throwing.kind]).toEqual(['resource', 'single-owner'])
  expect(recoverSigner(new Uint8Array(31), new Uint8Array(65))).toBeUndefined()
  expect(recoverSigner(new Uint8Array(32), new Uint8Array(64))).toBeUndefined()
  expect(recoverSigner(new Uint8Array(32), new Uint8Array(65).fill(255))).toBeUndefined()
})

test('no validator throws, whatever it is given', () => {
  for (const { accepts } of everyValidator) {
    for (let size = 0; size < 300; size++) {
      expect(accepts(EMPTY_ADDRESS, pattern(size, size % 251))).toBe(false)
      expect(accepts(new Uint8Array(size), new Uint8Array(size))).toBe(false)
    }
    for (const size of [4096, 4104, 4105, 4201, 4202, 100_000]) expect(accepts(EMPTY_ADDRESS, pattern(size, 3))).toBe(false)
  }
})
