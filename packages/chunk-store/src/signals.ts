/** Listeners by number. One that throws does not keep the others from hearing. */
export class Signals {
  readonly #listeners: Set<() => void>[]

  constructor (count: number) {
    this.#listeners = Array.from({ length: count }, () => new Set())
  }

  /** The same function may listen twice; each unsubscribes itself alone. */
  on (at: number, listener: () => void): () => void {
    const own = (): void => listener()
    this.#listeners[at]!.add(own)
    return () => { this.#listeners[at]!.delete(own) }
  }

  emit (at: number): void {
    for (const listener of Array.from(this.#listeners[at]!)) {
      try {
        listener()
      } catch (error) {
        // The fault is the listener's and must show, but the chunks are on disk.
        void Promise.reject(error)
      }
    }
  }

  clear (): void {
    for (const listeners of this.#listeners) listeners.clear()
  }
}
