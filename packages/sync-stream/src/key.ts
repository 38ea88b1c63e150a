/** The highest bin: it holds everything at its proximity order or nearer (architecture: native bins). */
export const MAX_BIN = 16

/** A stream key is a number of 8 bits in base 36 (sync-stream.md §2). */
const MAX_KEY = 255

/**
 * Writes a bin as the key of its stream, as v1.8.15 does: base 36, lower case.
 *
 * @throws RangeError - if the bin is none.
 */
export function formatBinKey (bin: number): string {
  if (!Number.isInteger(bin) || bin < 0 || bin > MAX_KEY) throw new RangeError(`a bin is 0 to ${MAX_KEY}, not ${bin}`)
  return bin.toString(36)
}

/** Reads the key of a stream, upper case accepted; `undefined` when it is no number of 8 bits in base 36. */
export function parseBinKey (key: string): number | undefined {
  if (!/^[0-9a-z]{1,8}$/i.test(key)) return undefined
  const bin = Number.parseInt(key, 36)
  return bin <= MAX_KEY ? bin : undefined
}
