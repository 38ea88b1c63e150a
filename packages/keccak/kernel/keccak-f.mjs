/**
 * Keccak-f[1600] (FIPS 202, section 3), written for any kind of lane: 64-bit
 * integers, or vectors of two of them that hash two messages at a time.
 */
import { again, get, I64, i32, i64, loop, set, tee, V128, v128 } from './assembler.mjs'

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
  type: I64,
  size: 8,
  load: i64.load,
  store: i64.store,
  xor: i64.xor,
  // x & ~y, with x and y given as code.
  andnot: (x, y) => [x, y, i64.const(-1), i64.xor, i64.and],
  rotl: (code, n) => [code, i64.const(n), i64.rotl],
  spread: offset => i64.load(offset),
  constant: value => i64.const(value)
}

/** Lanes of two messages; `spare` is a local to turn a lane through. */
export const double = spare => ({
  type: V128,
  size: 16,
  load: v128.load,
  store: v128.store,
  xor: v128.xor,
  andnot: (x, y) => [x, y, v128.andnot],
  rotl: (code, n) => [code, tee(spare), i32.const(n), v128.shl, get(spare), i32.const(64 - n), v128.shrU, v128.or],
  spread: offset => v128.load64Splat(offset),
  constant: value => [i64.const(value), v128.splat]
})

/** Lanes that the permutation needs as locals, besides its three pointers. */
export const SCRATCH = 16

/**
 * Permutes the state at `state`, with as much room behind it.
 *
 * The state lives in memory and not in locals. It has 25 lanes and a processor 16
 * registers, and an engine that has to spill does it worse: 1.25 times as slow in V8
 * (README, "The kernel"). What stays in locals are the parities of the columns, which each
 * round sums up for the next while it has the lanes at hand. A round reads from one
 * half of the room and writes to the other; after 24 of them all is back in the first.
 *
 * @param scratch - the first of `SCRATCH` locals; the first five are the parities, to be set before.
 * @param pointers - three i32 locals: the round constants, from where, to where.
 * @param few - where only the first lanes are looked at, at most five, how many: the last round makes no more.
 */
export function permutation (lane, scratch, [constant, from, to], state, constants, few) {
  const turn = rotations()
  const [c, d, b, out] = [scratch, scratch + 5, scratch + 10, scratch + 15]
  const theta = [0, 1, 2, 3, 4].map(x => [get(c + (x + 4) % 5), lane.rotl(get(c + (x + 1) % 5), 1), lane.xor, set(d + x)])
  const row = y => [0, 1, 2, 3, 4].map(column => {
    // Pi brings here the lane (x, y) for which y = column and 2x + 3y = row, modulo 5.
    const x = (column + 3 * y) % 5
    const place = x + 5 * column
    const mixed = [get(from), lane.load(lane.size * place), get(d + x), lane.xor]
    return [turn[place] === 0 ? mixed : lane.rotl(mixed, turn[place]), set(b + column)]
  })
  const chi = (y, column) => [
    get(b + column), lane.andnot(get(b + (column + 2) % 5), get(b + (column + 1) % 5)), lane.xor,
    y === 0 && column === 0 ? [get(constant), lane.spread(0), lane.xor] : []
  ]
  const rounds = few === undefined ? ROUNDS : ROUNDS - 1
  return [
    i32.const(constants), set(constant),
    i32.const(state), set(from),
    i32.const(state + 25 * lane.size), set(to),
    loop([
      theta,
      [0, 1, 2, 3, 4].map(y => [row(y), [0, 1, 2, 3, 4].map(column => [
        chi(y, column), tee(out), y === 0 ? [] : [get(c + column), lane.xor], set(c + column),
        get(to), get(out), lane.store(lane.size * (column + 5 * y))
      ])]),
      get(from), get(to), set(from), set(to),
      get(constant), i32.const(8), i32.add, tee(constant),
      i32.const(constants + 8 * rounds), i32.ne, again()
    ]),
    few === undefined ? [] : [theta, row(0), Array.from({ length: few }, (_, column) => [get(to), chi(0, column), lane.store(lane.size * column)])]
  ]
}
