import type { Address } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import type { Chunk } from '../chunk.ts'
import { CHUNK_SIZE, SEGMENT_SIZE } from '../constants.ts'
import { SIGNATURE } from './signature.ts'
import type { Sign } from './signature.ts'

/** One version of a mutable resource. */
export interface ResourceUpdate {
  /** The period, from 1. */
  readonly period: number

  /** The version within the period, from 1. */
  readonly version: number

  /** The address of the metadata chunk. */
  readonly rootAddress: Address

  /** The hash of the metadata but for its owner. */
  readonly metaHash: Uint8Array

  /** Whether the data is a multihash: a reference to content rather than content. */
  readonly multihash: boolean
  readonly data: Uint8Array
}

/** Period, version, root address, hash of the metadata, flags: spec/chunk.md, section 5. */
const HEADER = 4 + 4 + SEGMENT_SIZE + SEGMENT_SIZE + 1

/** The lengths of the header and of the data come first. */
const LENGTHS = 2 + 2

/** Bytes of the longest data of an update: what a chunk of `CHUNK_SIZE` leaves. */
export const MAX_UPDATE_DATA = CHUNK_SIZE - LENGTHS - HEADER - SIGNATURE

/** The type of a multihash that stands for Keccak-256, in the table of multicodec. */
const KECCAK_256 = 0x1b

/** The address of a version, whoever made it. */
export function updateAddress (rootAddress: Address, period: number, version: number): Address {
  const head = new Uint8Array(8)
  const view = new DataView(head.buffer)
  view.setUint32(0, period, true)
  view.setUint32(4, version, true)
  return keccak256(head, rootAddress)
}

/** What the owner signs of an update chunk: the hash of all that comes before the signature. */
export function updateDigest (chunk: Uint8Array): Uint8Array {
  return keccak256(chunk.subarray(0, -SIGNATURE))
}

/**
 * Makes an update chunk, which has no span.
 *
 * @throws RangeError - if a field does not fit, or the data says that it is a multihash and is none.
 */
export function makeUpdateChunk (update: ResourceUpdate, sign: Sign): Chunk {
  const { period, version, rootAddress, metaHash, multihash, data } = update
  for (const number of [period, version]) if (number >>> 0 !== number) throw new RangeError(`${number} is no number of 32 bits`)
  if (rootAddress.length !== SEGMENT_SIZE || metaHash.length !== SEGMENT_SIZE) throw new RangeError('a hash has 32 bytes')
  if (data.length === 0 || data.length > MAX_UPDATE_DATA) throw new RangeError(`an update of ${data.length} bytes`)
  if (multihash && !isMultihash(data)) throw new RangeError('the data is no multihash')

  const chunk = new Uint8Array(LENGTHS + HEADER + data.length + SIGNATURE)
  const view = new DataView(chunk.buffer)
  view.setUint16(0, HEADER, true)
  view.setUint16(2, data.length, true)
  view.setUint32(4, period, true)
  view.setUint32(8, version, true)
  chunk.set(rootAddress, 12)
  chunk.set(metaHash, 44)
  view.setUint8(76, multihash ? 1 : 0)
  chunk.set(data, LENGTHS + HEADER)
  chunk.set(sign(updateDigest(chunk)), chunk.length - SIGNATURE)
  return { address: updateAddress(rootAddress, period, version), data: chunk }
}

/** Reads an update chunk, strictly; its signature remains to be checked. `undefined` if it is none. */
export function decodeUpdate (chunk: Uint8Array): ResourceUpdate & { readonly signature: Uint8Array } | undefined {
  const size = chunk.length - LENGTHS - HEADER - SIGNATURE
  if (size < 1 || size > MAX_UPDATE_DATA) return undefined
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (view.getUint16(0, true) !== HEADER || view.getUint16(2, true) !== size) return undefined
  const multihash = (view.getUint8(76) & 1) === 1
  const data = chunk.slice(LENGTHS + HEADER, -SIGNATURE)
  if (multihash && !isMultihash(data)) return undefined
  return {
    period: view.getUint32(4, true),
    version: view.getUint32(8, true),
    rootAddress: chunk.slice(12, 44),
    metaHash: chunk.slice(44, 76),
    multihash,
    data,
    signature: chunk.slice(-SIGNATURE)
  }
}

/** Whether `data` is a type, the length of a digest, and a digest of that length, and nothing else. */
function isMultihash (data: Uint8Array): boolean {
  const type = varint(data, 0)
  if (type === undefined || type.value !== KECCAK_256) return false
  const length = varint(data, type.end)
  return length !== undefined && length.end + length.value === data.length
}

/** An unsigned LEB128 of at most four bytes: more than the longest data there can be. */
function varint (data: Uint8Array, at: number): { value: number, end: number } | undefined {
  let value = 0
  for (let i = 0; i < 4; i++) {
    const byte = data[at + i]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, end: at + i + 1 }
  }
  return undefined
}
