/**
 * The address of a full chunk, one core, beside what others offer. The figures of one
 * run may be compared with each other; those of two machines may not.
 */
import { Chunk as CafeChunk, Uint8ArrayReader } from 'cafe-utility'
import { createKeccak } from 'hash-wasm'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { Bee } from '@ethersphere/bee-js'
import { bench, describe } from 'vitest'
import { isValidChunk, makeChunk } from '@skep/chunk'
import { kernelHasher, referenceHasher, treeHasher } from '@skep/chunk/hashers'

const payload = Uint8Array.from({ length: 4096 }, (_, i) => (i * i + 7 * i) % 251)
const { address, data } = makeChunk(payload)
const simd = kernelHasher('simd')!
const scalar = kernelHasher('scalar')!
const noble = treeHasher('noble', keccak_256)
const keccak = await createKeccak(256)
const hashWasm = treeHasher('hash-wasm', bytes => keccak.init().update(bytes).digest('binary'))
const cafe = new CafeChunk(4096n)
cafe.writer.write(new Uint8ArrayReader(payload))
const bee = new Bee('http://127.0.0.1:1633')

for (const one of [simd, scalar, referenceHasher, noble, hashWasm]) {
  if (!isValidChunk(one.address(data), data)) throw new Error(`${one.name} is wrong`)
}

if (!isValidChunk(cafe.hash(), data) || !isValidChunk(bee.makeContentAddressedChunk(payload).address.toUint8Array(), data)) throw new Error('a peer is wrong')

describe('the address of a chunk of 4096 bytes', () => {
  const options = { time: 1500, warmupTime: 500 }
  bench('skep, kernel in vectors', () => { simd.address(data) }, options)
  bench('skep, scalar kernel', () => { scalar.address(data) }, options)
  bench('skep, reference on its Keccak', () => { referenceHasher.address(data) }, options)
  bench('hash-wasm, a call a node', () => { hashWasm.address(data) }, options)
  bench('cafe-utility', () => { cafe.hash() }, options)
  bench('bee-js', () => { void bee.makeContentAddressedChunk(payload).address }, options)
  bench('@noble/hashes', () => { noble.address(data) }, options)
})

describe('validation of a chunk of 4096 bytes', () => {
  bench('skep', () => { isValidChunk(address, data) }, { time: 1000 })
})
