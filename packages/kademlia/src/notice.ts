import type { Clock } from '@skep/interface'

/** What has changed since a listener was called last. */
export interface Change {
  readonly peers: boolean
  readonly depth: boolean
}

/**
 * Tells listeners that something changed, once for all changes of a moment, and never
 * from within the change.
 */
export class Notice {
  readonly #clock: Clock
  readonly #listeners = new Map<object, (change: Change) => void>()
  #peers = false
  #depth = false

  constructor (clock: Clock) {
    this.#clock = clock
  }

  subscribe (listener: (change: Change) => void): () => void {
    const key = {}
    this.#listeners.set(key, listener)
    return () => { this.#listeners.delete(key) }
  }

  changed (depth: boolean): void {
    if (!this.#peers) this.#clock.after(0, () => this.#tell())
    this.#peers = true
    this.#depth ||= depth
  }

  #tell (): void {
    const change = { peers: this.#peers, depth: this.#depth }
    this.#peers = this.#depth = false
    // A listener may subscribe another, which has not missed this change.
    const told = [...this.#listeners]
    for (const [key, listener] of told) {
      // An earlier listener may have ended this subscription.
      if (this.#listeners.has(key)) listener(change)
    }
  }
}
