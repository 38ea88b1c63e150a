/** The two ways to hash the nodes of a tree: one at a time, or two side by side in vectors. */
import { double, single } from '../../keccak/kernel/keccak-f.mjs'
import { get, I64, i64, set, V128, v128 } from '../../keccak/kernel/assembler.mjs'

const NODE = 32
const PAIR = 64
const low = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]
const high = low.map(lane => lane + 8)

/**
 * Every way says how many nodes a step hashes, what type and how many locals it takes,
 * how it loads blocks into the lanes from `a` on, and how it stores the hashes. `spare`
 * is the first of the locals behind those of the permutation.
 */
export const pairwise = {
  nodes: 2,
  type: V128,
  spares: 3,
  lane: spare => double(spare),
  // 64 bytes are four vectors of each block: their halves are regrouped by lane.
  load: (source, a, spare) => [0, 1, 2, 3].map(i => [
    get(source), v128.load(16 * i), set(spare + 1),
    get(source), v128.load(PAIR + 16 * i), set(spare + 2),
    get(spare + 1), get(spare + 2), v128.shuffle(low), set(a + 2 * i),
    get(spare + 1), get(spare + 2), v128.shuffle(high), set(a + 2 * i + 1)
  ]),
  constant: value => [i64.const(value), v128.splat],
  spread: v128.splat,
  store: (target, a) => [0, 1].map(i => [
    get(target), get(a + 2 * i), get(a + 2 * i + 1), v128.shuffle(low), v128.store(16 * i),
    get(target), get(a + 2 * i), get(a + 2 * i + 1), v128.shuffle(high), v128.store(NODE + 16 * i)
  ])
}

export const singly = {
  nodes: 1,
  type: I64,
  spares: 0,
  lane: () => single,
  load: (source, a) => Array.from({ length: 8 }, (_, i) => [get(source), i64.load(8 * i), set(a + i)]),
  constant: value => i64.const(value),
  spread: [],
  store: (target, a) => Array.from({ length: 4 }, (_, i) => [get(target), get(a + i), i64.store(8 * i)])
}
