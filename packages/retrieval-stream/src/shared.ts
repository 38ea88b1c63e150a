import { Aborts } from '@skep/wire'

/** Work that several wait for, and that ends when the last of them has given up. */
interface Open<T> {
  readonly result: Promise<T>
  readonly stop: AbortController
  /** How far it goes. */
  readonly reach: number
  waiting: number
}

/**
 * Lets callers share work by name: one at a time for each name, however many ask, unless one asks
 * for more than is being done.
 */
export class Shared<T> {
  readonly #all = new Set<Open<T>>()
  /** Of each name the one that goes farthest. */
  readonly #open = new Map<string, Open<T>>()
  /** Many may wait under one signal: all chunks of a file that is read. */
  readonly #aborts = new Aborts()

  get size (): number {
    return this.#all.size
  }

  /** Whether work of that name is under way that goes at least so far. */
  has (name: string, reach: number): boolean {
    return (this.#open.get(name)?.reach ?? -1) >= reach
  }

  /**
   * Joins the work of that name, if it goes at least so far, or begins it.
   *
   * @param work - gets a signal that is aborted when nobody waits any more.
   * @throws the signal's reason, when `signal` is aborted first.
   */
  async join (name: string, reach: number, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const open = this.has(name, reach) ? this.#open.get(name)! : this.#begin(name, reach, work)
    open.waiting++
    try {
      return await (signal === undefined ? open.result : orAborted(open.result, signal, this.#aborts))
    } finally {
      open.waiting--
      if (open.waiting === 0) {
        this.#end(name, open)
        open.stop.abort(signal?.reason)
      }
    }
  }

  /** Gives up all work: those who wait get `reason`. */
  abort (reason: Error): void {
    for (const { stop } of this.#all) stop.abort(reason)
    this.#all.clear()
    this.#open.clear()
  }

  #begin (name: string, reach: number, work: (signal: AbortSignal) => Promise<T>): Open<T> {
    const stop = new AbortController()
    const result = work(stop.signal)
    const open: Open<T> = { result, stop, reach, waiting: 0 }
    this.#all.add(open)
    this.#open.set(name, open)
    const end = (): void => this.#end(name, open)
    result.then(end, end)
    return open
  }

  #end (name: string, open: Open<T>): void {
    this.#all.delete(open)
    if (this.#open.get(name) === open) this.#open.delete(name)
  }
}

/** Resolves as `promise` does, or rejects as soon as `signal` is aborted. */
export async function orAborted<T> (promise: Promise<T>, signal: AbortSignal, aborts: Aborts = new Aborts()): Promise<T> {
  signal.throwIfAborted()
  let release: (() => void) | undefined
  try {
    return await Promise.race([promise, new Promise<never>((_, reject) => {
      release = aborts.on(signal, () => reject(signal.reason as Error))
    })])
  } finally {
    release?.()
  }
}
