/** How a tree finds and compares keys. */
export interface PotOptions<V> {
  /** The key of a value. Defaults to the value itself where it is a `Uint8Array`, otherwise to its `overlay`. */
  readonly key?: (value: V) => Uint8Array
  /** Keys that agree on this many bits count as the same. Defaults to the length of the keys in bits. */
  readonly max?: number
}

/** The key of a value that is a key, or has one by the name the network uses. */
export function keyOfValue (value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  const { overlay } = value as { overlay?: unknown }
  if (overlay instanceof Uint8Array) return overlay
  throw new TypeError('values are neither keys nor have an overlay: say how to find their key')
}
