import type { Address } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import { sameBytes } from '../bytes.ts'
import type { Chunk } from '../chunk.ts'
import { chunkAddress } from '../chunk.ts'
import { MAX_CHUNK_DATA, SEGMENT_SIZE, SPAN_SIZE } from '../constants.ts'
import { ownerOf, SIGNATURE } from './signature.ts'
import type { Recover, Sign } from './signature.ts'

/** Id and signature, in front of a content chunk. */
const HEADER = SEGMENT_SIZE + SIGNATURE

/** Bytes of the longest single-owner chunk: Bee's swarm.SocMaxChunkSize. */
export const MAX_SINGLE_OWNER_CHUNK = HEADER + MAX_CHUNK_DATA

/** What Ethereum wallets put in front of a hash before they sign it (EIP-191, version 0x45). */
const PREFIX = /* @__PURE__ */ new TextEncoder().encode('\u0019Ethereum Signed Message:\n32')

/** Bee writes recovery ids as Ethereum did at first, from 27. */
const RECOVERY = 27

/** A single-owner chunk taken apart. */
export interface SingleOwner {
  readonly id: Uint8Array

  /** r, s, and the recovery id 0 or 1. */
  readonly signature: Uint8Array

  /** The content chunk inside. */
  readonly content: Chunk
}

/** The address of what an owner signs with an id. */
export function singleOwnerAddress (id: Uint8Array, owner: Uint8Array): Address {
  return keccak256(id, owner)
}

/** What the owner signs. */
export function singleOwnerDigest (id: Uint8Array, contentAddress: Address): Uint8Array {
  return keccak256(PREFIX, keccak256(id, contentAddress))
}

/**
 * Makes a single-owner chunk around a content chunk.
 *
 * @param owner - the Ethereum address of the one who signs.
 * @throws RangeError - if the id or the owner has a wrong length.
 */
export function makeSingleOwnerChunk (id: Uint8Array, owner: Uint8Array, content: Chunk, sign: Sign): Chunk {
  if (id.length !== SEGMENT_SIZE) throw new RangeError(`an id of ${id.length} bytes`)
  if (owner.length !== 20) throw new RangeError(`an owner of ${owner.length} bytes`)
  const data = new Uint8Array(HEADER + content.data.length)
  data.set(id)
  data.set(sign(singleOwnerDigest(id, content.address)), SEGMENT_SIZE)
  data[HEADER - 1]! += RECOVERY
  data.set(content.data, HEADER)
  return { address: singleOwnerAddress(id, owner), data }
}

/** Takes a single-owner chunk apart; its signature remains to be checked. `undefined` if it is none. */
export function decodeSingleOwner (data: Uint8Array): SingleOwner | undefined {
  if (data.length < HEADER + SPAN_SIZE || data.length > MAX_SINGLE_OWNER_CHUNK) return undefined
  const signature = data.slice(SEGMENT_SIZE, HEADER)
  const recovery = signature[SIGNATURE - 1]! - RECOVERY
  if (recovery !== 0 && recovery !== 1) return undefined
  signature[SIGNATURE - 1] = recovery
  const content = data.slice(HEADER)
  return { id: data.slice(0, SEGMENT_SIZE), signature, content: { address: chunkAddress(content), data: content } }
}

/** Tells whether a single-owner chunk belongs at an address. */
export function singleOwnerAccepts (address: Address, data: Uint8Array, recover: Recover): boolean {
  const chunk = decodeSingleOwner(data)
  if (chunk === undefined) return false
  const owner = ownerOf(recover, singleOwnerDigest(chunk.id, chunk.content.address), chunk.signature)
  return owner !== undefined && sameBytes(singleOwnerAddress(chunk.id, owner), address)
}
