import { keccak_256 } from '@noble/hashes/sha3.js'
import { expect, test } from 'vitest'
import { Keccak256, keccak256 } from '@skep/keccak'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const pattern = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * i + 7 * i + seed) % 251)

test('the empty string hashes to the constant of the original Keccak, not of SHA3', () => {
  expect(hex(keccak256())).toBe('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')
  expect(hex(keccak256(new Uint8Array(0)))).toBe(hex(keccak256()))
})

test('every length around two blocks of the sponge agrees with the reference', () => {
  for (let length = 0; length <= 300; length++) {
    expect(hex(keccak256(pattern(length)))).toBe(hex(keccak_256(pattern(length))))
  }
})

test('parts hash as their concatenation', () => {
  const whole = pattern(500)
  for (const cut of [0, 1, 7, 8, 135, 136, 137, 272, 499, 500]) {
    expect(hex(keccak256(whole.subarray(0, cut), whole.subarray(cut)))).toBe(hex(keccak256(whole)))
    expect(hex(keccak256(whole.subarray(0, cut), new Uint8Array(0), whole.subarray(cut)))).toBe(hex(keccak256(whole)))
  }
})

test('a sponge can be read at any point without ending it', () => {
  const sponge = new Keccak256()
  const whole = pattern(700)
  for (let at = 0; at < 700; at += 33) {
    expect(hex(sponge.peek())).toBe(hex(keccak_256(whole.subarray(0, at))))
    expect(hex(sponge.peek())).toBe(hex(keccak_256(whole.subarray(0, at))))
    sponge.update(whole.subarray(at, at + 33))
  }
  expect(hex(sponge.digest())).toBe(hex(keccak_256(whole)))
})

test('a sponge fed with what was peeked from it is no loop of references', () => {
  const sponge = new Keccak256().update(pattern(10))
  const tag = sponge.peek()
  const again = Uint8Array.from([...pattern(10), ...tag])
  expect(hex(sponge.update(tag).digest())).toBe(hex(keccak_256(again)))
})

test('a clone goes on apart', () => {
  const one = new Keccak256().update(pattern(200))
  const two = one.clone()
  one.update(Uint8Array.of(1))
  two.update(Uint8Array.of(2))
  expect(hex(one.digest())).toBe(hex(keccak256(pattern(200), Uint8Array.of(1))))
  expect(hex(two.digest())).toBe(hex(keccak256(pattern(200), Uint8Array.of(2))))
})

test('a sponge that has ended refuses everything', () => {
  const sponge = new Keccak256()
  sponge.digest()
  expect(() => sponge.update(Uint8Array.of(1))).toThrow('ended')
  expect(() => sponge.peek()).toThrow('ended')
  expect(() => sponge.digest()).toThrow('ended')
  expect(() => sponge.clone()).toThrow('ended')
})
