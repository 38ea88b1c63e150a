import { engine } from './fastest.ts'

/**
 * Hashes byte strings, one after another as if they were one.
 *
 * The result is a fresh array of 32 bytes; the parts are only read.
 *
 * @example
 * ```ts
 * import { keccak256 } from '@skep/keccak'
 *
 * keccak256() // c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470
 * ```
 */
export function keccak256 (...parts: Uint8Array[]): Uint8Array {
  return engine.hash(parts)
}
