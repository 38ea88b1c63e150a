import type { Random } from '@skep/interface'
import { SPAN_SIZE } from './constants.ts'
import { Cutter } from './cutter.ts'
import { ENCRYPTED_REFERENCE_SIZE, sealChunk } from './encryption.ts'
import type { EncryptedChunk } from './encryption.ts'
import type { SplitOptions } from './split.ts'
import { Tree } from './tree.ts'

/**
 * Cuts a stream of bytes into the encrypted chunks of a file, as `split` does into plain ones.
 *
 * Each chunk has a key of its own, drawn from `random`, which must be fit for keys. The
 * `reference` of the last chunk finds and opens the file: give it to `join`.
 *
 * @throws TypeError - if the source yields something other than bytes.
 *
 * @example
 * ```ts
 * import { splitEncrypted } from '@skep/chunk'
 *
 * const random = { bytes: (n: number) => crypto.getRandomValues(new Uint8Array(n)), float: Math.random }
 * for await (const { reference } of splitEncrypted([new Uint8Array(10)], random)) reference.length // 64
 * ```
 */
export async function * splitEncrypted (
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, random: Random, options: SplitOptions = {}
): AsyncGenerator<EncryptedChunk, void, undefined> {
  const { rule = 'swarm', hasher, signal } = options
  let ready: EncryptedChunk[] = []
  const emit = (payload: Uint8Array, span: number): Uint8Array => {
    const chunk = sealChunk(payload, span, random, hasher)
    ready.push(chunk)
    return chunk.reference
  }
  const tree = new Tree({ rule, referenceSize: ENCRYPTED_REFERENCE_SIZE, emit })
  const leaf = (data: Uint8Array): void => {
    const payload = data.subarray(SPAN_SIZE)
    tree.add(emit(payload, payload.length), payload.length)
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
