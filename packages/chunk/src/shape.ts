import { CHUNK_SIZE, MAX_CHUNK_DATA, SPAN_SIZE } from './constants.ts'
import { ChunkError } from './errors.ts'
import { readSpan } from './span.ts'

/** The place of a child of an intermediate chunk: which bytes of the file are below it. */
export interface Place {
  readonly start: number
  readonly span: number

  /** Whether the rule `swarm` wraps it: a complete subtree, lower than its neighbours. */
  readonly wrapped: boolean
}

/** A child of an intermediate chunk, with its reference. */
export interface Child extends Place {
  readonly reference: Uint8Array
}

/** What a chunk of a tree turned out to be. */
export type Node =
  | { readonly type: 'data', readonly payload: Uint8Array }
  | { readonly type: 'intermediate', readonly children: Child[] }

/** What the parent says about a chunk. */
export interface Expected {
  /** The span, which the root's parent, the caller, does not know. */
  readonly span?: number | undefined

  /** The first byte of the file below the chunk. */
  readonly start: number

  /** Whether it may be an intermediate chunk of one child. */
  readonly wrappable: boolean
}

/**
 * Gives the children of a chunk of a file: none for a data chunk.
 *
 * The span alone tells: all children but the last cover the largest
 * `CHUNK_SIZE * branches^d` below it each, and the last one what remains.
 *
 * @param wrapper - whether the chunk is an intermediate chunk of one child.
 */
export function outline (span: number, start: number, wrapper: boolean, branches: number): Place[] {
  if (wrapper) return [{ start, span, wrapped: false }]
  if (span <= CHUNK_SIZE) return []
  let share = CHUNK_SIZE
  while (share * branches < span) share *= branches
  return Array.from({ length: Math.ceil(span / share) }, (_, i) => {
    const rest = Math.min(share, span - i * share)
    return { start: start + i * share, span: rest, wrapped: rest < share && isComplete(rest, branches) }
  })
}

/**
 * Reads a chunk as part of a file tree, and checks that its span and its size are
 * what the shape of the tree demands. Trees of both carry rules are understood.
 *
 * @throws ChunkError - `CHUNK_SPAN` or `CHUNK_SIZE`.
 */
export function readNode (data: Uint8Array, expected: Expected, referenceSize: number): { node: Node, span: number } {
  if (data.length < SPAN_SIZE || data.length > MAX_CHUNK_DATA) {
    throw new ChunkError('CHUNK_SIZE', `a chunk of ${data.length} bytes in a file`)
  }
  const span = readSpan(data)
  if (span === undefined) throw new ChunkError('CHUNK_SPAN', 'a span longer than any file')
  if (expected.span !== undefined && span !== expected.span) {
    throw new ChunkError('CHUNK_SPAN', `a chunk says that it spans ${span} bytes where its parent has ${expected.span}`)
  }
  const payload = data.subarray(SPAN_SIZE)
  const wrapper = expected.wrappable && payload.length === referenceSize && span >= CHUNK_SIZE
  if (span <= CHUNK_SIZE && !wrapper) {
    if (payload.length !== span) throw new ChunkError('CHUNK_SIZE', `${payload.length} bytes in a chunk that spans ${span}`)
    return { node: { type: 'data', payload }, span }
  }
  const places = outline(span, expected.start, wrapper, CHUNK_SIZE / referenceSize)
  if (payload.length !== places.length * referenceSize) {
    throw new ChunkError('CHUNK_SIZE', `${payload.length} bytes of references in a chunk of ${places.length} children`)
  }
  const children = places.map((place, i) => ({ ...place, reference: payload.subarray(i * referenceSize, (i + 1) * referenceSize) }))
  return { node: { type: 'intermediate', children }, span }
}

/** Whether a subtree of that span has all its leaves. */
function isComplete (span: number, branches: number): boolean {
  let full = CHUNK_SIZE
  while (full < span) full *= branches
  return full === span
}
