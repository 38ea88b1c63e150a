/** The address of a content chunk in one call: the kernel of `@skep/chunk`. */
import { constantBytes, permutation, SCRATCH } from '../../keccak/kernel/keccak-f.mjs'
import { again, assemble, block, call, get, I32, I64, i32, i64, loop, set, tee, when } from '../../keccak/kernel/assembler.mjs'

/** Where things lie in the memory; `src/kernel.ts` knows them too. The state has as much room behind it. */
const CONSTANTS = 0
const ZEROS = 256
const OUT = 512
const LAST = 576
const STATE = 1024
const SPAN = 2040
const PAYLOAD = 2048

const HEIGHT = 7
const NODE = 32
const PAIR = 64
const [SOURCE, TARGET, STEPS, PAD, POINTER, FROM, TO, PARITY] = [0, 1, 2, 3, 4, 5, 6, 7]
const SPARE = PARITY + SCRATCH

/**
 * `row(source, target, steps, pad)` hashes neighbouring 64-byte blocks to neighbouring
 * nodes. `pad` is the lane after the block, where the padding of Keccak begins.
 */
const row = way => {
  const lane = way.lane(SPARE)
  const take = i => [i32.const(STATE), lane.load(lane.size * i)]
  const put = (i, code) => [i32.const(STATE), code, lane.store(lane.size * i)]
  // The sum of the lanes of each column that are not zero, by x + 5y.
  const columns = [[0, 5], [1, 6, 16], [2, 7], [3, 8], [4]]
  return {
    name: 'r',
    params: [I32, I32, I32, I64],
    locals: [[I32, 3], [lane.type, SCRATCH + way.spares]],
    body: loop([
      way.load(SOURCE, SPARE, put),
      put(8, [get(PAD), way.spread]),
      [9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23, 24].map(i => put(i, lane.constant(0))),
      // The last bit of the block of the sponge, 136 bytes.
      put(16, lane.constant(-(1n << 63n))),
      columns.map((places, x) => [places.map((i, at) => [take(i), at === 0 ? [] : lane.xor]), set(PARITY + x)]),
      // A hash is the first four lanes.
      permutation(lane, PARITY, [POINTER, FROM, TO], STATE, CONSTANTS, 4),
      way.store(TARGET, take),
      get(SOURCE), i32.const(way.nodes * PAIR), i32.add, set(SOURCE),
      get(TARGET), i32.const(way.nodes * NODE), i32.add, set(TARGET),
      get(STEPS), i32.const(1), i32.sub, tee(STEPS), again()
    ])
  }
}

const [LENGTH, COUNT, SIBLING] = [0, 1, 2]
const half = [get(COUNT), i32.const(1), i32.add, i32.const(1), i32.shrU]
const copy = (from, offset, to, at) => [0, 8, 16, 24].map(i => [to, from, i64.load(offset + i), i64.store(at + i)])

/** `address(length)` hashes the chunk at `SPAN` with a payload of so many bytes. */
const address = way => ({
  name: 'a',
  params: [I32],
  locals: [[I32, 2]],
  body: [
    // Zeros up to the end of the block in which the payload ends.
    [0, 8, 16, 24, 32, 40, 48, 56].map(i => [get(LENGTH), i64.const(0), i64.store(PAYLOAD + i)]),
    get(LENGTH), i32.const(PAIR - 1), i32.add, i32.const(6), i32.shrU, set(COUNT),
    get(COUNT), i32.eqz,
    when(
      copy(i32.const(0), ZEROS + NODE * HEIGHT, i32.const(0), LAST + 8),
      [
        i32.const(ZEROS + NODE), set(SIBLING),
        block(loop([
          i32.const(PAYLOAD), i32.const(PAYLOAD), way.nodes === 2 ? half : get(COUNT), i64.const(1), call(0),
          get(SIBLING), i32.const(ZEROS + NODE * HEIGHT), i32.ne, i32.eqz, again(1),
          // A row of an odd length gets the root of a subtree of zeros as its last sibling.
          get(COUNT), i32.const(1), i32.and,
          when(copy(get(SIBLING), 0, [get(COUNT), i32.const(5), i32.shl], PAYLOAD)),
          half, set(COUNT),
          get(SIBLING), i32.const(NODE), i32.add, set(SIBLING),
          i32.const(1), again()
        ])),
        copy(i32.const(0), PAYLOAD, i32.const(0), LAST + 8)
      ]
    ),
    // Span and root are 40 bytes, so the padding begins in the sixth lane.
    i32.const(LAST), i32.const(SPAN), i64.load(), i64.store(),
    [1, 0, 0].map((lane, i) => [i32.const(LAST), i64.const(lane), i64.store(40 + 8 * i)]),
    i32.const(LAST), i32.const(OUT), i32.const(1), i64.const(0), call(0)
  ]
})

/** The module: its exports are the memory `m`, `r` for row, `a` for address. */
export const bmtKernel = way => assemble({ functions: [row(way), address(way)], data: [[CONSTANTS, constantBytes]] })
