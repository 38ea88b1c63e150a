import { Aborts } from '@skep/wire'

/** Work that several wait for, and that ends when the last of them has given up. */
interface Open<T> {
  readonly result: Promise<T>
  readonly stop: AbortController
  waiting: number
}

/**
 * Lets callers share work by name: one at a time for each name, however many ask.
 */
export class Shared<T> {
  readonly #open = new Map<string, Open<T>>()
  /** Many may wait under one signal: all chunks of a file that is read. */
  readonly #aborts = new Aborts()

  get size (): number {
    return this.#open.size
  }

  has (name: string): boolean {
    return this.#open.has(name)
  }

  /**
   * Joins the work of that name, or begins it.
   *
   * @param work - gets a signal that is aborted when nobody waits any more.
   * @throws the signal's reason, when `signal` is aborted first.
   */
  async join (name: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const open = this.#open.get(name) ?? this.#begin(name, work)
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
    for (const { stop } of this.#open.values()) stop.abort(reason)
    this.#open.clear()
  }

  #begin (name: string, work: (signal: AbortSignal) => Promise<T>): Open<T> {
    const stop = new AbortController()
    const result = work(stop.signal)
    const open: Open<T> = { result, stop, waiting: 0 }
    this.#open.set(name, open)
    const end = (): void => this.#end(name, open)
    result.then(end, end)
    return open
  }

  #end (name: string, open: Open<T>): void {
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
