/**
 * Content-addressed chunks: BMT hash, file tree split and join, proofs, validators.
 *
 * @packageDocumentation
 */
export { chunkAddress, EMPTY_ADDRESS, isValidChunk, makeChunk } from './chunk.ts'
export type { Chunk } from './chunk.ts'
export { BRANCHES, CHUNK_SIZE, MAX_CHUNK_DATA, SEGMENT_SIZE, SPAN_SIZE } from './constants.ts'
export { ENCRYPTED_REFERENCE_SIZE } from './encryption.ts'
export type { EncryptedChunk } from './encryption.ts'
export { ChunkError } from './errors.ts'
export type { ChunkErrorCode } from './errors.ts'
export { hasher } from './fastest.ts'
export type { Hasher } from './hasher.ts'
export { fileSize, join } from './join.ts'
export type { GetChunk, JoinOptions } from './join.ts'
export { proveRange, verifyRange } from './range-proof.ts'
export type { NodeProof, ProvedRange, RangeProof } from './range-proof.ts'
export { referenceHasher } from './reference.ts'
export { proveSegment, verifySegment } from './segment-proof.ts'
export type { SegmentProof } from './segment-proof.ts'
export type { SegmentRun } from './segments.ts'
export { encodeSpan, readSpan } from './span.ts'
export { split } from './split.ts'
export type { SplitOptions } from './split.ts'
export { splitEncrypted } from './split-encrypted.ts'
export type { CarryRule } from './tree.ts'
export { contentValidator, kindOf, validators } from './validator.ts'
export type { Kind, Validator } from './validator.ts'
