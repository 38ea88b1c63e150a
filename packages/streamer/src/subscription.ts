import { Pull } from './pull.ts'
import type { Names } from './stream-name.ts'
import type { StreamPeer } from './type.ts'

/** A stream asked of a peer, until one of them ends it. */
export interface Subscription {
  readonly peer: StreamPeer
  readonly name: string
  readonly key: string
  /** Whether it goes on. */
  readonly active: boolean
  /** Resolves when it is over, with the reason: a history without live is `done`, or `incomplete`. Never rejects. */
  readonly ended: Promise<SubscriptionEnd>
  /** Calls `listener` soon after {@link Subscription.ended} has resolved: one function for many subscriptions costs less than a promise for each. */
  onEnd (listener: EndListener): void
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

/** Hears which subscription is over, and why. */
export type EndListener = (subscription: Subscription, end: SubscriptionEnd) => void

/** Why a subscription is over. */
export type SubscriptionEnd =
  /** All of the history that was asked for is here. */
  | 'done'
  /** The history has ended, and parts of it did not come as often as they were tried. */
  | 'incomplete'
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
  /** Ends it, when what is under way is here. */
  leave (subscription: Asked): void
  /** Ends it at once. */
  cancel (subscription: Asked): void
  /** Looks at what was declined. */
  review (subscription: Asked): void
  /** Asks for nothing more for the time being, or goes on. */
  hold (pull: Pull, paused: boolean): void
}

/** What a subscription is of whose peer does not run yet. */
interface Early {
  readonly names: Names
  /** Asks for nothing more for the time being. */
  paused: boolean
}

/** A subscription as the streamer has it. There are dozens for each peer, so it holds no more than it is asked for. */
export class Asked implements Subscription {
  readonly peer: StreamPeer
  #of: Early | Pull
  readonly #owner: Owner
  /** Why it is over. */
  #end: SubscriptionEnd | undefined
  #listener: EndListener | undefined
  #waits: Waits | undefined

  /**
   * @param owner - the streamer's side.
   * @param signal - cancels it.
   */
  constructor (peer: StreamPeer, names: Names, owner: Owner, signal: AbortSignal | undefined) {
    this.peer = peer
    this.#of = { names, paused: false }
    this.#owner = owner
    if (signal === undefined) return
    const cancel = (): void => { if (this.#end === undefined) this.#owner.cancel(this) }
    signal.addEventListener('abort', cancel)
    this.#waits = { release: () => { signal.removeEventListener('abort', cancel) } }
  }

  /** What it became when it began. */
  get pull (): Pull | undefined {
    return this.#of instanceof Pull ? this.#of : undefined
  }

  /** It begins: its peer runs. */
  begin (pull: Pull): void {
    pull.paused = this.#of.paused
    this.#of = pull
  }

  get name (): string {
    return this.#of.names.name
  }

  get key (): string {
    return this.#of.names.key
  }

  get active (): boolean {
    return this.#end === undefined && this.pull?.state !== 'over'
  }

  get ended (): Promise<SubscriptionEnd> {
    const waits = this.#waits ??= {}
    return waits.ended ??= this.#end === undefined ? new Promise(resolve => { waits.resolve = resolve }) : Promise.resolve(this.#end)
  }

  onEnd (listener: EndListener): void {
    if (this.#end !== undefined) return tell(this, this.#end, listener)
    const before = this.#listener
    this.#listener = before === undefined ? listener : (subscription, end) => { before(subscription, end); listener(subscription, end) }
  }

  close (): void {
    if (this.#end === undefined) this.#owner.leave(this)
  }

  review (): void {
    if (this.#end === undefined) this.#owner.review(this)
  }

  pause (): void {
    this.hold(true)
  }

  resume (): void {
    this.hold(false)
  }

  /** Asks for nothing more for the time being, or goes on. Not private, which would take a place in every subscription. */
  hold (paused: boolean): void {
    if (!(this.#of instanceof Pull)) this.#of.paused = paused
    else if (this.#end === undefined) this.#owner.hold(this.#of, paused)
  }

  /** It is over. */
  finish (end: SubscriptionEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#waits?.release?.()
    this.#waits?.resolve?.(end)
    if (this.#listener !== undefined) tell(this, end, this.#listener)
  }
}

/** What a subscription has where it is asked for. */
interface Waits {
  ended?: Promise<SubscriptionEnd>
  resolve?: (end: SubscriptionEnd) => void
  /** Takes the listener off the signal. */
  readonly release?: () => void
}

/** Never from within: who listens may act on the streamer. */
function tell (subscription: Subscription, end: SubscriptionEnd, listener: EndListener): void {
  void Promise.resolve().then(() => { listener(subscription, end) })
}
