/**
 * The kinds of chunk whose address does not follow from their content: mutable
 * resources of v1.8.15, and the single-owner chunks of today's Swarm.
 *
 * They are apart from `@skep/chunk` because signatures are large. `everyValidator`
 * recovers signers with `@noble/curves`; `signedValidators` takes other means.
 *
 * @packageDocumentation
 */
export { everyValidator, resourceValidator, singleOwnerValidator } from './noble.ts'
export { recoverSigner } from './recover.ts'
export {
  decodeMetadata, encodeMetadata, metadataAddress, metadataHash, MIN_RESOURCE_CHUNK
} from './metadata.ts'
export type { ResourceMetadata } from './metadata.ts'
export type { Recover, Sign } from './signature.ts'
export { signedValidators } from './signed.ts'
export {
  decodeSingleOwner, makeSingleOwnerChunk, MAX_SINGLE_OWNER_CHUNK, singleOwnerAddress, singleOwnerDigest
} from './single-owner.ts'
export type { SingleOwner } from './single-owner.ts'
export { decodeUpdate, makeUpdateChunk, MAX_UPDATE_DATA, updateAddress, updateDigest } from './update.ts'
export type { ResourceUpdate } from './update.ts'
