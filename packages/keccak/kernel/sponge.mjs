/** Blocks of the sponge absorbed into a state in memory: the kernel of `@skep/keccak`. */
import { again, assemble, get, I32, I64, i32, i64, loop, set, tee } from './assembler.mjs'
import { constantBytes, permutation, single } from './keccak-f.mjs'

/** Where things lie in the memory; `src/kernel.ts` knows them too. */
const CONSTANTS = 0
const STATE = 256

/** Lanes and bytes of a block: 1600 bits less twice the 256 of the hash. */
const RATE_LANES = 17
const RATE = 8 * RATE_LANES

const [FROM, BLOCKS, POINTER, A] = [0, 1, 2, 3]
const E = A + 25
const B = E + 25
const lanes = Array.from({ length: 25 }, (_, i) => i)

/** `absorb(from, blocks)` takes at least one block. */
const absorb = {
  name: 'a',
  params: [I32, I32],
  locals: [[I32, 1], [I64, B + 15 - A]],
  body: [
    lanes.map(i => [i32.const(STATE), i64.load(8 * i), set(A + i)]),
    loop([
      lanes.slice(0, RATE_LANES).map(i => [get(A + i), get(FROM), i64.load(8 * i), i64.xor, set(A + i)]),
      permutation(single, { a: A, e: E, b: B }, POINTER, CONSTANTS),
      get(FROM), i32.const(RATE), i32.add, set(FROM),
      get(BLOCKS), i32.const(1), i32.sub, tee(BLOCKS), again()
    ]),
    lanes.map(i => [i32.const(STATE), get(A + i), i64.store(8 * i)])
  ]
}

/** The module: its exports are the memory `m` and `a` for absorb. */
export const spongeKernel = () => assemble({ functions: [absorb], data: [[CONSTANTS, constantBytes]] })
