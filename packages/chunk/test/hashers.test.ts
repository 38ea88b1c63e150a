import { readFileSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { hasher } from '@skep/chunk'
import { kernelHasher, referenceHasher, treeHasher } from '@skep/chunk/hashers'
// @ts-expect-error -- the build scripts are plain JavaScript
import { text } from '../kernel/build.mjs'
import { hex } from './pattern.ts'

const noble = treeHasher('noble', keccak_256)
const noise = (length: number, seed: number): Uint8Array => {
  const out = new Uint8Array(length)
  let state = seed | 1
  for (let i = 0; i < length; i++) out[i] = (state = Math.imul(state, 1_664_525) + 1_013_904_223) >>> 24
  return out
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

test('Node has the kernel in vectors', () => {
  expect(hasher.name).toBe('simd')
})

test('the kernels embedded are those that their source makes, byte for byte', () => {
  expect(readFileSync(new URL('../src/kernel.generated.ts', import.meta.url), 'utf8')).toBe(text)
})

test('both kernels agree with the reference on every length of a chunk', { timeout: 120_000 }, () => {
  const simd = kernelHasher('simd')!
  const scalar = kernelHasher('scalar')!
  for (let length = 0; length <= 4096; length++) {
    const data = noise(8 + length, length)
    const expected = hex(referenceHasher.address(data))
    // The longer chunk before it must leave nothing behind.
    simd.address(noise(4104, 1))
    expect(hex(simd.address(data)), `simd, ${length}`).toBe(expected)
    scalar.address(noise(4104, 1))
    expect(hex(scalar.address(data)), `scalar, ${length}`).toBe(expected)
  }
})

test('the reference agrees with a tree of @noble/hashes', () => {
  for (const length of [0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 2047, 2048, 2049, 4032, 4033, 4095, 4096]) {
    const data = noise(8 + length, length)
    expect(hex(referenceHasher.address(data))).toBe(hex(noble.address(data)))
  }
})

test('a hasher gives a fresh address each time and leaves the data alone', () => {
  for (const one of [kernelHasher('simd')!, kernelHasher('scalar')!, referenceHasher]) {
    const data = noise(4104, 9)
    const first = one.address(data)
    const kept = hex(first)
    one.address(noise(4104, 10))
    expect(hex(first)).toBe(kept)
    expect(hex(data)).toBe(hex(noise(4104, 9)))
    expect(first.buffer.byteLength).toBe(32)
    for (const length of [0, 7, 4105]) expect(() => one.address(new Uint8Array(length))).toThrow(RangeError)
  }
})

test('an engine without vectors takes the scalar kernel, one without WebAssembly the reference', async () => {
  const bytes = noise(3000, 4)
  const original = WebAssembly
  // Vectors are what only modules with the type v128, 0x7b, in a list of locals need; the kernels tell by size.
  let refused = 0
  vi.stubGlobal('WebAssembly', { ...original, Memory: original.Memory, Instance: original.Instance, Module: original.Module, validate: (module: Uint8Array) => module.length < 2500 || (refused++, false) })
  vi.resetModules()
  const scalar = await import('@skep/chunk')
  expect(refused).toBeGreaterThan(0)
  expect(scalar.hasher.name).toBe('scalar')
  expect(scalar.makeChunk(bytes).address).toEqual(noble.address(scalar.makeChunk(bytes).data))

  const forbidding = { ...original, validate: original.validate, Module: function () { throw new original.CompileError('blocked by a policy') } }
  for (const engine of [undefined, forbidding]) {
    vi.stubGlobal('WebAssembly', engine)
    vi.resetModules()
    const plain = await import('@skep/chunk')
    expect(plain.hasher.name).toBe('reference')
    expect(plain.makeChunk(bytes).address).toEqual(noble.address(plain.makeChunk(bytes).data))
  }
})
