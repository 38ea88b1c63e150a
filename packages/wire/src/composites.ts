import type { Codec, ValueOf } from './codec.ts'
import { malformed } from './errors.ts'
import { sizeWithHeader, type RlpWriter } from './rlp.ts'

/** The value of a struct of these fields. */
export type StructOf<F extends Record<string, Codec<any>>> = { [K in keyof F]: ValueOf<F[K]> }

/**
 * A list of a field each, in the order they are written down: no fewer, no more.
 *
 * @example
 * ```ts
 * import { struct, text, bool, type ValueOf } from '@skep/wire'
 *
 * const stream = struct({ Name: text(), Key: text(), Live: bool })
 * const live: ValueOf<typeof stream> = { Name: 'SYNC', Key: '6', Live: true }
 * ```
 */
export function struct<F extends Record<string, Codec<any>>> (fields: F): Codec<StructOf<F>> {
  const names = fieldNames(fields)
  const codecs = names.map(name => fields[name]!)
  const content = (value: StructOf<F>): number => {
    if (typeof value !== 'object' || value === null) throw new TypeError('a struct is an object')
    let size = 0
    for (let i = 0; i < names.length; i++) size += codecs[i]!.size(value[names[i]!])
    return size
  }
  return {
    size: value => sizeWithHeader(content(value)),
    write (to, value) {
      to.list(content(value))
      for (let i = 0; i < names.length; i++) codecs[i]!.write(to, value[names[i]!])
    },
    read (from) {
      const outer = from.enter()
      const value: Record<string, unknown> = {}
      for (let i = 0; i < names.length; i++) value[names[i]!] = codecs[i]!.read(from)
      from.leave(outer)
      return value as StructOf<F>
    }
  }
}

/**
 * A list of any number of the same.
 *
 * @param limit - the most elements it may have; more is refused before they are read.
 */
export function list<T> (codec: Codec<T>, limit: number = Infinity): Codec<T[]> {
  const content = (values: readonly T[]): number => {
    if (!Array.isArray(values)) throw new TypeError('a list is an array')
    if (values.length > limit) throw new RangeError(`${values.length} elements, not at most ${limit}`)
    let size = 0
    for (const value of values) size += codec.size(value)
    return size
  }
  const write = (to: RlpWriter, values: readonly T[]): void => {
    to.list(content(values))
    for (const value of values) codec.write(to, value)
  }
  return {
    size: values => sizeWithHeader(content(values)),
    write,
    read (from) {
      const outer = from.enter()
      const values: T[] = []
      while (!from.done) {
        if (values.length >= limit) throw malformed(`a list of more than ${limit} elements`)
        values.push(codec.read(from))
      }
      from.leave(outer)
      return values
    }
  }
}

/**
 * A value or nothing, as the original has it for `History` alone: nothing is written as
 * the empty list, and read from the empty list or the empty string.
 */
export function optional<T> (codec: Codec<T>): Codec<T | undefined> {
  return {
    size: value => value === undefined ? 1 : codec.size(value),
    write (to, value) {
      if (value === undefined) to.list(0)
      else codec.write(to, value)
    },
    read: from => from.skipEmpty() ? undefined : codec.read(from)
  }
}

function fieldNames (fields: Record<string, unknown>): string[] {
  const names = Object.keys(fields)
  // Such keys do not keep the order in which they were written down.
  if (names.some(name => /^\d+$/.test(name))) throw new TypeError('a field name is not a number')
  return names
}
