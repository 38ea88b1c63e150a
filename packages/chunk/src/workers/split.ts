import type { Address } from '@skep/interface'
import type { Chunk } from '../chunk.ts'
import { makeChunk } from '../chunk.ts'
import { SEGMENT_SIZE, SPAN_SIZE } from '../constants.ts'
import { Cutter } from '../cutter.ts'
import { Tree } from '../tree.ts'
import type { CarryRule } from '../tree.ts'

/** How the batches are made, besides what `split` takes. */
export interface BatchOptions {
  readonly batch: number
  readonly ahead: number
  readonly rule?: CarryRule | undefined
  readonly signal?: AbortSignal | undefined
}

/** Splits with the data chunks hashed by the batch, `ahead` batches at a time; the others are few. */
export async function * splitInBatches (
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  hash: (batch: Uint8Array[]) => Promise<Address[]>,
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
  const hashing: { data: Uint8Array[], addresses: Promise<Address[]> }[] = []
  const add = (data: Uint8Array[]): void => {
    const addresses = hash(data)
    // What fails is thrown when its turn comes, or never, if the caller leaves before.
    addresses.catch(() => {})
    hashing.push({ data, addresses })
  }
  const take = async (): Promise<Chunk[]> => {
    const { data, addresses } = hashing.shift()!
    for (const [i, address] of (await addresses).entries()) {
      ready.push({ address, data: data[i]! })
      tree.add(address, data[i]!.length - SPAN_SIZE)
    }
    const out = ready
    ready = []
    return out
  }

  const cutter = new Cutter()
  let held: Uint8Array[] = []
  for await (const piece of source) {
    for (const data of cutter.cut(piece)) {
      held.push(data)
      if (held.length < batch) continue
      signal?.throwIfAborted()
      add(held)
      held = []
      if (hashing.length >= ahead) yield * await take()
    }
    signal?.throwIfAborted()
  }
  signal?.throwIfAborted()
  const rest = cutter.rest()
  if (rest !== undefined) held.push(rest)
  if (held.length > 0) add(held)
  while (hashing.length > 0) {
    yield * await take()
    signal?.throwIfAborted()
  }
  tree.finish()
  yield * ready
}
