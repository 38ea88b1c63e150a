/** The two ways to hash the nodes of a tree: one at a time, or two side by side in vectors. */
import { double, single } from '../../keccak/kernel/keccak-f.mjs'
import { get, i64, set, v128 } from '../../keccak/kernel/assembler.mjs'

const NODE = 32
const PAIR = 64
const low = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]
const high = low.map(lane => lane + 8)

/**
 * Every way says how many nodes a step hashes, what its lanes are, how many locals it
 * takes for itself, how it loads the eight lanes of its blocks, how it spreads a 64-bit
 * value over a lane, and how it stores the four lanes of its hashes. `put(i, code)` and
 * `take(i)` are the code that writes and reads a lane.
 */
export const pairwise = {
  nodes: 2,
  spares: 3,
  lane: spare => double(spare),
  // 64 bytes are four vectors of each block: their halves are regrouped by lane.
  load: (source, spare, put) => [0, 1, 2, 3].map(i => [
    get(source), v128.load(16 * i), set(spare + 1),
    get(source), v128.load(PAIR + 16 * i), set(spare + 2),
    put(2 * i, [get(spare + 1), get(spare + 2), v128.shuffle(low)]),
    put(2 * i + 1, [get(spare + 1), get(spare + 2), v128.shuffle(high)])
  ]),
  spread: v128.splat,
  store: (target, take) => [0, 1].map(i => [
    get(target), take(2 * i), take(2 * i + 1), v128.shuffle(low), v128.store(16 * i),
    get(target), take(2 * i), take(2 * i + 1), v128.shuffle(high), v128.store(NODE + 16 * i)
  ])
}

export const singly = {
  nodes: 1,
  spares: 0,
  lane: () => single,
  load: (source, spare, put) => Array.from({ length: 8 }, (_, i) => put(i, [get(source), i64.load(8 * i)])),
  spread: [],
  store: (target, take) => [0, 1, 2, 3].map(i => [get(target), take(i), i64.store(8 * i)])
}
