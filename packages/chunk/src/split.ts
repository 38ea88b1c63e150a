import type { Chunk } from './chunk.ts'
import { makeChunk } from './chunk.ts'
import { SEGMENT_SIZE, SPAN_SIZE } from './constants.ts'
import { Cutter } from './cutter.ts'
import { hasher as fastest } from './fastest.ts'
import type { Hasher } from './hasher.ts'
import { Tree } from './tree.ts'
import type { CarryRule } from './tree.ts'

/** How `split` builds the tree. */
export interface SplitOptions {
  /** The rule for single subtrees. Defaults to `swarm`, the original's; Bee and its clients use `bee`. */
  readonly rule?: CarryRule | undefined

  /** Computes the addresses. Defaults to the fastest there is. */
  readonly hasher?: Hasher | undefined

  /** Ends the work between two chunks; the generator throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Cuts a stream of bytes into the chunks of a file.
 *
 * Chunks come as soon as they are known, children before parents; the last one is
 * the root, whose address is the reference of the file. An empty source gives the
 * empty chunk. Equal chunks come as often as they occur. Holds one group of
 * references per level of the tree, whatever the length of the source.
 *
 * @throws TypeError - if the source yields something other than bytes.
 *
 * @example
 * ```ts
 * import { split } from '@skep/chunk'
 *
 * let root: Uint8Array | undefined
 * for await (const chunk of split([new Uint8Array(10_000)])) root = chunk.address
 * ```
 */
export async function * split (source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options: SplitOptions = {}): AsyncGenerator<Chunk, void, undefined> {
  const { rule = 'swarm', hasher = fastest, signal } = options
  let ready: Chunk[] = []
  const emit = (payload: Uint8Array, span: number): Uint8Array => {
    const chunk = makeChunk(payload, span, hasher)
    ready.push(chunk)
    return chunk.address
  }
  const tree = new Tree({ rule, referenceSize: SEGMENT_SIZE, emit })
  const leaf = (data: Uint8Array): void => {
    const address = hasher.address(data)
    ready.push({ address, data })
    tree.add(address, data.length - SPAN_SIZE)
  }

  const cutter = new Cutter()
  for await (const piece of source) {
    for (const data of cutter.cut(piece)) {
      signal?.throwIfAborted()
      leaf(data)
      yield * ready
      ready = []
    }
    signal?.throwIfAborted()
  }
  signal?.throwIfAborted()
  const rest = cutter.rest()
  if (rest !== undefined) leaf(rest)
  tree.finish()
  yield * ready
}
