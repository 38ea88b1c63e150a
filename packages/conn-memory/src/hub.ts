import type { Conn } from '@skep/interface'
import { pair, type PairOptions } from './conn.ts'
import { ConnError } from './errors.ts'

/** Told of every conn that somebody dialled, with the dialler's address. */
export type OnConn = (conn: Conn, remoteAddress: string) => void

export interface DialOptions {
  /** The dialler's own address, as the listener sees it. Defaults to `anonymous`. */
  readonly from?: string
  readonly signal?: AbortSignal
}

interface Link {
  readonly ends: readonly [string, string]
  readonly conns: readonly [Conn, Conn]
}

/**
 * A network inside one process: addresses are any strings.
 *
 * @example
 * ```ts
 * import { MemoryHub } from '@skep/conn-memory'
 *
 * const hub = new MemoryHub()
 * hub.listen('b', conn => void conn.sink([Uint8Array.of(7)]))
 * const conn = await hub.dial('b', { from: 'a' })
 * ```
 */
export class MemoryHub {
  readonly #options: PairOptions
  readonly #listeners = new Map<string, OnConn>()
  readonly #links = new Set<Link>()

  /** @param options - how every link behaves. */
  constructor (options: PairOptions = {}) {
    this.#options = options
  }

  /**
   * Accepts conns at `address`.
   *
   * @returns a function that stops that; conns stay.
   * @throws ConnError - `CONN_IN_USE` if somebody listens there.
   */
  listen (address: string, onConn: OnConn): () => void {
    if (this.#listeners.has(address)) throw new ConnError('CONN_IN_USE', `${address} is in use`)
    this.#listeners.set(address, onConn)
    return () => {
      if (this.#listeners.get(address) === onConn) this.#listeners.delete(address)
    }
  }

  /**
   * Connects to `address`, after one round trip where links have latency.
   *
   * @throws ConnError - `CONN_REFUSED` if nobody listens there.
   */
  async dial (address: string, options: DialOptions = {}): Promise<Conn> {
    const { from = 'anonymous', signal } = options
    await this.#roundTrip(signal)
    const onConn = this.#listeners.get(address)
    if (onConn === undefined) throw new ConnError('CONN_REFUSED', `nobody listens at ${address}`)
    const conns = pair(this.#options)
    const link: Link = { ends: [from, address], conns }
    this.#links.add(link)
    const [ours, theirs] = conns.map(conn => watched(conn, () => this.#links.delete(link))) as [Conn, Conn]
    onConn(theirs, from)
    return ours
  }

  /**
   * Breaks every live link of `address`, or those between it and `other` alone.
   *
   * @returns how many.
   */
  cut (address: string, other?: string): number {
    let count = 0
    for (const link of this.#links) {
      const [a, b] = link.ends
      const hit = other === undefined ? a === address || b === address : (a === address && b === other) || (a === other && b === address)
      if (!hit) continue
      this.#links.delete(link)
      count++
      for (const conn of link.conns) conn.abort(new ConnError('CONN_RESET', `the link between ${a} and ${b} was cut`))
    }
    return count
  }

  async #roundTrip (signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) throw signal.reason
    const { clock, latency = 0 } = this.#options
    if (clock === undefined || latency === 0) return
    await new Promise<void>((resolve, reject) => {
      const aborted = (): void => { cancel(); reject(signal?.reason) }
      const cancel = clock.after(2 * latency, () => {
        signal?.removeEventListener('abort', aborted)
        resolve()
      })
      signal?.addEventListener('abort', aborted, { once: true })
    })
  }
}

/** A conn that tells when it is over. */
function watched (conn: Conn, over: () => void): Conn {
  return {
    source: conn.source,
    maxMessageSize: conn.maxMessageSize,
    sink: async messages => conn.sink(messages),
    async close () {
      over()
      await conn.close()
    },
    abort (reason) {
      over()
      conn.abort(reason)
    }
  }
}
