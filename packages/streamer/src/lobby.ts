import type { Serve } from './serve.ts'
import type { Source } from './type.ts'

/** Halves that wait for the same: all of them go on at once. */
export interface Waiting {
  readonly serves: Set<Serve>
  /** Takes back that the source is listened to. */
  stop: () => void
}

/**
 * Where live halves wait for more. Most halves of most peers do so most of the time, and most of
 * them at the end of a source that many peers share: those listen together, so that another one
 * costs a place in a set.
 */
export class Lobby {
  readonly #places = new Map<Source, Map<number, Waiting>>()

  /**
   * Waits until `source` has something at index `from` or later, then calls `more`. What the source throws is thrown on.
   *
   * @returns whether it waits: what is there already nobody is called for.
   */
  wait (serve: Serve, source: Source, from: number, more: (serve: Serve) => void): boolean {
    this.leave(serve)
    const places = this.#places.get(source) ?? new Map<number, Waiting>()
    const company = places.get(from)
    const waiting = company ?? { serves: new Set(), stop: () => {} }
    if (company === undefined) {
      let here = false
      const stop = source.onMore!(from, () => {
        here = true
        this.#forget(source, from, waiting)
        for (const one of [...waiting.serves]) {
          if (one.waiting !== waiting) continue
          one.waiting = undefined
          more(one)
        }
      })
      // It may be called from within.
      if (here) return false
      waiting.stop = () => {
        this.#forget(source, from, waiting)
        stop()
      }
      this.#places.set(source, places.set(from, waiting))
    }
    waiting.serves.add(serve)
    serve.waiting = waiting
    return true
  }

  /** Takes back that a half waits; harmless when it does not. */
  leave (serve: Serve): void {
    const { waiting } = serve
    serve.waiting = undefined
    if (waiting === undefined) return
    waiting.serves.delete(serve)
    if (waiting.serves.size === 0) waiting.stop()
  }

  #forget (source: Source, from: number, waiting: Waiting): void {
    const places = this.#places.get(source)
    if (places?.get(from) !== waiting) return
    places.delete(from)
    if (places.size === 0) this.#places.delete(source)
  }
}
