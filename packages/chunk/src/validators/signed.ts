import type { Validator } from '../validator.ts'
import { resourceAccepts } from './resource.ts'
import type { Recover } from './signature.ts'
import { singleOwnerAccepts } from './single-owner.ts'

/** Makes the validators of resource and single-owner chunks with given means to recover signers. */
export function signedValidators (recover: Recover): readonly [resource: Validator, singleOwner: Validator] {
  return [
    { kind: 'resource', accepts: (address, data) => resourceAccepts(address, data, recover) },
    { kind: 'single-owner', accepts: (address, data) => singleOwnerAccepts(address, data, recover) }
  ]
}
