import type { LengthDecoderFunction } from 'it-length-prefixed'
import { ConnError } from './errors.ts'

/** Bytes of a length that we read: up to 2^28 - 1, far over any limit of ours. */
export const MAX_PREFIX = 4

/**
 * Makes a reader of unsigned varints that takes the shortest form only.
 *
 * The library's own takes longer forms too and then loses its place in the input.
 */
export function strictPrefix (): LengthDecoderFunction {
  const decode: LengthDecoderFunction = input => {
    let length = 0
    for (let i = 0; i < MAX_PREFIX; i++) {
      // The library takes a RangeError for "not there yet".
      if (i >= input.byteLength) throw new RangeError('the length is incomplete')
      const byte = input instanceof Uint8Array ? input[i]! : input.get(i)
      length |= (byte & 0x7f) << (7 * i)
      if (byte >= 0x80) continue
      if (byte === 0 && i > 0) throw new ConnError('CONN_BAD_FRAME', 'a length in more bytes than it needs')
      decode.bytes = i + 1
      return length
    }
    throw new ConnError('CONN_BAD_FRAME', `a length of more than ${MAX_PREFIX} bytes`)
  }
  decode.bytes = 0
  return decode
}
