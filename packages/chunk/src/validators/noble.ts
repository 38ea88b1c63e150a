import { contentValidator } from '../validator.ts'
import type { Validator } from '../validator.ts'
import { recoverSigner } from './recover.ts'
import { signedValidators } from './signed.ts'

const [resource, singleOwner] = /* @__PURE__ */ signedValidators(recoverSigner)

/** Accepts metadata and updates of mutable resources of v1.8.15. */
export const resourceValidator: Validator = resource

/** Accepts single-owner chunks. */
export const singleOwnerValidator: Validator = singleOwner

/** All validators there are, the cheapest first. */
export const everyValidator: readonly Validator[] = [contentValidator, resource, singleOwner]
