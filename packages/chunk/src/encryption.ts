import type { Random } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import type { Chunk } from './chunk.ts'
import { CHUNK_SIZE, SEGMENT_SIZE, SPAN_SIZE } from './constants.ts'
import { hasher as fastest } from './fastest.ts'
import type { Hasher } from './hasher.ts'
import { outline } from './shape.ts'
import type { Expected } from './shape.ts'
import { encodeSpan, readSpan } from './span.ts'
import type { CarryRule } from './tree.ts'

/** Bytes of a key. */
export const KEY_SIZE = 32

/** Bytes of a reference to an encrypted chunk: address, then key. */
export const ENCRYPTED_REFERENCE_SIZE = SEGMENT_SIZE + KEY_SIZE

/** References in a full intermediate chunk of an encrypted file. */
export const ENCRYPTED_BRANCHES = CHUNK_SIZE / ENCRYPTED_REFERENCE_SIZE

/** The counter at which the key stream of a span begins; that of a payload begins at 0. */
const SPAN_COUNTER = CHUNK_SIZE / ENCRYPTED_REFERENCE_SIZE

/** An encrypted chunk, and what finds and opens it. */
export interface EncryptedChunk extends Chunk {
  /** Address, then key: 64 bytes. Who has it can read what is below. */
  readonly reference: Uint8Array
}

/** Encrypts a chunk with a key of its own. The payload is filled up with noise, so all have one length. */
export function sealChunk (payload: Uint8Array, span: number, random: Random, hasher: Hasher = fastest): EncryptedChunk {
  const key = random.bytes(KEY_SIZE)
  const data = new Uint8Array(SPAN_SIZE + CHUNK_SIZE)
  encodeSpan(span, data)
  data.set(payload, SPAN_SIZE)
  data.set(random.bytes(CHUNK_SIZE - payload.length), SPAN_SIZE + payload.length)
  applyKey(data, key)
  const address = hasher.address(data)
  const reference = new Uint8Array(ENCRYPTED_REFERENCE_SIZE)
  reference.set(address)
  reference.set(key, address.length)
  return { address, data, reference }
}

/**
 * Decrypts a chunk of a file, and cuts off the noise.
 *
 * How much of it is payload follows from the span, and from the rule for a single
 * complete subtree: there is nothing else to tell.
 */
export function openChunk (sealed: Uint8Array, key: Uint8Array, expected: Expected, rule: CarryRule): Uint8Array {
  const data = Uint8Array.from(sealed)
  applyKey(data, key)
  const span = readSpan(data)
  if (span === undefined) return data
  const wrapper = expected.wrappable && rule === 'swarm'
  const children = outline(span, expected.start, wrapper, ENCRYPTED_BRANCHES).length
  return data.subarray(0, SPAN_SIZE + (children === 0 ? span : children * ENCRYPTED_REFERENCE_SIZE))
}

/** Encrypts or decrypts a chunk in place: the two are the same. */
export function applyKey (data: Uint8Array, key: Uint8Array): void {
  applyStream(data.subarray(0, SPAN_SIZE), key, SPAN_COUNTER)
  applyStream(data.subarray(SPAN_SIZE), key, 0)
}

function applyStream (bytes: Uint8Array, key: Uint8Array, counter: number): void {
  const seed = new Uint8Array(KEY_SIZE + 4)
  seed.set(key)
  const view = new DataView(seed.buffer)
  for (let at = 0; at < bytes.length; at += SEGMENT_SIZE) {
    view.setUint32(KEY_SIZE, counter++, true)
    const block = keccak256(keccak256(seed))
    for (let i = 0; i < SEGMENT_SIZE && at + i < bytes.length; i++) bytes[at + i]! ^= block[i]!
  }
}
