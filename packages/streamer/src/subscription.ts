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
  /** Ends it. Idempotent. */
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
