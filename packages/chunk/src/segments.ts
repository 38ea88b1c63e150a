import type { Address } from '@skep/interface'
import { keccak256 } from '@skep/keccak'
import { BRANCHES, CHUNK_SIZE, SEGMENT_SIZE } from './constants.ts'
import { BMT_HEIGHT } from './reference.ts'
import { encodeSpan } from './span.ts'

/** What ties neighbouring segments of a payload to the root above them. */
export interface SegmentRun {
  /** The segments, one after another. */
  readonly segments: Uint8Array

  /** The nodes beside the run, from the bottom up, on each level the left one first. */
  readonly siblings: readonly Uint8Array[]
}

/** Cuts the segments `[first, last)` out of a payload, with the nodes beside them. */
export function cutSegments (payload: Uint8Array, first: number, last: number): SegmentRun {
  let row = new Uint8Array(CHUNK_SIZE)
  row.set(payload)
  const segments = row.slice(first * SEGMENT_SIZE, last * SEGMENT_SIZE)
  const siblings: Uint8Array[] = []
  let [from, to] = [first, last]
  for (let height = 0; height < BMT_HEIGHT; height++) {
    if (from % 2 === 1) siblings.push(nodeOf(row, --from))
    if (to % 2 === 1) siblings.push(nodeOf(row, to++))
    from /= 2
    to /= 2
    row = rowAbove(row)
  }
  return { segments, siblings }
}

/**
 * Computes the address of the chunk that a run of segments belongs to, if it is one.
 *
 * @returns `undefined` if the run has not the size it must have for its place.
 */
export function addressAbove (run: SegmentRun, first: number, last: number, span: number | bigint): Address | undefined {
  if (first < 0 || first >= last || last > BRANCHES || run.segments.length !== (last - first) * SEGMENT_SIZE) return undefined
  if (run.siblings.some(sibling => sibling.length !== SEGMENT_SIZE)) return undefined
  let row = run.segments
  let used = 0
  let [from, to] = [first, last]
  for (let height = 0; height < BMT_HEIGHT; height++) {
    const left = from % 2 === 1 ? run.siblings[used++] : NOTHING
    const right = to % 2 === 1 ? run.siblings[used++] : NOTHING
    if (left === undefined || right === undefined) return undefined
    const whole = new Uint8Array(left.length + row.length + right.length)
    whole.set(left)
    whole.set(row, left.length)
    whole.set(right, left.length + row.length)
    row = rowAbove(whole)
    from = Math.floor(from / 2)
    to = Math.ceil(to / 2)
  }
  return used === run.siblings.length ? keccak256(encodeSpan(span), row) : undefined
}

const NOTHING = /* @__PURE__ */ new Uint8Array(0)

function nodeOf (row: Uint8Array, index: number): Uint8Array {
  return row.slice(index * SEGMENT_SIZE, (index + 1) * SEGMENT_SIZE)
}

function rowAbove (row: Uint8Array): Uint8Array<ArrayBuffer> {
  const above = new Uint8Array(row.length / 2)
  for (let at = 0; at < above.length; at += SEGMENT_SIZE) above.set(keccak256(row.subarray(2 * at, 2 * at + 2 * SEGMENT_SIZE)), at)
  return above
}
