/**
 * Every way of running the permutation by itself, to compare them. Programs take
 * what `@skep/keccak` has chosen.
 *
 * @packageDocumentation
 */
export { HASH, RATE, STATE } from './engine.ts'
export type { Engine } from './engine.ts'
export { nobleEngine } from './noble.ts'
export { wasmEngine } from './wasm.ts'
