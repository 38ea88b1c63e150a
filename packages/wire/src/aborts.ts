/**
 * What is to happen when signals abort, with one listener for each signal: platforms warn
 * when many are added to one, and many messages are sent under one signal.
 */
export class Aborts {
  /** Made with the first signal, as most conversations have none. */
  #waiting: Map<AbortSignal, { readonly calls: Set<() => void>, readonly listener: () => void }> | undefined

  /** Calls `fn` when `signal` aborts. Returns the function that takes that back. */
  on (signal: AbortSignal, fn: () => void): () => void {
    const { calls, listener } = this.#waiting?.get(signal) ?? this.#listen(signal)
    calls.add(fn)
    return () => {
      calls.delete(fn)
      if (calls.size > 0 || this.#waiting?.get(signal)?.calls !== calls) return
      this.#waiting.delete(signal)
      signal.removeEventListener('abort', listener)
    }
  }

  #listen (signal: AbortSignal): { readonly calls: Set<() => void>, readonly listener: () => void } {
    const calls = new Set<() => void>()
    const listener = (): void => {
      this.#waiting?.delete(signal)
      for (const call of calls) call()
    }
    const entry = { calls, listener }
    this.#waiting ??= new Map()
    this.#waiting.set(signal, entry)
    signal.addEventListener('abort', listener)
    return entry
  }
}
