import type { Pull } from './pull.ts'
import type { StreamPeer } from './type.ts'

/** A stream asked of a peer, until one of them ends it. */
export interface Subscription {
  readonly peer: StreamPeer
  readonly name: string
  readonly key: string
  /** Whether it goes on. */
  readonly active: boolean
  /** Resolves when it is over, with the reason: a history without live is `done`. Never rejects. */
  readonly ended: Promise<SubscriptionEnd>
  /**
   * Asks for nothing more until {@link Subscription.resume}; what is under way still comes. The
   * peer waits with at most two offers of each half, so going on costs nothing.
   */
  pause (): void
  /** Goes on where it was paused. */
  resume (): void
  /** Asks the sink whether what it has declined is declined still; what is not is asked for again, and nothing else. */
  review (): void
  /** Ends it: nothing more is asked for. What is under way still comes and is recorded before it is over. Idempotent. */
  close (): void
}

/** Why a subscription is over. */
export type SubscriptionEnd =
  /** All of the history that was asked for is here. */
  | 'done'
  /** This side ended it. */
  | 'closed'
  /** The peer ended it. */
  | 'quit'
  /** The peer does not serve it. */
  | 'refused'
  /** The peer has gone, or the streamer was stopped. */
  | 'gone'

/** What a subscription asks of its streamer. */
export interface Owner {
  /** Ends it. */
  leave (subscription: Asked): void
  /** Looks at what was declined. */
  review (subscription: Asked): void
  /** Follows its `paused`. */
  hold (subscription: Asked): void
}

/** A subscription as the streamer has it. There are dozens for each peer, so it holds no closures of its own. */
export class Asked implements Subscription {
  readonly peer: StreamPeer
  readonly name: string
  readonly key: string
  readonly ended: Promise<SubscriptionEnd>
  /** What it became when it began. */
  pull: Pull | undefined
  /** Asks for nothing more for the time being. */
  paused = false
  readonly #owner: Owner
  #resolve = (_: SubscriptionEnd): void => {}
  #active = true
  #release: (() => void) | undefined

  /**
   * @param owner - the streamer's side.
   * @param signal - closes it.
   */
  constructor (peer: StreamPeer, name: string, key: string, owner: Owner, signal: AbortSignal | undefined) {
    this.peer = peer
    this.name = name
    this.key = key
    this.#owner = owner
    this.ended = new Promise(resolve => { this.#resolve = resolve })
    if (signal === undefined) return
    const close = (): void => { this.close() }
    signal.addEventListener('abort', close)
    this.#release = () => { signal.removeEventListener('abort', close) }
  }

  get active (): boolean {
    return this.#active && this.pull?.state !== 'over'
  }

  close (): void {
    if (this.#active) this.#owner.leave(this)
  }

  review (): void {
    if (this.#active) this.#owner.review(this)
  }

  pause (): void {
    this.#hold(true)
  }

  resume (): void {
    this.#hold(false)
  }

  /** It is over. */
  finish (end: SubscriptionEnd): void {
    this.#active = false
    this.#release?.()
    this.#release = undefined
    this.#resolve(end)
  }

  #hold (paused: boolean): void {
    this.paused = paused
    if (this.#active) this.#owner.hold(this)
  }
}
