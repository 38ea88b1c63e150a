import { fullForm, kindOf, SPAN_SIZE, type Chunk, type Kind } from '@skep/chunk'
import type { Address, Clock, Overlay } from '@skep/interface'
import { toHex } from '@skep/pot'
import type { StreamPeer } from '@skep/streamer'
import { candidates } from './candidates.ts'
import { RetrievalError } from './errors.ts'
import { Memory } from './memory.ts'
import { DEFAULTS, type RetrievalOptions } from './options.ts'
import { orAborted, Shared } from './shared.ts'

/** Bytes of an address; nothing else is looked for (streamer.md, flaw 20). */
const ADDRESS_SIZE = 32

/** What a request of a peer comes with. */
export interface AskedOptions {
  readonly signal: AbortSignal
  /** Hops the request may still take; absent where the protocol does not say. */
  readonly hops?: number
}

/** What retrieval needs of the streamer. `Streamer` fits. */
export interface RetrievalStreamer<P extends StreamPeer> {
  fetch (address: Address, options: {
    readonly candidates: Iterable<P>
    readonly accept: (address: Address, data: Uint8Array) => boolean | Promise<boolean>
    readonly signal?: AbortSignal
    readonly hops?: number
  }): Promise<Uint8Array>
  onRequest (handler: (peer: StreamPeer, address: Address, options: AskedOptions) => Promise<Uint8Array | undefined>): void
}

/** What a {@link Retrieval} works with. */
export interface RetrievalNeeds<P extends StreamPeer> {
  readonly overlay: Overlay<P>
  readonly streamer: RetrievalStreamer<P>
  readonly chunks: {
    get (address: Address): Promise<Uint8Array | undefined>
    put (chunks: readonly Chunk[], options: { readonly kind: Kind }): Promise<unknown>
  }
  readonly clock: Clock
}

/**
 * Finds chunks that are not here, and answers those who look for one.
 *
 * A request goes to peers strictly nearer to the chunk than we are, so it can never come
 * back; for a request of our own the others are asked after them. However many ask for a
 * chunk at the same time, it is fetched once. Every wait is bounded.
 *
 * @typeParam P - the overlay's peers, which are the streamer's as well.
 *
 * @example
 * ```ts
 * import { Retrieval, type RetrievalNeeds } from '@skep/retrieval-stream'
 * import type { StreamPeer } from '@skep/streamer'
 *
 * async function find (needs: RetrievalNeeds<StreamPeer>, address: Uint8Array): Promise<Uint8Array | undefined> {
 *   const retrieval = new Retrieval(needs)
 *   return retrieval.retrieve(address)
 * }
 * ```
 */
export class Retrieval<P extends StreamPeer> {
  readonly #needs: RetrievalNeeds<P>
  readonly #options: Required<RetrievalOptions>
  /** Asking those who are nearer: requests of our own and of others share it, where it goes as far as they may. */
  readonly #forwarding = new Shared<Uint8Array | undefined>()
  /** Requests of our own. Nobody else may wait for these: two nodes could wait for each other. */
  readonly #own = new Shared<Uint8Array | undefined>()
  readonly #nobody: Memory
  #stopped = false

  /** Answers peers' requests from now on. */
  constructor (needs: RetrievalNeeds<P>, options: RetrievalOptions = {}) {
    this.#needs = needs
    this.#options = { ...DEFAULTS, ...options }
    this.#nobody = new Memory(needs.clock, this.#options.negative, this.#options.maxNegative)
    needs.streamer.onRequest((peer, address, asked) => this.#answer(peer, address, asked))
  }

  /**
   * Gets a chunk, from here or from the network. Resolves with its valid data, or with
   * `undefined` when nobody that could be asked has it.
   *
   * @throws RangeError - if the address is none.
   * @throws RetrievalError - `RETRIEVAL_STOPPED`, `RETRIEVAL_BUSY`.
   * @throws the signal's reason, when it is aborted.
   */
  async retrieve (address: Address, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Uint8Array | undefined> {
    if (address.length !== ADDRESS_SIZE) throw new RangeError(`an address is ${ADDRESS_SIZE} bytes, not ${address.length}`)
    this.#check()
    signal?.throwIfAborted()
    const here = await this.#needs.chunks.get(address)
    if (here !== undefined) return here
    this.#check()
    const name = toHex(address)
    if (!this.#own.has(name, 0) && this.#own.size >= this.#options.maxOpen) {
      throw new RetrievalError('RETRIEVAL_BUSY', `${this.#own.size} chunks are being looked for already`)
    }
    return this.#own.join(name, 0, stop => this.#look(address.slice(), name, stop), signal)
  }

  /** Gives up all that is looked for; peers are answered that nothing is here. */
  stop (): void {
    this.#stopped = true
    const reason = new RetrievalError('RETRIEVAL_STOPPED', 'retrieval was stopped')
    this.#own.abort(reason)
    this.#forwarding.abort(reason)
    this.#nobody.clear()
  }

  /** A request of our own: those who are nearer first, then the others. */
  async #look (address: Address, name: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#within(this.#options.deadline, signal, async within => {
      const found = await this.#forward(address, name, this.#options.maxHops, undefined, within)
      if (found !== undefined) return found
      const { others } = candidates(this.#needs.overlay, address, this.#options.maxAsked)
      return this.#fetch(address, others, this.#options.maxHops, within)
    })
  }

  /** A request of a peer. */
  async #answer (peer: StreamPeer, address: Address, { signal, hops }: AskedOptions): Promise<Uint8Array | undefined> {
    const found = await this.#find(peer, address, hops ?? this.#options.maxHops, signal)
    // An old peer's request says nothing of hops.
    return hops === undefined && found !== undefined && !this.#isKnownToOld(address, found) ? undefined : found
  }

  /** Whether v1.8.15 takes a chunk for one: it hangs up on who answers with any other. Neither does it take the chunk of no data. */
  #isKnownToOld (address: Address, data: Uint8Array): boolean {
    const kind = data.length > SPAN_SIZE ? kindOf(address, data, this.#options.validators) : undefined
    return kind === 'content' || kind === 'resource'
  }

  async #find (peer: StreamPeer, address: Address, hops: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    if (this.#stopped || address.length !== ADDRESS_SIZE) return undefined
    const here = await this.#needs.chunks.get(address)
    const name = toHex(address)
    if (here !== undefined || hops <= 0 || this.#stopped || this.#nobody.has(name, hops - 1)) return here
    if (!this.#forwarding.has(name, hops - 1) && this.#forwarding.size >= this.#options.maxOpen) return undefined
    return this.#forward(address.slice(), name, hops - 1, peer.key, signal)
  }

  async #forward (address: Address, name: string, hops: number, requester: string | undefined, signal: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#forwarding.join(name, hops, stop => this.#within(this.#options.timeout, stop, async within => {
      const { nearer } = candidates(this.#needs.overlay, address, this.#options.maxAsked)
      const found = await this.#fetch(address, nearer.filter(({ key }) => key !== requester), hops, within)
      if (found === undefined && !stop.aborted) this.#nobody.add(name, hops)
      return found
    }), signal)
  }

  /** Asks peers; `undefined` when none of them has it, or time is up. */
  async #fetch (address: Address, peers: P[], hops: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    if (peers.length === 0 || signal.aborted) return undefined
    let kind: Kind | undefined
    const accept = (_: Address, data: Uint8Array): boolean => {
      kind = kindOf(address, data, this.#options.validators)
      return kind !== undefined
    }
    let data: Uint8Array
    try {
      data = await this.#needs.streamer.fetch(address, { candidates: peers, accept, signal, hops })
    } catch {
      // None has it, all have gone, or the wait is over: the same to those who ask.
      return undefined
    }
    if (kind === 'content') data = fullForm(data)
    if (this.#options.cache && kind !== undefined) {
      // What was fetched is served even where it cannot be kept.
      await this.#needs.chunks.put([{ address, data }], { kind }).catch(() => {})
    }
    return data
  }

  /** Runs `work` with a signal that is aborted after `ms`; then the answer is `undefined`. */
  async #within (ms: number, signal: AbortSignal, work: (within: AbortSignal) => Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    const late = new AbortController()
    const follow = (): void => late.abort(signal.reason)
    if (signal.aborted) follow()
    signal.addEventListener('abort', follow)
    let expired = false
    const cancel = this.#needs.clock.after(ms, () => {
      expired = true
      late.abort(new RetrievalError('RETRIEVAL_TIMEOUT', `nobody answered within ${ms} ms`))
    })
    try {
      return await orAborted(work(late.signal), late.signal)
    } catch (error) {
      if (expired) return undefined
      throw error
    } finally {
      cancel()
      signal.removeEventListener('abort', follow)
    }
  }

  #check (): void {
    if (this.#stopped) throw new RetrievalError('RETRIEVAL_STOPPED', 'retrieval was stopped')
  }
}
