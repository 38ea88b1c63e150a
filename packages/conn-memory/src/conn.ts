import type { Conn } from '@skep/interface'
import { ConnError } from './errors.ts'
import { Pipe, type LinkOptions } from './pipe.ts'

export interface PairOptions extends LinkOptions {
  /** The largest message in bytes. Defaults to 131,072, the native limit. */
  readonly maxMessageSize?: number
}

/**
 * Makes two conns that are each other's remote.
 *
 * Messages are copied, as a network would. Without a clock they arrive at once.
 *
 * @example
 * ```ts
 * import { pair } from '@skep/conn-memory'
 *
 * const [a, b] = pair()
 * await a.sink([Uint8Array.of(1, 2, 3)])
 * await a.close()
 * for await (const message of b.source) console.log(message.length) // 3
 * ```
 */
export function pair (options: PairOptions = {}): [Conn, Conn] {
  const { maxMessageSize = 131_072 } = options
  const [there, back] = [new Pipe(options), new Pipe(options)]
  const a = new MemoryConn(back, there, maxMessageSize)
  const b = new MemoryConn(there, back, maxMessageSize)
  a.join(b)
  b.join(a)
  return [a, b]
}

/** One end of a link between two pipes. */
class MemoryConn implements Conn {
  readonly maxMessageSize: number
  readonly source: AsyncIterable<Uint8Array>
  readonly #incoming: Pipe
  readonly #outgoing: Pipe
  #remote: MemoryConn | undefined
  #sinking = false
  /** Set when this end closed or aborted. */
  #over: Error | undefined
  /** Set when the other end did. */
  #gone: Error | undefined
  /** Rejects the running sink. */
  #cut: ((reason: Error) => void) | undefined

  constructor (incoming: Pipe, outgoing: Pipe, maxMessageSize: number) {
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.maxMessageSize = maxMessageSize
    const reader: AsyncIterator<Uint8Array> = {
      next: async () => {
        const value = await incoming.next()
        return value === undefined ? { done: true, value } : { done: false, value }
      }
    }
    this.source = { [Symbol.asyncIterator]: () => reader }
  }

  /** Tells this end who is at the other. */
  join (remote: MemoryConn): void {
    this.#remote = remote
  }

  async sink (messages: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    if (this.#sinking) throw new TypeError('a conn has one sink')
    this.#sinking = true
    const over = this.#over ?? this.#gone
    if (over !== undefined) throw over
    const iterator = Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]()
    const cut = new Promise<never>((_, reject) => { this.#cut = reject })
    try {
      await Promise.race([cut, this.#pull(iterator)])
    } catch (error) {
      // Not awaited: a generator that waits for something else returns when that is there.
      Promise.resolve(iterator.return?.()).catch(() => {})
      throw error
    } finally {
      this.#cut = undefined
    }
  }

  async close (): Promise<void> {
    if (this.#over !== undefined) return
    const over = new ConnError('CONN_CLOSED', 'the conn is closed')
    this.#outgoing.end()
    this.#incoming.break(undefined)
    this.#finish(over)
    this.#remote?.hear(new ConnError('CONN_CLOSED', 'the remote closed'))
  }

  abort (reason: Error): void {
    if (this.#over !== undefined) return
    const remotes = new ConnError('CONN_RESET', 'the remote aborted the conn')
    this.#outgoing.break(remotes)
    this.#incoming.break(reason)
    this.#finish(reason)
    this.#remote?.hear(remotes)
  }

  /** The remote went away: what we send goes nowhere. */
  hear (reason: Error): void {
    if (this.#over === undefined) this.#cut?.(reason)
    this.#gone = reason
  }

  #finish (reason: Error): void {
    this.#over = reason
    this.#cut?.(reason)
  }

  /** What is taken of the sender after the end is lost, so nothing is. */
  #check (): void {
    const over = this.#over ?? this.#gone
    if (over !== undefined) throw over
  }

  async #pull (iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>): Promise<void> {
    const pipe = this.#outgoing
    while (true) {
      this.#check()
      const { done, value } = await iterator.next()
      this.#check()
      if (done === true) return
      if (value.length > this.maxMessageSize) {
        const error = new ConnError('CONN_MESSAGE_TOO_LONG', `${value.length} > ${this.maxMessageSize}`)
        this.abort(error)
        throw error
      }
      pipe.push(value.slice())
      if (pipe.full) await pipe.room()
    }
  }
}
