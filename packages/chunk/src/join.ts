import { checkReference, fetchNode } from './fetch.ts'
import type { GetChunk } from './fetch.ts'
import { ReadAhead } from './read-ahead.ts'
import type { CarryRule } from './tree.ts'

export type { GetChunk }

/** Chunks asked for at a time while a file is read, unless told otherwise. */
const READ_AHEAD = 16

/** What `join` reads, and how. */
export interface JoinOptions {
  /** The first byte to give. Defaults to 0; beyond the end of the file there is nothing. */
  readonly offset?: number | undefined

  /** How many bytes to give at most. Defaults to all that follow. */
  readonly length?: number | undefined

  /** How many chunks may be asked for at a time. At least 1; defaults to 16. */
  readonly readAhead?: number | undefined

  /**
   * The rule that an encrypted file was split by, `swarm` by default: its chunks do not
   * tell. Plain files of both rules are understood without.
   */
  readonly rule?: CarryRule | undefined

  /** Ends the reading at once, and every request that is under way. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a file, or a range of it, from its chunks.
 *
 * Only the chunks on the way to the range are asked for, several at a time, and given
 * in order. Trees of both carry rules are understood, and so are encrypted ones, by
 * references of 64 bytes. Memory is bounded by `readAhead` and the height of the tree.
 *
 * NOTE: a chunk is taken as the getter gives it: whether its address is right is the
 * getter's to check. Whether it fits the tree is checked here.
 *
 * @param get - gives the data of a chunk, or `undefined` when there is none. What it
 *   rejects with ends the reading.
 * @throws RangeError - if an option is out of range, or the reference has a wrong length.
 * @throws ChunkError - if a chunk is missing, or the tree is not one.
 *
 * @example
 * ```ts
 * import { join, split } from '@skep/chunk'
 *
 * const chunks = new Map<string, Uint8Array>()
 * let root = new Uint8Array(32)
 * for await (const { address, data } of split([new Uint8Array(10_000)])) {
 *   chunks.set(address.join(), data)
 *   root = Uint8Array.from(address)
 * }
 * for await (const piece of join(root, async address => chunks.get(address.join()), { offset: 9_000 })) {
 *   piece.length // 1000 in all
 * }
 * ```
 */
export async function * join (reference: Uint8Array, get: GetChunk, options: JoinOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
  const { offset = 0, length = Infinity, readAhead = READ_AHEAD, rule = 'swarm', signal } = options
  checkReference(reference)
  if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`an offset of ${offset}`)
  if (length !== Infinity && (!Number.isSafeInteger(length) || length < 0)) throw new RangeError(`a length of ${length}`)
  if (!Number.isSafeInteger(readAhead) || readAhead < 1) throw new RangeError(`a read-ahead of ${readAhead}`)
  signal?.throwIfAborted()
  if (length === 0) return

  const reader = new ReadAhead(reference, { get, from: offset, to: offset + length, readAhead, rule, signal })
  try {
    for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) yield piece
  } finally {
    reader.stop()
  }
}

/**
 * Tells how long a file is, from its root alone.
 *
 * @throws ChunkError - if the root is missing, or is no root of a file.
 */
export async function fileSize (reference: Uint8Array, get: GetChunk, options: { signal?: AbortSignal | undefined } = {}): Promise<number> {
  checkReference(reference)
  options.signal?.throwIfAborted()
  const root = await fetchNode(reference, { start: 0, wrappable: false }, { get, rule: 'swarm', signal: options.signal })
  return root.span
}
