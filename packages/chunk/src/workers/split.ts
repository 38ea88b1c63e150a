import type { Chunk } from '../chunk.ts'
import { makeChunk } from '../chunk.ts'
import { SEGMENT_SIZE, SPAN_SIZE } from '../constants.ts'
import { Cutter } from '../cutter.ts'
import { Tree } from '../tree.ts'
import type { CarryRule } from '../tree.ts'
import { PackedBatch } from './batch.ts'

/** How the batches are made, besides what `split` takes. */
export interface BatchOptions {
  readonly batch: number
  readonly ahead: number
  readonly rule?: CarryRule | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Splits with the data chunks hashed by the batch, `ahead` batches at a time; the others are few.
 *
 * A chunk becomes an object of its own when its turn has come. Until then it is in one of
 * `ahead` buffers and the one that is being filled, whatever the length of the stream.
 *
 * @param hash - gives the addresses of a batch one after another; the batch stays as it is until then.
 */
export async function * splitInBatches (
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  hash: (batch: PackedBatch) => Promise<Uint8Array>,
  { batch, ahead, rule = 'swarm', signal }: BatchOptions
): AsyncGenerator<Chunk, void, undefined> {
  let ready: Chunk[] = []
  const tree = new Tree({
    rule,
    referenceSize: SEGMENT_SIZE,
    emit (payload, span) {
      const chunk = makeChunk(payload, span)
      ready.push(chunk)
      return chunk.address
    }
  })
  const spare: PackedBatch[] = []
  const hashing: { packed: PackedBatch, addresses: Promise<Uint8Array> }[] = []
  const add = (packed: PackedBatch): void => {
    const addresses = hash(packed)
    // What fails is thrown when its turn comes, or never, if the caller leaves before.
    addresses.catch(() => {})
    hashing.push({ packed, addresses })
  }
  function * give (packed: PackedBatch, addresses: Uint8Array): Generator<Chunk, void, undefined> {
    let at = 0
    for (const view of packed) {
      const [address, data] = [addresses.slice(at, at += SEGMENT_SIZE), view.slice()]
      tree.add(address, data.length - SPAN_SIZE)
      yield { address, data }
      if (ready.length === 0) continue
      yield * ready
      ready = []
    }
    packed.clear()
    spare.push(packed)
  }

  const cutter = new Cutter()
  let held = new PackedBatch()
  for await (const piece of source) {
    for (const data of cutter.cut(piece)) {
      held.add(data)
      if (held.length < batch) continue
      signal?.throwIfAborted()
      add(held)
      if (hashing.length >= ahead) {
        const { packed, addresses } = hashing.shift()!
        for (const chunk of give(packed, await addresses)) yield chunk
      }
      held = spare.pop() ?? new PackedBatch()
    }
    signal?.throwIfAborted()
  }
  signal?.throwIfAborted()
  const rest = cutter.rest()
  if (rest !== undefined) held.add(rest)
  if (held.length > 0) add(held)
  while (hashing.length > 0) {
    const { packed, addresses } = hashing.shift()!
    for (const chunk of give(packed, await addresses)) yield chunk
    signal?.throwIfAborted()
  }
  tree.finish()
  yield * ready
}
