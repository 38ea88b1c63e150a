/** Blocks of the sponge absorbed into a state in memory: the kernel of `@skep/keccak`. */
import { again, assemble, get, I32, I64, i32, i64, loop, set, tee } from './assembler.mjs'
import { constantBytes, permutation, SCRATCH, single } from './keccak-f.mjs'

/** Where things lie in the memory; `src/wasm.ts` knows them too. The state has as much room behind it. */
const CONSTANTS = 0
const STATE = 256

/** Lanes and bytes of a block: 1600 bits less twice the 256 of the hash. */
const RATE_LANES = 17
const RATE = 8 * RATE_LANES

const [BLOCK, BLOCKS, FROM, TO, POINTER, LANE] = [0, 1, 2, 3, 4, 5]
const lanes = Array.from({ length: RATE_LANES }, (_, i) => i)

/** `absorb(from, blocks)` takes at least one block. */
const absorb = {
  name: 'a',
  params: [I32, I32],
  locals: [[I32, 3], [I64, SCRATCH]],
  body: loop([
    lanes.map(i => [i32.const(STATE), i32.const(STATE), i64.load(8 * i), get(BLOCK), i64.load(8 * i), i64.xor, i64.store(8 * i)]),
    [0, 1, 2, 3, 4].map(x => [
      [0, 5, 10, 15, 20].map(y => [i32.const(STATE), i64.load(8 * (x + y)), y === 0 ? [] : i64.xor]),
      set(LANE + x)
    ]),
    permutation(single, LANE, [POINTER, FROM, TO], STATE, CONSTANTS),
    get(BLOCK), i32.const(RATE), i32.add, set(BLOCK),
    get(BLOCKS), i32.const(1), i32.sub, tee(BLOCKS), again()
  ])
}

/** The module: its exports are the memory `m` and `a` for absorb. */
export const spongeKernel = () => assemble({ functions: [absorb], data: [[CONSTANTS, constantBytes]] })
