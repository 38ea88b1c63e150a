import { afterEach, expect, test, vi } from 'vitest'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { implementation } from '@skep/keccak'
import { nobleEngine, wasmEngine } from '@skep/keccak/engines'
// @ts-expect-error -- the build scripts are plain JavaScript
import { text } from '../kernel/build.mjs'
import { readFileSync } from 'node:fs'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
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

test('Node has the kernel', () => {
  expect(implementation).toBe('wasm')
})

test('the kernel embedded is the one that its source makes, byte for byte', () => {
  expect(readFileSync(new URL('../src/kernel.generated.ts', import.meta.url), 'utf8')).toBe(text)
})

test('the kernel agrees with the reference on every length up to thirty blocks', () => {
  const kernel = wasmEngine()!
  for (let length = 0; length <= 4096; length++) {
    const bytes = noise(length, length)
    expect(hex(kernel.hash([bytes]))).toBe(hex(keccak_256(bytes)))
  }
})

test('the kernel agrees with the reference around the room it has in its memory, in one part and in many', () => {
  const kernel = wasmEngine()!
  const room = Math.floor((65_536 - 1024) / 136) * 136
  for (const length of [room - 136, room - 1, room, room + 1, room + 136, 2 * room - 1, 2 * room, 2 * room + 1]) {
    const bytes = noise(length, 7)
    expect(hex(kernel.hash([bytes]))).toBe(hex(keccak_256(bytes)))
    expect(hex(kernel.hash([bytes.subarray(0, 5), bytes.subarray(5, room - 3), bytes.subarray(room - 3)]))).toBe(hex(keccak_256(bytes)))
  }
})

test('both engines absorb blocks into the same state', () => {
  const kernel = wasmEngine()!
  for (const blocks of [1, 2, 3, 474, 475, 1000]) {
    const one = noise(200, 3)
    const two = Uint8Array.from(one)
    kernel.absorb(one, noise(136 * blocks, blocks))
    nobleEngine.absorb(two, noise(136 * blocks, blocks))
    expect(hex(one)).toBe(hex(two))
  }
})

test('both engines read a state with the same bytes behind it, and leave it as it is', () => {
  const kernel = wasmEngine()!
  const [state, block] = [noise(200, 3), noise(136, 4)]
  for (const held of [0, 1, 135]) expect(hex(kernel.squeeze(state, block, held))).toBe(hex(nobleEngine.squeeze(state, block, held)))
  expect([hex(state), hex(block)]).toEqual([hex(noise(200, 3)), hex(noise(136, 4))])
})

test('without WebAssembly, or where a policy forbids it, the hashes are the same', async () => {
  const forbidding = { ...WebAssembly, Module: function () { throw new WebAssembly.CompileError('blocked by a policy') } }
  for (const engine of [undefined, forbidding]) {
    vi.stubGlobal('WebAssembly', engine)
    vi.resetModules()
    const other = await import('@skep/keccak')
    expect(other.implementation).toBe('noble')
    for (const length of [0, 1, 135, 136, 137, 1000]) {
      const bytes = noise(length, 5)
      expect(hex(other.keccak256(bytes))).toBe(hex(keccak_256(bytes)))
      expect(hex(other.keccak256(bytes, bytes))).toBe(hex(keccak_256(Buffer.concat([bytes, bytes]))))
      const sponge = new other.Keccak256().update(bytes)
      expect(hex(sponge.peek())).toBe(hex(keccak_256(bytes)))
      expect(hex(sponge.update(bytes).digest())).toBe(hex(keccak_256(Buffer.concat([bytes, bytes]))))
    }
  }
})

test('what is not bytes is refused', async () => {
  const { Keccak256, keccak256 } = await import('@skep/keccak')
  expect(() => keccak256('text' as unknown as Uint8Array)).toThrow(TypeError)
  expect(() => new Keccak256().update([1, 2] as unknown as Uint8Array)).toThrow(TypeError)
})
