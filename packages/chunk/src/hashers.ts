/**
 * Every way of hashing a chunk by itself, to compare them. Programs take what
 * `@skep/chunk` has chosen.
 *
 * @packageDocumentation
 */
export type { Hasher } from './hasher.ts'
export { kernelBytes, kernelHasher } from './kernel.ts'
export type { KernelName } from './kernel.ts'
export { referenceHasher, treeHasher } from './reference.ts'
