import type { Clock, ProtocolId, Random, Session } from '@skep/interface'
import { sessions, type LinkBehaviour, type MemorySession } from './session.ts'

export interface NetworkOptions {
  /** Milliseconds from one end of a link to the other, drawn for each link between the two. Defaults to 1 to 50. */
  readonly latency?: readonly [least: number, most: number]
  /** Bytes per second of each sub-protocol of a link. Unbounded by default. */
  readonly bandwidth?: number
  /** The largest message in bytes. Defaults to 131,072, the native limit. */
  readonly maxMessageSize?: number
}

/** A node's place in the network. */
export interface Host {
  /** The node id, 64 bytes. */
  readonly id: Uint8Array
  readonly protocols: readonly ProtocolId[]
  /** Asked before a session is made; a refused dial fails. Defaults to yes. */
  admit? (from: string): boolean
  /** Gets the sessions that others dialled. */
  onSession (session: Session): void
}

export interface SimDialOptions {
  readonly id: Uint8Array
  readonly protocols: readonly ProtocolId[]
  readonly signal?: AbortSignal
}

interface Link {
  readonly ends: readonly [string, string]
  readonly session: MemorySession
}

/**
 * A network of sessions inside one process, as slow, broken and divided as a test wants it.
 *
 * Addresses are any strings. The same seed and the same clock give the same order of
 * everything.
 *
 * @example
 * ```ts
 * import { Network, SeededRandom, VirtualClock } from '@skep/sim'
 *
 * const clock = new VirtualClock()
 * const network = new Network({ clock, random: new SeededRandom(1) })
 * const protocols = [{ name: 'chat', version: 1 }]
 * network.listen('b', { id: new Uint8Array(64).fill(2), protocols, onSession: session => void session.open(protocols[0]!) })
 * const dialled = network.dial('a', 'b', { id: new Uint8Array(64).fill(1), protocols })
 * await clock.advance(100)
 * console.log((await dialled).protocols.length) // 1
 * ```
 */
export class Network {
  readonly #clock: Clock
  readonly #random: Pick<Random, 'float' | 'bytes'>
  readonly #options: Required<NetworkOptions>
  readonly #hosts = new Map<string, Host>()
  readonly #links = new Set<Link>()
  /** The part of the network an address is in; absent: in the first. */
  readonly #parts = new Map<string, number>()
  readonly #silent = new Set<string>()

  constructor (needs: { clock: Clock, random: Pick<Random, 'float' | 'bytes'> }, options: NetworkOptions = {}) {
    this.#clock = needs.clock
    this.#random = needs.random
    this.#options = { latency: [1, 50], bandwidth: Infinity, maxMessageSize: 131_072, ...options }
  }

  /** How many sessions stand. */
  get size (): number {
    return this.#links.size
  }

  /**
   * Lets others dial `address`.
   *
   * @returns a function that stops that; sessions stay.
   * @throws RangeError - if the address is taken.
   */
  listen (address: string, host: Host): () => void {
    if (this.#hosts.has(address)) throw new RangeError(`${address} is taken`)
    this.#hosts.set(address, host)
    return () => {
      if (this.#hosts.get(address) === host) this.#hosts.delete(address)
    }
  }

  /**
   * Opens a session from one address to another, after one round trip.
   *
   * Rejects if nobody listens there or the remote has no room; across a division, or to an
   * address that has gone silent, it waits until `signal` aborts.
   */
  async dial (from: string, to: string, options: SimDialOptions): Promise<Session> {
    const link = this.#behaviour()
    await this.#wait(2 * link.latency, options.signal)
    if (!this.#reaches(from, to)) await this.#wait(Infinity, options.signal)
    const host = this.#hosts.get(to)
    if (host === undefined) throw new Error(`nobody listens at ${to}`)
    if (host.admit?.(from) === false) throw new Error(`${to} has no room`)
    const [ours, theirs] = sessions({ id: options.id, address: from, protocols: options.protocols }, { id: host.id, address: to, protocols: host.protocols }, link, this.#random.bytes(32))
    const entry: Link = { ends: [from, to], session: ours }
    this.#links.add(entry)
    void ours.closed.then(() => this.#links.delete(entry))
    void theirs.closed.then(() => this.#links.delete(entry))
    host.onSession(theirs)
    return ours
  }

  /**
   * Breaks every session of `address`, or those between it and `other` alone.
   *
   * @returns how many.
   */
  cut (address: string, other?: string): number {
    const hit = [...this.#links].filter(({ ends: [a, b] }) => other === undefined
      ? a === address || b === address
      : (a === address && b === other) || (a === other && b === address))
    for (const { session } of hit) session.cut()
    return hit.length
  }

  /**
   * Divides the network: addresses of different groups do not reach each other any more, and
   * their sessions break. Those of no group are in the first.
   */
  divide (groups: readonly (readonly string[])[]): void {
    this.#parts.clear()
    for (const [part, group] of groups.entries()) for (const address of group) this.#parts.set(address, part)
    for (const { ends: [a, b], session } of this.#links) if (!this.#reaches(a, b)) session.cut()
  }

  /** Undoes every division and silence. */
  heal (): void {
    this.#parts.clear()
    this.#silent.clear()
  }

  /** Lets dials to an address go unanswered, as behind a firewall that drops packets. */
  silence (address: string): void {
    this.#silent.add(address)
  }

  #reaches (a: string, b: string): boolean {
    return !this.#silent.has(b) && (this.#parts.get(a) ?? 0) === (this.#parts.get(b) ?? 0)
  }

  #behaviour (): LinkBehaviour {
    const { latency: [least, most], bandwidth, maxMessageSize } = this.#options
    return { clock: this.#clock, latency: least + (most - least) * this.#random.float(), bandwidth, maxMessageSize }
  }

  async #wait (ms: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const aborted = (): void => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = ms === Infinity ? () => {} : this.#clock.after(ms, () => {
        signal?.removeEventListener('abort', aborted)
        resolve()
      })
      signal?.addEventListener('abort', aborted, { once: true })
    })
  }
}
