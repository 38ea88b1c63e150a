import type { Address } from '@skep/interface'
import { isValidChunk } from './chunk.ts'

/** The kinds of chunk there are, by what ties the address to the data. */
export type Kind =
  /** The address is the hash of the content. */
  | 'content'
  /** Metadata or update of a mutable resource of v1.8.15. */
  | 'resource'
  /** The address is the hash of an id and an owner, who signs the content. */
  | 'single-owner'

/** Decides whether data belongs at an address. Never throws, whatever it is given. */
export interface Validator {
  readonly kind: Kind
  accepts (address: Address, data: Uint8Array): boolean
}

/** Accepts content chunks, the empty one included. */
export const contentValidator: Validator = {
  kind: 'content',
  accepts (address, data) { return isValidChunk(address, data) }
}

/** The validators that need no signatures. */
export const validators: readonly Validator[] = [contentValidator]

/**
 * Tells what kind of chunk `data` is at `address`: that of the first validator that accepts it.
 *
 * @returns `undefined` if none does, so the chunk must not be stored.
 */
export function kindOf (address: Address, data: Uint8Array, among: readonly Validator[] = validators): Kind | undefined {
  return among.find(validator => validator.accepts(address, data))?.kind
}
