/** Bytes that are gathered before a piece goes out: handing on every chunk alone costs several times as much. */
const PIECE = 64 * 1024

/** A body whose first piece has been read, so that what is missing was noticed before any header went out. */
export interface OpenBody {
  readonly first: IteratorResult<Uint8Array>
  readonly rest: AsyncIterator<Uint8Array>
  /** Bytes that must come in all. */
  readonly length: number
}

/**
 * Turns a body into a stream that pulls only when it is read.
 *
 * A failure breaks the stream, and so does a body of another length than promised: no
 * reader takes a part for the whole.
 *
 * @param ended - called once when the stream is over, however that happened.
 */
export function streamOf ({ first, rest, length }: OpenBody, ended: () => void): ReadableStream<Uint8Array> {
  let ready: IteratorResult<Uint8Array> | undefined = first
  let left = length
  return new ReadableStream<Uint8Array>({
    async pull (controller) {
      const parts: Uint8Array[] = []
      let size = 0
      try {
        while (size < PIECE) {
          const { done, value } = ready ?? await rest.next()
          ready = undefined
          if (done === true) break
          parts.push(value)
          size += value.length
        }
        left -= size
        if (left < 0 || (left > 0 && size < PIECE)) throw new Error(`${Math.abs(left)} bytes too ${left < 0 ? 'many' : 'few'} came`)
        if (size > 0) controller.enqueue(concat(parts, size))
        if (left > 0) return
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      ended()
      await rest.return?.()
    },
    async cancel () {
      ended()
      await rest.return?.()
    }
  }, { highWaterMark: 0 })
}

/** Joins pieces into one; a lone piece is returned as it is. */
export function concat (parts: readonly Uint8Array[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const out = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
