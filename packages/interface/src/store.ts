/** One write of a batch. */
export type Operation =
  | { readonly type: 'put', readonly key: Uint8Array, readonly value: Uint8Array }
  | { readonly type: 'del', readonly key: Uint8Array }

export interface BatchOptions {
  /** Resolve only when the batch survives a power cut (fsync). Otherwise it survives the end of the process. */
  readonly durable?: boolean
}

/** A half-open range of keys, bytewise. */
export interface RangeOptions {
  readonly gte?: Uint8Array
  readonly lt?: Uint8Array
  readonly limit?: number
  readonly reverse?: boolean
}

/**
 * Ordered key-value storage. Keys and values are bytes; keys are ordered bytewise.
 * A store keeps its own copies, and what it returns belongs to the caller.
 */
export interface Store {
  /** Reads one value; `undefined` when there is none. */
  get (key: Uint8Array): Promise<Uint8Array | undefined>

  /** Reads many values, in the order of the keys. */
  getMany (keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]>

  /** Applies all operations or none, later ones over earlier ones of the same key. */
  batch (operations: Operation[], options?: BatchOptions): Promise<void>

  /** Entries of a range in order of key, as they stood when iteration began. */
  range (options?: RangeOptions): AsyncIterable<[key: Uint8Array, value: Uint8Array]>

  /** Finishes what runs and closes. Idempotent; every later call rejects. */
  close (): Promise<void>
}
