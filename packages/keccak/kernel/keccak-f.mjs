/**
 * Keccak-f[1600] (FIPS 202, section 3), written for any kind of lane: 64-bit
 * integers, or vectors of two of them that hash two messages at a time.
 */
import { again, get, i32, i64, loop, set, tee, v128 } from './assembler.mjs'

const ROUNDS = 24
const MASK = (1n << 64n) - 1n

/** The round constants, from the LFSR of FIPS 202, algorithm 5. */
export function roundConstants () {
  const out = []
  let state = 1
  for (let round = 0; round < ROUNDS; round++) {
    let constant = 0n
    for (let j = 0; j < 7; j++) {
      if (state & 1) constant |= 1n << BigInt((1 << j) - 1)
      state = (state << 1) ^ ((state >> 7) * 0x171)
    }
    out.push(constant & MASK)
  }
  return out
}

/** How far each lane turns (FIPS 202, table 2), by x + 5y. */
export function rotations () {
  const out = Array(25).fill(0)
  for (let t = 0, x = 1, y = 0; t < ROUNDS; t++) {
    out[x + 5 * y] = ((t + 1) * (t + 2) / 2) % 64
    ;[x, y] = [y, (2 * x + 3 * y) % 5]
  }
  return out
}

/** The round constants as they lie in memory. */
export const constantBytes = roundConstants().flatMap(constant =>
  Array.from({ length: 8 }, (_, i) => Number((constant >> BigInt(8 * i)) & 0xffn)))

/** Lanes of one message. */
export const single = {
  xor: i64.xor,
  // x & ~y, with x and y given as code.
  andnot: (x, y) => [x, y, i64.const(-1), i64.xor, i64.and],
  rotl: (code, n) => [code, i64.const(n), i64.rotl],
  constant: offset => i64.load(offset)
}

/** Lanes of two messages; `spare` is a local to turn a lane through. */
export const double = spare => ({
  xor: v128.xor,
  andnot: (x, y) => [x, y, v128.andnot],
  rotl: (code, n) => [code, tee(spare), i32.const(n), v128.shl, get(spare), i32.const(64 - n), v128.shrU, v128.or],
  constant: offset => v128.load64Splat(offset)
})

/** One round, from the locals `a` to the locals `e`, with `b` (5), `c` (5) and `d` (5) in between. */
function round (lane, { a, e, b, c, d }, pointer, offset) {
  const turn = rotations()
  const code = []
  for (let x = 0; x < 5; x++) {
    code.push(get(a + x), get(a + x + 5), lane.xor, get(a + x + 10), lane.xor, get(a + x + 15), lane.xor, get(a + x + 20), lane.xor, set(c + x))
  }
  for (let x = 0; x < 5; x++) code.push(get(c + (x + 4) % 5), lane.rotl(get(c + (x + 1) % 5), 1), lane.xor, set(d + x))
  for (let row = 0; row < 5; row++) {
    for (let column = 0; column < 5; column++) {
      // Pi brings here the lane (x, y) for which y = column and 2x + 3y = row, modulo 5.
      const x = (column + 3 * row) % 5
      const from = x + 5 * column
      const mixed = [get(a + from), get(d + x), lane.xor]
      code.push(turn[from] === 0 ? mixed : lane.rotl(mixed, turn[from]), set(b + column))
    }
    for (let column = 0; column < 5; column++) {
      code.push(get(b + column), lane.andnot(get(b + (column + 2) % 5), get(b + (column + 1) % 5)), lane.xor)
      if (row === 0 && column === 0) code.push(get(pointer), lane.constant(offset), lane.xor)
      code.push(set(e + column + 5 * row))
    }
  }
  return code
}

/**
 * The permutation of the locals `a` (25), through `e` (25) and 15 more from `b`.
 *
 * Two rounds are a turn of the loop, there and back, so nothing has to be moved.
 * More of them, or some rounds outside of the loop, is slower in V8 (docs of the kernel).
 *
 * @param pointer - an i32 local that walks the round constants.
 */
export function permutation (lane, { a, e, b }, pointer, constants) {
  const scratch = { b, c: b + 5, d: b + 10 }
  return [
    i32.const(constants), set(pointer),
    loop([
      round(lane, { a, e, ...scratch }, pointer, 0),
      round(lane, { a: e, e: a, ...scratch }, pointer, 8),
      get(pointer), i32.const(16), i32.add, tee(pointer),
      i32.const(constants + 8 * ROUNDS), i32.ne, again()
    ])
  ]
}
