import type { Address } from '@skep/interface'
import { type Chunk, fileSize, join, split } from '@skep/chunk'
import { NodeError } from './errors.ts'
import type { Download, Upload } from './types.ts'

/** How many chunks are written at once: one durable commit for them all. As many as a batch on the wire holds (streamer.md, BatchSize). */
const WRITE_BATCH = 128

/** What files are kept in. */
export interface Chunks {
  put (chunks: readonly Chunk[]): Promise<unknown>
  get (address: Address, options: { readonly signal?: AbortSignal }): Promise<Uint8Array | undefined>
}

/** Splits and stores a stream of bytes; one batch is written while the next is hashed. */
export async function uploadFile (chunks: Chunks, source: AsyncIterable<Uint8Array>, { signal }: { readonly signal?: AbortSignal }): Promise<Upload> {
  let size = 0
  let count = 0
  let root: Chunk | undefined
  let batch: Chunk[] = []
  let writing: Promise<unknown> = Promise.resolve()

  const counted = async function * (): AsyncGenerator<Uint8Array> {
    for await (const bytes of source) {
      size += bytes.length
      yield bytes
    }
  }
  const flush = async (): Promise<void> => {
    await writing
    writing = chunks.put(batch)
    // The rejection is met by the next await; until then nobody listens.
    writing.catch(() => {})
    batch = []
  }

  for await (const chunk of split(counted(), { rule: 'bee', ...(signal !== undefined && { signal }) })) {
    signal?.throwIfAborted()
    root = chunk
    count++
    batch.push(chunk)
    if (batch.length === WRITE_BATCH) await flush()
  }
  await flush()
  await writing
  return { reference: root!.address, size, chunks: count }
}

/** Opens a file by its root, which must be had; the rest is fetched as it is read. */
export async function downloadFile (chunks: Chunks, reference: Address, options: { readonly offset?: number, readonly length?: number, readonly signal?: AbortSignal }): Promise<Download> {
  const get = chunks.get.bind(chunks)
  const root = await get(reference, options)
  if (root === undefined) throw new NodeError('NOT_FOUND', 'nobody who was asked has this reference')
  try {
    const size = await fileSize(reference, async () => root)
    return { size, body: join(reference, get, options) }
  } catch (error) {
    throw new NodeError('BAD_TREE', 'the chunk under this reference is no root of a file', { cause: error })
  }
}
