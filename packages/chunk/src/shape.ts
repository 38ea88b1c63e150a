import { CHUNK_SIZE, MAX_CHUNK_DATA, SPAN_SIZE } from './constants.ts'
import { ChunkError } from './errors.ts'
import { readSpan } from './span.ts'

/** One child of an intermediate chunk: where its reference lies, and which bytes of the file are below it. */
export interface Child {
  readonly reference: Uint8Array
  readonly start: number
  readonly span: number
}

/** What a chunk of a tree turned out to be. */
export type Node =
  | { readonly type: 'data', readonly payload: Uint8Array }
  | { readonly type: 'intermediate', readonly children: Child[], readonly wrapper: boolean }

/** What the parent says about a chunk. */
export interface Expected {
  /** The span, which the root's parent, the caller, does not know. */
  readonly span?: number | undefined

  /** The first byte of the file below the chunk. */
  readonly start: number

  /** Whether it may be an intermediate chunk of one child; the root and a wrapper's child may not. */
  readonly wrappable: boolean
}

/**
 * Reads a chunk as part of a file tree, and checks that its span and its size are
 * what the shape of the tree demands.
 *
 * The span alone tells the shape: a chunk of span `s` has children that cover the
 * largest `CHUNK_SIZE * branches^d` below `s` each, but for the last one, which covers
 * the remainder. Only a complete remainder may be wrapped (the rule `swarm`).
 *
 * @throws ChunkError - `CHUNK_SPAN` or `CHUNK_SIZE`.
 */
export function readNode (data: Uint8Array, expected: Expected, referenceSize: number): Node {
  if (data.length < SPAN_SIZE || data.length > MAX_CHUNK_DATA) {
    throw new ChunkError('CHUNK_SIZE', `a chunk of ${data.length} bytes in a file`)
  }
  const span = readSpan(data)
  if (span === undefined) throw new ChunkError('CHUNK_SPAN', 'a span longer than any file')
  if (expected.span !== undefined && span !== expected.span) {
    throw new ChunkError('CHUNK_SPAN', `a chunk says that it spans ${span} bytes where its parent has ${expected.span}`)
  }
  const payload = data.subarray(SPAN_SIZE)
  const branches = CHUNK_SIZE / referenceSize

  if (expected.wrappable && payload.length === referenceSize && isComplete(span, branches)) {
    return { type: 'intermediate', children: [{ reference: payload, start: expected.start, span }], wrapper: true }
  }
  if (span <= CHUNK_SIZE) {
    if (payload.length !== span) throw new ChunkError('CHUNK_SIZE', `${payload.length} bytes in a chunk that spans ${span}`)
    return { type: 'data', payload }
  }

  const share = childSpan(span, branches)
  const count = Math.ceil(span / share)
  if (payload.length !== count * referenceSize) {
    throw new ChunkError('CHUNK_SIZE', `${payload.length} bytes of references in a chunk of ${count} children`)
  }
  const children = Array.from({ length: count }, (_, i) => ({
    reference: payload.subarray(i * referenceSize, (i + 1) * referenceSize),
    start: expected.start + i * share,
    span: Math.min(share, span - i * share)
  }))
  return { type: 'intermediate', children, wrapper: false }
}

/** How much all but the last child of an intermediate chunk of that span cover. */
export function childSpan (span: number, branches: number): number {
  let share = CHUNK_SIZE
  while (share * branches < span) share *= branches
  return share
}

/** Whether a subtree of that span has all its leaves, and so is one that the rule `swarm` wraps. */
function isComplete (span: number, branches: number): boolean {
  let full = CHUNK_SIZE
  while (full < span) full *= branches
  return full === span
}
