import type { Address } from '@skep/interface'
import { sameBytes } from './bytes.ts'
import { CHUNK_SIZE, SEGMENT_SIZE, SPAN_SIZE } from './constants.ts'
import { fetchNode } from './fetch.ts'
import type { GetChunk } from './fetch.ts'
import { addressAbove, cutSegments } from './segments.ts'
import type { SegmentRun } from './segments.ts'
import { outline } from './shape.ts'
import type { CarryRule } from './tree.ts'

/** One chunk in a proof: the segments that matter, and what ties them to its address. */
export interface NodeProof extends SegmentRun {
  readonly span: number
}

/** A proof of some bytes of a file, and of the length of the file. */
export interface RangeProof {
  /** The first byte that is proved. */
  readonly from: number

  /** The byte after the last. */
  readonly to: number

  /** The chunks above the range, each before its children, from left to right. */
  readonly nodes: readonly NodeProof[]
}

/** What a proof that holds has proved. */
export interface ProvedRange {
  readonly from: number
  readonly bytes: Uint8Array

  /** The length of the whole file. */
  readonly size: number
}

/**
 * Proves the bytes `[from, to)` of a file, up to its root.
 *
 * The proof has the segments in which the bytes lie, the references on the way to
 * them, and at most 14 hashes for each chunk. Chunks are asked for one at a time.
 *
 * @throws RangeError - if the range is empty, or goes beyond the file.
 * @throws ChunkError - if a chunk is missing, or the tree is not one.
 */
export async function proveRange (reference: Address, get: GetChunk, from: number, to: number, options: { signal?: AbortSignal | undefined } = {}): Promise<RangeProof> {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from >= to) {
    throw new RangeError(`no range from ${from} to ${to}`)
  }
  if (reference.length !== SEGMENT_SIZE) throw new RangeError(`a reference of ${reference.length} bytes`)
  const nodes: NodeProof[] = []
  const visit = async (address: Address, start: number, span: number | undefined, wrappable: boolean): Promise<void> => {
    options.signal?.throwIfAborted()
    const found = await fetchNode(address, { start, span, wrappable }, { get, rule: 'swarm', signal: options.signal })
    const { node, span: length, data } = found
    if (span === undefined && to > length) throw new RangeError(`the file has ${length} bytes, the range ends at ${to}`)

    const children = node.type === 'data' ? [] : node.children.filter(child => overlaps(child, from, to))
    const [first, last] = node.type === 'data'
      ? leafSegments(start, length, from, to)
      : [node.children.indexOf(children[0]!), node.children.indexOf(children.at(-1)!) + 1]
    nodes.push({ span: length, ...cutSegments(data.subarray(SPAN_SIZE), first, last) })
    for (const child of children) {
      await visit(child.reference, child.start, child.span, child.wrapped)
    }
  }
  await visit(reference, 0, undefined, false)
  return { from, to, nodes }
}

/**
 * Checks a proof of a range against the reference of a file.
 *
 * Which chunks there must be, and which segments of them, follows from the range, the
 * spans and the rule; the proof has no say in it.
 *
 * @param options - the rule that the file was split by, `swarm` by default. Files
 *   of both rules look alike but for single complete subtrees at their end.
 * @returns the bytes, or `undefined` if the proof does not hold. Never throws, whatever the proof.
 */
export function verifyRange (reference: Address, proof: RangeProof, options: { rule?: CarryRule | undefined } = {}): ProvedRange | undefined {
  try {
    return check(reference, proof, options.rule ?? 'swarm')
  } catch {
    return undefined
  }
}

function check (reference: Address, { from, to, nodes }: RangeProof, rule: CarryRule): ProvedRange | undefined {
  const size = nodes[0]!.span
  if (![from, to, size].every(Number.isSafeInteger) || from < 0 || from >= to || to > size) return undefined
  // The claim alone must not make us allocate.
  if (to - from > nodes.reduce((sum, node) => sum + node.segments.length, 0)) return undefined
  const bytes = new Uint8Array(to - from)
  let next = 0

  const visit = (address: Address, start: number, span: number, wrapped: boolean): boolean => {
    const node = nodes[next++]
    if (node === undefined || node.span !== span) return false
    const children = outline(span, start, wrapped, CHUNK_SIZE / SEGMENT_SIZE)
    const wanted = children.filter(child => overlaps(child, from, to))
    const [first, last] = children.length === 0
      ? leafSegments(start, span, from, to)
      : [children.indexOf(wanted[0]!), children.indexOf(wanted.at(-1)!) + 1]
    const found = addressAbove(node, first, last, span)
    if (found === undefined || !sameBytes(found, address)) return false

    if (children.length === 0) {
      const at = start + first * SEGMENT_SIZE
      const end = Math.min(to, start + span)
      const padding = node.segments.subarray(start + span - at)
      if (padding.some(byte => byte !== 0)) return false
      bytes.set(node.segments.subarray(Math.max(0, from - at), end - at), Math.max(from, at) - from)
      return true
    }
    return wanted.every((child, i) => visit(
      node.segments.slice(i * SEGMENT_SIZE, (i + 1) * SEGMENT_SIZE), child.start, child.span, rule === 'swarm' && child.wrapped
    ))
  }
  return visit(reference, 0, size, false) && next === nodes.length ? { from, bytes, size } : undefined
}

/** The segments of a data chunk that have bytes of the range. */
function leafSegments (start: number, span: number, from: number, to: number): [first: number, last: number] {
  return [
    Math.floor(Math.max(0, from - start) / SEGMENT_SIZE),
    Math.ceil((Math.min(to, start + span) - start) / SEGMENT_SIZE)
  ]
}

function overlaps ({ start, span }: { start: number, span: number }, from: number, to: number): boolean {
  return start < to && start + span > from
}
