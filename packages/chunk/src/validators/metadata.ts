import type { Address } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import { OWNER } from './signature.ts'

/** What a mutable resource is: the content of its metadata chunk. */
export interface ResourceMetadata {
  /** Seconds since 1970 at which the first period begins. */
  readonly startTime: bigint

  /** Seconds of a period. */
  readonly frequency: bigint

  /** The name, as bytes; at most 255. */
  readonly name: Uint8Array

  /** The Ethereum address of the only one who may update it. */
  readonly owner: Uint8Array
}

/** Two zeros, a length, start time, frequency, and the length of the name: spec/chunk.md, section 5. */
const FIXED = 2 + 2 + 8 + 8 + 1

/** Bytes of the smallest chunk of a resource: metadata without a name. */
export const MIN_RESOURCE_CHUNK = FIXED + OWNER

/**
 * Writes a metadata chunk, which has no span.
 *
 * @throws RangeError - if a field does not fit.
 */
export function encodeMetadata ({ startTime, frequency, name, owner }: ResourceMetadata): Uint8Array {
  if (name.length > 255) throw new RangeError(`a name of ${name.length} bytes`)
  if (owner.length !== OWNER) throw new RangeError(`an owner of ${owner.length} bytes`)
  for (const time of [startTime, frequency]) {
    if (time < 0n || time >= 1n << 64n) throw new RangeError(`${time} is no time of 64 bits`)
  }
  const data = new Uint8Array(FIXED + name.length + OWNER)
  const view = new DataView(data.buffer)
  view.setUint16(2, data.length - 4, true)
  view.setBigUint64(4, startTime, true)
  view.setBigUint64(12, frequency, true)
  view.setUint8(20, name.length)
  data.set(name, FIXED)
  data.set(owner, FIXED + name.length)
  return data
}

/** Reads a metadata chunk, strictly. `undefined` if it is none. */
export function decodeMetadata (data: Uint8Array): ResourceMetadata | undefined {
  if (data.length < MIN_RESOURCE_CHUNK) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const nameLength = view.getUint8(20)
  if (view.getUint16(0) !== 0 || view.getUint16(2, true) !== data.length - 4) return undefined
  if (data.length !== MIN_RESOURCE_CHUNK + nameLength) return undefined
  return {
    startTime: view.getBigUint64(4, true),
    frequency: view.getBigUint64(12, true),
    name: data.slice(FIXED, FIXED + nameLength),
    owner: data.slice(-OWNER)
  }
}

/** The hash of a metadata chunk but for its owner. */
export function metadataHash (data: Uint8Array): Uint8Array {
  return keccak256(data.subarray(0, -OWNER))
}

/** The address of a metadata chunk, which is also the name of the resource. */
export function metadataAddress (metaHash: Uint8Array, owner: Uint8Array): Address {
  return keccak256(metaHash, owner)
}
