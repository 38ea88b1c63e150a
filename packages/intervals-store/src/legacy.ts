import type { Store } from '@skep/interface'
import { IntervalsError } from './errors.ts'
import { Intervals } from './intervals.ts'
import { legacyKey } from './key.ts'

/** One half of a peer's stream, as the original names it. */
export interface LegacyStream {
  /** The peer's node id, 128 hexadecimal characters. */
  readonly nodeId: string
  readonly name: string
  readonly key: string
  readonly live: boolean
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads what the original has recorded in its state store of one half of a stream, normalised;
 * `undefined` when there is nothing.
 *
 * @throws IntervalsError - `INTERVALS_TEXT` if what lies there is no text form of intervals.
 */
export async function readLegacy (store: Pick<Store, 'get'>, stream: LegacyStream): Promise<Intervals | undefined> {
  const value = await store.get(storeKey(stream))
  if (value === undefined) return undefined
  let text: string
  try {
    text = decoder.decode(value)
  } catch (cause) {
    throw new IntervalsError('INTERVALS_TEXT', 'no text', { cause })
  }
  return Intervals.unmarshal(text)
}

/** Writes what is covered of one half of a stream where the original looks for it, and as it reads it. */
export async function writeLegacy (store: Pick<Store, 'batch'>, stream: LegacyStream, intervals: Intervals, options: { readonly durable?: boolean } = {}): Promise<void> {
  await store.batch([{ type: 'put', key: storeKey(stream), value: encoder.encode(intervals.marshal()) }], options)
}

function storeKey ({ nodeId, name, key, live }: LegacyStream): Uint8Array {
  if (!/^[0-9a-f]{128}$/.test(nodeId)) throw new RangeError(`no node id of 128 hexadecimal characters: ${nodeId}`)
  return encoder.encode(legacyKey(nodeId, name, key, live))
}
