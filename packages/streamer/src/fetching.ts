import type { Address } from '@skep/interface'
import { Aborts } from '@skep/wire'
import { StreamerError } from './errors.ts'
import type { Input } from './effects.ts'
import type { Fetch } from './item.ts'
import { ID_SIZE } from './messages.ts'
import type { StreamerLimits } from './options.ts'
import type { PeerState } from './peer-state.ts'
import type { Priority, StreamPeer } from './type.ts'

export interface FetchOptions {
  /** Whom to ask, the best first. Those that do not run are passed over. */
  readonly candidates: Iterable<StreamPeer>
  /** Whether a body is what was asked for. */
  readonly accept: (address: Address, data: Uint8Array) => boolean | Promise<boolean>
  readonly signal?: AbortSignal
  /** Requests go before everything else; kept for symmetry. Defaults to 3. */
  readonly priority?: Priority
  /** How far native peers may pass the request on. Defaults to the limit, 20. */
  readonly hops?: number
}

interface Waiting {
  readonly options: FetchOptions
  readonly resolve: (data: Uint8Array) => void
  readonly reject: (reason: unknown) => void
}

/** The fetches of this node, as promises. */
export class Fetching {
  readonly #limits: StreamerLimits
  readonly #step: (input: Input) => void
  readonly #waiting = new Map<Fetch, Waiting>()
  readonly #aborts = new Aborts()

  constructor (limits: StreamerLimits, step: (input: Input) => void) {
    this.#limits = limits
    this.#step = step
  }

  async fetch (id: Address, options: FetchOptions, find: (peer: StreamPeer) => PeerState | undefined): Promise<Uint8Array> {
    const { signal } = options
    signal?.throwIfAborted()
    if (id.length !== ID_SIZE) throw new RangeError(`an id of ${id.length} bytes`)
    const { maxFetches, maxFetchPeers, maxHops } = this.#limits
    if (this.#waiting.size >= maxFetches) throw new StreamerError('STREAMER_LIMIT', `${maxFetches} fetches are open`)
    const candidates: PeerState[] = []
    for (const peer of options.candidates) {
      const state = find(peer)
      if (state !== undefined) candidates.push(state)
      if (candidates.length >= maxFetchPeers) break
    }
    const fetch: Fetch = { id, candidates, hops: Math.min(options.hops ?? maxHops, maxHops), settled: false }
    return await new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#waiting.delete(fetch)
        this.#step({ type: 'cancel', fetch })
        reject(signal!.reason)
      }
      const release = signal === undefined ? undefined : this.#aborts.on(signal, cancel)
      const settled = <T>(settle: (value: T) => void) => (value: T): void => {
        release?.()
        settle(value)
      }
      this.#waiting.set(fetch, { options, resolve: settled(resolve), reject: settled(reject) })
      this.#step({ type: 'fetch', fetch })
    })
  }

  async accepts (fetch: Fetch, data: Uint8Array): Promise<boolean> {
    try {
      return await this.#waiting.get(fetch)?.options.accept(fetch.id, data) ?? false
    } catch {
      return false
    }
  }

  settle (fetch: Fetch, data: Uint8Array | undefined): void {
    const waiting = this.#waiting.get(fetch)
    this.#waiting.delete(fetch)
    if (data === undefined) waiting?.reject(new StreamerError('STREAMER_NOT_FOUND', 'nobody who was asked has the item'))
    else waiting?.resolve(data)
  }

  stop (error: StreamerError): void {
    for (const [fetch, { reject }] of [...this.#waiting]) {
      this.#waiting.delete(fetch)
      this.#step({ type: 'cancel', fetch })
      reject(error)
    }
  }
}
