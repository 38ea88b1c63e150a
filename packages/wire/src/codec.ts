import { RlpReader, RlpWriter } from './rlp.ts'

/**
 * How values of one type stand in RLP.
 *
 * Codecs are put together from the functions of this package; `read` takes what the
 * original takes and throws a `WireError` for everything else.
 */
export interface Codec<T> {
  /**
   * Counts the bytes `write` will write.
   *
   * @throws TypeError | RangeError - if `value` cannot be written.
   */
  size (value: T): number

  /** Writes `value`, for which `size` was called. */
  write (to: RlpWriter, value: T): void

  /**
   * Reads one value.
   *
   * @throws WireError - `WIRE_DECODE` if the input is anything but its canonical encoding.
   */
  read (from: RlpReader): T
}

/** The type of the values of a codec. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never

/**
 * Encodes one value.
 *
 * @throws TypeError | RangeError - if `value` is outside of what the codec can write.
 *
 * @example
 * ```ts
 * import { encode, struct, u8 } from '@skep/wire'
 *
 * encode(struct({ Depth: u8 }), { Depth: 8 }) // c1 08
 * ```
 */
export function encode<T> (codec: Codec<T>, value: T): Uint8Array {
  const writer = new RlpWriter(codec.size(value))
  codec.write(writer, value)
  return writer.bytes
}

/**
 * Decodes one value that fills `bytes`.
 *
 * @throws WireError - `WIRE_DECODE` if `bytes` are anything but the canonical encoding of one value.
 */
export function decode<T> (codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new RlpReader(bytes)
  const value = codec.read(reader)
  reader.finish()
  return value
}
