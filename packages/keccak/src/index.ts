/**
 * Keccak-256: one-shot, and as a running sponge with peek.
 *
 * This is the original Keccak that Swarm and Ethereum use, not NIST's SHA3-256: the
 * two differ in the padding.
 *
 * @packageDocumentation
 */
export { implementation } from './fastest.ts'
export { keccak256 } from './hash.ts'
export { Keccak256 } from './sponge.ts'
